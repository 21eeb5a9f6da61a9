import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { Row, Trx } from '../store/index.ts'
import { askToTell, recordDomain } from './domains.ts'
import { tellKeepers } from './notices.ts'
import { HYGIENE } from './schedule.ts'

/** How long a domain that was proven anew is contested by nobody. */
const RESTS = 30 * DAY

/** The domain of who holds it, locked. */
export const lockHeld = (trx: Trx, name: string) =>
  trx
    .selectFrom('domains')
    .selectAll()
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', name)
    .where('verified_at', 'is not', null)
    .forUpdate()
    .executeTakeFirst()

type Changes = Partial<
  Pick<
    Row<'domains'>,
    | 'contested_until'
    | 'contested_by'
    | 'uncontested_until'
    | 'proof'
    | 'former_proof'
    | 'next_check_at'
    | 'gone'
    | 'gone_since'
    | 'warned_at'
    | 'removal'
    | 'removal_at'
    | 'is_default'
    | 'is_root'
  >
> & { last_check?: null }

/** Changes the domain of who holds it. */
export const changeHeld = async (trx: Trx, name: string, changes: Changes): Promise<void> => {
  await trx.updateTable('domains').set(changes).where('tenant_id', '=', trx.tenantId).where('name', '=', name).execute()
}

/** Ends a contest for who holds the domain: it was proven anew, or who contests has given it up. */
export async function endContest(trx: Trx, act: Act, name: string, outcome: 'kept' | 'withdrawn'): Promise<void> {
  const held = await lockHeld(trx, name)
  if (!held?.contested_by || !held.contested_until) return
  await changeHeld(trx, name, {
    ...{ contested_until: null, contested_by: null },
    former_proof: null,
    ...(outcome === 'kept'
      ? { uncontested_until: plus(act.now, RESTS), is_root: true }
      : { proof: held.former_proof, next_check_at: held.former_proof === null ? null : plus(act.now, HYGIENE) }),
  })
  await recordDomain(trx, act, 'domain.contest_ended', { name, outcome })
  await tellKeepers(trx, act, outcome === 'kept' ? 'kept' : 'contestOver', { name })
  await askToTell(trx, act, { contester: held.contested_by, domain: name })
}
