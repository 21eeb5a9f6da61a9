import type { Act } from '../act.ts'
import { type Db, inTenant } from '../store/index.ts'
import type { Case } from './case.ts'
import { refuse } from './errors.ts'
import { recordCase } from './events.ts'
import { countLook } from './limits.ts'
import { changeCase } from './queries.ts'
import { lockOpen, type Writer } from './write.ts'

/** Asks the DNS whether a name holds a text. What else it found is kept as it is. */
type Look = (name: string, proof: string) => Promise<{ result: string }>

/**
 * Looks for the record that proves the domain of a case (work accounts on the wire, §1.8). What was proved stays so:
 * who grants a recovery looks again. The DNS is asked between two transactions. Throws `wrong_state`, `throttled`.
 */
export async function proveDomain(
  db: Db,
  act: Act,
  { tenantId, id, number, state, domain, proof, dnsProvedAt }: Case,
  { holds, look }: Pick<Writer, 'holds'> & { look: Look },
): Promise<void> {
  if (state === 'prove-address' || state === 'closed' || proof === null) throw refuse('wrong_state')
  if (dnsProvedAt) return
  await countLook(db, act, id)
  const seen = await look(domain, proof)
  await inTenant(db, tenantId, async trx => {
    const { row, case: one } = await lockOpen(trx, act, number, holds)
    const proves = seen.result === 'verified' && !row.dns_proved_at
    await changeCase(trx, id, { last_check: JSON.stringify(seen), ...(proves && { dns_proved_at: act.now }) })
    if (proves) await recordCase(trx, act, one, { activity: 'case.proved' })
  })
}
