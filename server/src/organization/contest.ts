import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, HOUR, plus, SECOND } from '../clock.ts'
import { findAccountKind, findTenantId, lockTenant, NOBODYS_TENANT, settlingOf } from '../directory/index.ts'
import { askOne, type Db, enqueue, inSystem, inTenant, type Trx } from '../store/index.ts'
import { changeHeld, endContest, lockHeld } from './contested.ts'
import type { Dns } from './dns.ts'
import { type Domain, getDomain, getInitial, newDomainProof, provenThrough, recordDomain, targetOf } from './domains.ts'
import { refuse } from './errors.ts'
import { tellKeepers } from './notices.ts'
import { checkDomain, isDoubtful } from './proof.ts'
import { HYGIENE } from './schedule.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'decide-contest': { tenantId: string; domain: string; correlationId: string }
    }
  }
}

/** How long who holds a domain has to prove it anew (work accounts on the wire, §2). */
export const CONTEST_LASTS = 14 * DAY

/** Domains that one tenant contests at a time. */
const CONTESTS_AT_MOST = 5

/** When a contest is looked at again that could not be decided. */
const AGAIN = HOUR

/**
 * Contests a domain that another tenant has proven, with the own record in the DNS. Who holds it gets another text and
 * 14 days to prove it anew; otherwise the name passes, and no people with it. Neither side learns who the other is. The
 * DNS is asked between two transactions. Throws `throttled`, `not_verified`, `domain_unmanaged`, `contest_closed`,
 * `ask_operator`.
 */
export async function contestDomain(
  db: Db,
  act: Act,
  { tenantId, name: typed, dns }: { tenantId: string; name: string; dns: Dns },
): Promise<Domain> {
  const before = await inTenant(db, tenantId, async trx => {
    demand(act, 'domains.write', targetOf(trx, typed))
    const domain = await getDomain(trx, typed)
    if (!domain.contestingUntil) await checkContests(trx, act)
    return domain
  })
  if (before.verifiedAt || before.contestingUntil) return before
  const { name } = before
  const { domain, check } = await checkDomain(db, act, { tenantId, name, dns })
  if (domain.verifiedAt) return domain
  const holder = await findTenantId(db, name)
  if (check?.result !== 'conflict' || holder === NOBODYS_TENANT || holder === tenantId) throw refuse('not_verified')
  if ((await findAccountKind(db, [name], 'proved')) === 'unmanaged') throw refuse('domain_unmanaged')
  const until = await inTenant(db, holder, trx => beginContest(trx, outsideOf(act), { name, by: tenantId }))
  // After a crash between the two, who contests asks again and finds the contest begun.
  return inTenant(db, tenantId, async trx => {
    // Before the row, as whoever checks it meanwhile does: otherwise each waits for the other.
    await lockTenant(trx, tenantId)
    const marked = await trx
      .updateTable('domains')
      .set({ contesting_until: until, next_check_at: plus(act.now, HYGIENE) })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .where('proof', '=', domain.proof)
      .where('verified_at', 'is', null)
      .where('contesting_until', 'is', null)
      .returning('name')
      .executeTakeFirst()
    if (marked) {
      await recordDomain(trx, act, 'domain.contested', { name, side: 'contester' })
      await tellKeepers(trx, act, 'contesting', { name, until })
    }
    return getDomain(trx, name)
  })
}

/** Throws `throttled` where the tenant contests as many domains as it may. */
async function checkContests(trx: Trx, { now }: Act): Promise<void> {
  const open = await trx
    .selectFrom('domains')
    .select('contesting_until as until')
    .where('tenant_id', '=', trx.tenantId)
    .where('contesting_until', '>', now)
    .orderBy('contesting_until')
    .execute()
  const [first] = open
  if (first && open.length >= CONTESTS_AT_MOST)
    throw refuse('throttled', { retryAfter: Math.ceil((first.until!.getTime() - now.getTime()) / SECOND) })
}

/** The act as the other company may know it: nobody's, from nowhere. */
const outsideOf = ({ now, random, keys }: Act): Act => ({
  ...{ now, random, keys, actor: { kind: 'system' }, trail: { correlationId: random.uuid(now) } },
})

/** Begins a contest in the tenant that holds the domain, once for each contester. Returns its end. */
async function beginContest(trx: Trx, act: Act, { name, by }: { name: string; by: string }): Promise<Date> {
  await lockTenant(trx, trx.tenantId)
  const held = await lockHeld(trx, name)
  if (!held) throw refuse('not_verified')
  if (held.contested_by === by && held.contested_until) return held.contested_until
  // Its people could not be renamed to another one.
  if (held.is_initial) throw refuse('ask_operator')
  const rests = held.uncontested_until !== null && held.uncontested_until > act.now
  if (held.contested_by || held.removal || rests) throw refuse('contest_closed')
  const until = plus(act.now, CONTEST_LASTS)
  await changeHeld(trx, name, {
    ...{ contested_until: until, contested_by: by, uncontested_until: null },
    ...{
      former_proof: held.proof,
      proof: newDomainProof(act),
      last_check: null,
      next_check_at: plus(act.now, HYGIENE),
    },
    ...{ gone: null, gone_since: null, warned_at: null },
  })
  await recordDomain(trx, act, 'domain.contested', { name, side: 'holder' })
  await tellKeepers(trx, act, 'contested', { name, until })
  return until
}

