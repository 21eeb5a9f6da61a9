import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import { type Check, type Dns, domainsWith, isDoubtful, keptCheck, nextCheckOf } from '../organization/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { recordTakeover } from './events.ts'
import { isUnmanaged } from './external.ts'
import { PEOPLE_AT_MOST } from './former.ts'
import { mailClaimant, mailTechnicalContacts } from './mails.ts'
import { type Changes, changeTakeover, type Found, findPeopleIn, findTakeover, nextLook } from './queries.ts'
import { endRivals, lockClaims, refuseClaim } from './start.ts'
import { DNS_LASTS, READY_LASTS, stateOf, WAITS } from './takeover.ts'
import { tellEverybody } from './tell.ts'

/** Looks of one claim in a minute. */
const CHECKS_AT_MOST = 6

/** How long after a look that could tell nothing the next one comes. */
const AGAIN = HOUR

/** The states in which the DNS matters. */
const CHECKED = ['prove-dns', 'waiting', 'ready']

/**
 * Looks for the record of a claim, and moves it on or back by what is there (work accounts on the wire, §2). The DNS is
 * asked between two transactions. Throws `wrong_state`, `throttled`.
 */
export async function checkTakeover(
  db: Db,
  act: Act,
  { tenantId, id, dns }: { tenantId: string; id: string; dns: Dns },
): Promise<void> {
  const asked = await inTenant(db, tenantId, async trx => {
    const found = await findTakeover(trx, act, id)
    if (!found || !CHECKED.includes(found.takeover.state)) throw refuse('wrong_state')
    // The jobs have a clock of their own.
    if (act.actor.kind !== 'system') await claimCheck(trx, act, id)
    return found.takeover
  })
  const seen = await dns.check(asked.domain, asked.proof)
  const check = keptCheck(act, seen)
  await inTenant(db, tenantId, async trx => {
    await lockClaims(trx, asked.domain)
    const found = await findTakeover(trx, act, id, true)
    if (!found || !CHECKED.includes(found.takeover.state)) return
    await changeTakeover(trx, id, { last_check: JSON.stringify(check) })
    await moveByCheck(trx, act, found, check)
  })
}

/** Counts a look before it is made: each asks resolvers for a name that a stranger chose. Throws `throttled`. */
async function claimCheck(trx: Trx, { now }: Act, id: string): Promise<void> {
  const begun = sql<boolean>`checked_at > ${plus(now, -MINUTE)} and checked_at <= ${now}`
  const claimed = await trx
    .updateTable('takeovers')
    .set({
      checks: sql<number>`case when ${begun} then checks else 0 end + 1`,
      checked_at: sql<Date>`case when ${begun} then checked_at else ${now}::timestamptz end`,
    })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where(sql<boolean>`coalesce(not (${begun}) or checks < ${CHECKS_AT_MOST}, true)`)
    .returning('id')
    .executeTakeFirst()
  if (!claimed) throw refuse('throttled', { retryAfter: MINUTE / SECOND })
}

/** Whether the look could tell that the record is gone, or that it is there. */
function readOutcome(check: Check): 'there' | 'gone' | 'unknown' {
  if (check.result === 'verified') return 'there'
  return isDoubtful(check) ? 'unknown' : 'gone'
}

async function moveByCheck(trx: Trx, act: Act, { row, takeover }: Found, check: Check): Promise<void> {
  const { now } = act
  const outcome = readOutcome(check)
  const state = stateOf(row)
  const isOver = row.ends_at <= now
  const change = (changes: Changes) => changeTakeover(trx, takeover.id, changes)
  if (state === 'prove-dns') {
    if (outcome === 'there') return beginWaiting(trx, act, takeover)
    if (isOver) return expire(trx, act, takeover)
    return change({ due_at: nextCheckOf(plus(row.ends_at, -DNS_LASTS), now) ?? row.ends_at })
  }
  if (takeover.kind === 'external' && !(await canTakeIn(trx, act, takeover))) return
  if (outcome === 'gone') return lapse(trx, act, takeover)
  if (state === 'ready' && isOver) return expire(trx, act, takeover)
  if (outcome === 'unknown') return change({ due_at: plus(now, AGAIN) })
  if (state === 'ready' || !isOver) return change({ due_at: nextLook(row.ends_at, now) })
  const ends = plus(now, READY_LASTS)
  await change({ ready_at: now, ends_at: ends, due_at: nextLook(ends, now) })
  await recordTakeover(trx, act, takeover, { activity: 'takeover.ready' })
  await mailClaimant(trx, act, takeover, { news: 'ready', until: ends })
}

/** The DNS is proved: everybody there is told, and has time to object. Claims that have not proved it are over. */
async function beginWaiting(trx: Trx, act: Act, takeover: Found['takeover']): Promise<void> {
  await endRivals(trx, act, takeover)
  if (takeover.kind === 'external' && !(await canTakeIn(trx, act, takeover))) return
  const ends = plus(act.now, WAITS[takeover.kind])
  await changeTakeover(trx, takeover.id, {
    ...{ waiting_since: act.now, ends_at: ends, due_at: nextLook(ends, act.now) },
  })
  await recordTakeover(trx, act, takeover, { activity: 'takeover.waiting' })
  await mailClaimant(trx, act, takeover, { news: 'waiting', until: ends })
  if (takeover.kind === 'recovery') await mailTechnicalContacts(trx, act, takeover, ends)
  await tellEverybody(trx, takeover.id, 'begun')
}

/** Whether a company may take the people in; otherwise its claim is over, before anybody waits for it. */
async function canTakeIn(trx: Trx, act: Act, takeover: Found['takeover']): Promise<boolean> {
  const people = await findPeopleIn(trx, await domainsWith(trx, takeover.domain))
  const isFew = people.length <= PEOPLE_AT_MOST
  if (isFew && (await isUnmanaged(trx))) return true
  await refuseClaim(trx, act, takeover, isFew ? 'not_unmanaged' : 'too_many_people')
  await mailClaimant(trx, act, takeover, { news: 'refused' })
  if (takeover.waitingSince) await tellEverybody(trx, takeover.id, 'over')
  return false
}

/** The record is gone: all the waiting begins anew. */
async function lapse(trx: Trx, act: Act, takeover: Found['takeover']): Promise<void> {
  const ends = plus(act.now, DNS_LASTS)
  await changeTakeover(trx, takeover.id, {
    ...{ waiting_since: null, ready_at: null, ends_at: ends, due_at: nextCheckOf(act.now, act.now) ?? ends },
  })
  await recordTakeover(trx, act, takeover, { activity: 'takeover.lapsed' })
  await mailClaimant(trx, act, takeover, { news: 'lapsed', until: ends })
}

/** Nobody proved the DNS, or finished, in time. */
async function expire(trx: Trx, act: Act, takeover: Found['takeover']): Promise<void> {
  await changeTakeover(trx, takeover.id, { ended_at: act.now, outcome: 'expired' })
  await recordTakeover(trx, act, takeover, { activity: 'takeover.expired' })
  await mailClaimant(trx, act, takeover, { news: 'expired' })
  if (takeover.waitingSince) await tellEverybody(trx, takeover.id, 'over')
}
