import type { Act } from '../act.ts'
import { lockTenant } from '../directory/index.ts'
import { loseDomains, restoreDomains } from '../organization/index.ts'
import { type Db, inPair, inTenant, type Trx } from '../store/index.ts'
import { placeClaim, takeClaim } from './claims.ts'
import { refuse } from './errors.ts'
import { recordTakeover } from './events.ts'
import { formerPeopleOf, placeLeft } from './former.ts'
import { restoreGroups } from './groups.ts'
import { mailClaimant } from './mails.ts'
import { movePeople } from './people.ts'
import { changeTakeover, type Found, findTakeover } from './queries.ts'
import { protectPeople } from './settling.ts'
import type { TakeoverRefusal } from './takeover.ts'
import { tellEverybody } from './tell.ts'

/**
 * Gives the people whom a company has taken in back to themselves, under the same ids, with what they have changed since:
 * their domain, groups and what applications had of them are as before. `may`: by the locked claim. Throws `wrong_state`.
 */
export async function giveBackPeople(
  db: Db,
  act: Act,
  { tenantId: from, id }: { tenantId: string; id: string },
  { refusal, may }: { refusal: (found: Found) => TakeoverRefusal; may(found: Found): boolean },
): Promise<void> {
  const seen = await inTenant(db, from, trx => findTakeover(trx, act, id))
  const to = seen?.row.other_tenant_id
  if (!to) throw refuse('wrong_state')
  await inPair(db, [to, from], async enter => {
    await lockTenant(await enter(to), to)
    const source = await enter(from)
    await lockTenant(source, from)
    const found = await findTakeover(source, act, id, true)
    if (!found?.row.finished_at || found.row.ended_at || !may(found)) throw refuse('wrong_state')
    const { takeover } = found
    const former = formerPeopleOf(found.row)
    const people = await present(source, 'accounts', former.people)
    const groups = await present(source, 'groups', former.movedGroups)
    const why = refusal(found)
    await recordTakeover(source, act, takeover, { activity: 'takeover.undone', reason: why })
    await protectPeople(source, people, null)
    const taken = await takeClaim(source, { id, people })
    await loseDomains(source, act, id)
    const target = await movePeople({ enter, from, to }, act, { people, groups })
    await restoreDomains(target, act, former.domains)
    await restoreGroups(target, act, former.groups)
    await placeLeft(target, act, former.left, people)
    await placeClaim(target, act, taken, from)
    await changeTakeover(target, id, { ended_at: act.now, outcome: 'undone', refusal: why })
    await recordTakeover(target, act, takeover, { activity: 'takeover.undone', reason: why })
    await mailClaimant(target, act, takeover, { news: 'returned' })
    await tellEverybody(target, id, 'undone')
  })
}

/** Those of these ids that are still there. */
async function present(trx: Trx, table: 'accounts' | 'groups', ids: readonly string[]): Promise<string[]> {
  const rows = await trx
    .selectFrom(table)
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', 'in', [trx.tenantId, ...ids])
    .execute()
  return rows.map(({ id }) => id)
}