/** Tells who contested a domain that another keeps it. Where the name is free their record is looked for at once. */
export async function tellContester(
  db: Db,
  act: Act,
  { contester, domain: name }: GraphileWorker.Tasks['tell-contester'],
): Promise<void> {
  const isFree = (await findTenantId(db, name)) === NOBODYS_TENANT
  await inTenant(db, contester, async trx => {
    const contesting = await trx
      .updateTable('domains')
      .set(isFree ? { next_check_at: act.now } : { contesting_until: null })
      .where('tenant_id', '=', contester)
      .where('name', '=', name)
      .where('verified_at', 'is', null)
      .where('contesting_until', 'is not', null)
      .returning('name')
      .executeTakeFirst()
    if (!contesting || isFree) return
    await recordDomain(trx, act, 'domain.contest_ended', { name, outcome: 'lost' })
    await tellKeepers(trx, act, 'contestLost', { name })
  })
}

/** Makes a job of each contest whose time is over. One that a clock wrote while it was ahead lasts 14 days from now. */
export async function findDueContests(db: Db, act: Act): Promise<void> {
  const { now } = act
  const ahead = plus(now, CONTEST_LASTS)
  const { rows } = await inSystem(db, trx =>
    sql<{ id: string }>`
      select distinct tenant_id as id from domains where contested_until <= ${now} or contested_until > ${ahead}`.execute(
      trx,
    ),
  )
  for (const { id: tenantId } of rows)
    await inTenant(db, tenantId, async trx => {
      await trx
        .updateTable('domains')
        .set({ contested_until: ahead })
        .where('tenant_id', '=', tenantId)
        .where('contested_until', '>', ahead)
        .execute()
      const due = await trx
        .selectFrom('domains')
        .select('name')
        .where('tenant_id', '=', tenantId)
        .where('contested_until', '<=', now)
        .execute()
      const { correlationId } = act.trail
      for (const { name } of due)
        await enqueue(
          trx,
          'decide-contest',
          { tenantId, domain: name, correlationId },
          { jobKey: `contest ${tenantId} ${name}` },
        )
    })
}

/**
 * Decides a contest whose time is over, by what the DNS holds now: the holder's new record keeps the domain, else the
 * contester's takes it. Where that cannot be told it is looked at again in an hour.
 */
export async function decideContest(
  db: Db,
  act: Act,
  { tenantId, domain: name, dns }: GraphileWorker.Tasks['decide-contest'] & { dns: Dns },
): Promise<void> {
  const due = await inTenant(db, tenantId, async trx => {
    const held = await lockHeld(trx, name)
    if (!held?.contested_by || !held.contested_until || held.contested_until > act.now) return undefined
    const settlingUntil = await askOne(trx, settlingOf(tenantId))
    // Nobody renames people who can still undo a takeover, and its domain goes back with it, also where all of them have left.
    if (held.taken_by !== null || (settlingUntil && settlingUntil > act.now.getTime())) {
      await changeHeld(trx, name, { contested_until: plus(act.now, AGAIN) })
      return undefined
    }
    return { by: held.contested_by, proof: held.proof! }
  })
  if (!due) return
  const theirs = await inTenant(db, due.by, trx => findContesting(trx, name))
  const [kept, claimed] = await Promise.all([
    dns.check(name, due.proof),
    theirs === undefined ? undefined : dns.check(name, theirs),
  ])
  await inTenant(db, tenantId, async trx => {
    await lockTenant(trx, tenantId)
    const held = await lockHeld(trx, name)
    // It may have ended meanwhile, or begun anew.
    if (held?.proof !== due.proof || held.contested_by !== due.by || !held.contested_until) return
    if (kept.result === 'verified') return endContest(trx, act, name, 'kept')
    if (isDoubtful(kept) || (claimed && claimed.result !== 'verified' && isDoubtful(claimed)))
      return changeHeld(trx, name, { contested_until: plus(act.now, AGAIN) })
    if (claimed?.result !== 'verified') return endContest(trx, act, name, 'withdrawn')
    await passOn(trx, act, name)
  })
}

/** The text by which this tenant contests the domain; undefined where it does so no more. */
async function findContesting(trx: Trx, name: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom('domains')
    .select('proof')
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', name)
    .where('verified_at', 'is', null)
    .where('contesting_until', 'is not', null)
    .executeTakeFirst()
  return row?.proof ?? undefined
}

/**
 * Lets a contested domain go, with those that are proven through it: a job gives their people names in the initial
 * domain and disables nobody. Then the name is free, and the contester's record proves it.
 */
async function passOn(trx: Trx, act: Act, name: string): Promise<void> {
  const { tenantId } = trx
  const initial = await getInitial(trx)
  const going = [name, ...(await provenThrough(trx, name)).map(one => one.name)].filter(one => one !== initial.name)
  const former = await trx
    .updateTable('domains')
    .set({ is_default: false })
    .where('tenant_id', '=', tenantId)
    .where('name', 'in', going)
    .where('is_default', '=', true)
    .returning('name')
    .executeTakeFirst()
  if (former) {
    await changeHeld(trx, initial.name, { is_default: true })
    await recordDomain(trx, act, 'domain.default_changed', { name: initial.name, former: former.name })
  }
  // The contester stays on record, so that the end of the removal has their record looked for at once.
  await changeHeld(trx, name, { contested_until: null })
  await recordDomain(trx, act, 'domain.contest_ended', { name, outcome: 'passed' })
  await tellKeepers(trx, act, 'passed', { name })
  for (const one of going) {
    await trx
      .updateTable('domains')
      .set({ removal: 'Scheduled', removal_at: act.now, removal_disables: false })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', one)
      .execute()
    await enqueue(trx, 'remove-domain', { tenantId, domain: one, correlationId: act.trail.correlationId })
  }
}
