import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import {
  findAccountKind,
  findTenantId,
  findTenantOfDomains,
  lockTenant,
  NOBODYS_TENANT,
  namesAbove,
} from '../directory/index.ts'
import { type Db, enqueue, inTenant, type Row, type Trx } from '../store/index.ts'
import { endContest } from './contested.ts'
import type { Diagnosis, Finding } from './diagnosis.ts'
import type { Dns, DnsCheck, Zone } from './dns.ts'
import { type Domain, getDomain, hasProven, recordDomain, targetOf } from './domains.ts'
import { refuse, refuseProgram } from './errors.ts'
import { tellKeepers } from './notices.ts'
import { guessRegistrar } from './registrars.ts'
import type { Asked } from './resolver.ts'
import { HYGIENE } from './schedule.ts'

/** What the last check of a domain found, as it is kept. */
export interface Check {
  /** ISO 8601. */
  at: string
  /** `conflict`: the record is there, but another tenant has proven the domain. */
  result: DnsCheck['result'] | 'conflict'
  asked: Pick<Asked, 'resolver' | 'name' | 'type' | 'transport' | 'rcode' | 'ms' | 'answers'>[]
  diagnosis: Finding[]
  /** What has proven it, where that is another tenant. */
  holder?: 'managed' | 'unmanaged'
}

/** Look-ups of one domain in a minute, and of all domains of a tenant in an hour. */
const CHECKS_AT_MOST = 6
const TENANT_CHECKS_AT_MOST = 60

/**
 * Looks a domain up, and makes it the tenant's where its record is there or a proven domain of the tenant stands above
 * it. A domain that is proven stays so, whatever is found. The DNS is asked between two transactions. Throws
 * `throttled`.
 */
export async function checkDomain(
  db: Db,
  act: Act,
  { tenantId, name, dns }: { tenantId: string; name: string; dns: Dns },
): Promise<{ domain: Domain; check: Check | undefined }> {
  const due = await inTenant(db, tenantId, async trx => {
    demand(act, 'domains.write', targetOf(trx, name))
    const domain = await getDomain(trx, name)
    const above = !domain.verifiedAt && (await hasProven(trx, namesAbove(domain.name)))
    // The jobs have a clock of their own.
    if (!above && domain.proof !== null && act.actor.kind !== 'system') await claimCheck(trx, act, domain.name)
    return { domain, above }
  })
  const { domain, above } = due
  // What stands on another domain, or on an operator's word, has no record to look for.
  if (!above && (domain.proof === null || (domain.verifiedAt && !domain.isRoot && !domain.contestedUntil)))
    return { domain, check: undefined }
  const seen = above ? undefined : await dns.check(domain.name, domain.proof!)
  const check = seen && keptCheck(act, seen)
  if (check && (check.result !== 'verified' || domain.verifiedAt))
    return { domain: await keepCheck(db, act, tenantId, { domain, check, zone: seen.zone }), check }
  try {
    return { domain: await claimDomain(db, act, tenantId, { ...due, check }), check }
  } catch (error) {
    // The index of proven names spans tenants, which no statement of one can see into.
    if ((error as { constraint?: string }).constraint !== 'domains_proven') throw error
    const taken: Check = {
      at: act.now.toISOString(),
      asked: check?.asked ?? [],
      result: 'conflict',
      diagnosis: [{ code: 'taken' }],
      holder: (await findAccountKind(db, [domain.name], 'proved')) === 'unmanaged' ? 'unmanaged' : 'managed',
    }
    return { domain: await keepCheck(db, act, tenantId, { domain, check: taken }), check: taken }
  }
}

/**
 * Proves a domain for a program. Throws `dns_record_not_found`, `dns_unreachable`, each with its diagnosis, and
 * `domain_taken` where another tenant has proven it, which the holder of the record alone is told.
 */
export async function verifyDomain(
  db: Db,
  act: Act,
  input: { tenantId: string; name: string; dns: Dns },
): Promise<Domain> {
  const known = await inTenant(db, input.tenantId, trx => {
    demand(act, 'domains.write', targetOf(trx, input.name))
    return getDomain(trx, input.name)
  })
  if (known.verifiedAt && !known.contestedUntil) return known
  const { domain, check } = await checkDomain(db, act, input)
  if (domain.verifiedAt) return domain
  throw refuseProgram(REASONS[check?.result ?? 'pending'], { more: { diagnosis: check?.diagnosis ?? [] } })
}

const REASONS = {
  verified: 'dns_record_not_found',
  pending: 'dns_record_not_found',
  error: 'dns_unreachable',
  conflict: 'domain_taken',
} as const

/** Records of an answer that are kept, and characters of each. */
const KEPT = 10
const LONGEST = 300

/** What is kept of a check: an answer of somebody's server may be long. */
export const keptCheck = ({ now }: Pick<Act, 'now'>, { result, asked, diagnosis }: DnsCheck): Check => ({
  at: now.toISOString(),
  result,
  diagnosis: diagnosis.slice(0, KEPT),
  asked: asked.slice(0, 4 * KEPT).map(({ resolver, name, type, transport, rcode, ms, answers }) => ({
    ...{ resolver, name, type, transport, rcode, ms },
    answers: answers.slice(0, KEPT).map(one => ({ ...one, data: one.data.replaceAll('\0', '').slice(0, LONGEST) })),
  })),
})

/**
 * Keeps what a check found of a domain that it did not make the tenant's. A job's last look tells its people that
 * nobody looks any more; its look at a proven domain tells them, once a week, what is gone.
 */
const keepCheck = (
  db: Db,
  act: Act,
  tenantId: string,
  { domain: { name, proof }, check, zone }: { domain: Domain; check: Check; zone?: Zone | undefined },
): Promise<Domain> =>
  inTenant(db, tenantId, async trx => {
    const kept = await trx
      .updateTable('domains')
      .set({ last_check: JSON.stringify(check), ...(zone && columnsOf(zone)) })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .where('proof', 'is not distinct from', proof)
      .returning(['verified_at', 'next_check_at', 'gone', 'gone_since', 'warned_at', 'contested_until'])
      .executeTakeFirst()
    const isJob = act.actor.kind === 'system'
    // Its new record is the one that is awaited.
    if (kept?.contested_until) {
      if (check.result === 'verified') await endContest(trx, act, name, 'kept')
    } else if (kept?.verified_at) await keepHealth(trx, act, { name, check, ...kept })
    else if (kept && (!isJob || kept.next_check_at === null)) await recordRefused(trx, act, name, REASONS[check.result])
    if (kept && isJob && !kept.verified_at && kept.next_check_at === null)
      await tellKeepers(trx, act, 'gaveUp', { name, diagnosis: check.diagnosis })
    return getDomain(trx, name)
  })

const hasFound = ({ diagnosis }: Pick<DnsCheck, 'diagnosis'>, ...codes: Diagnosis[]) =>
  diagnosis.some(({ code }) => codes.includes(code))

/** Whether a look could not tell if a record that it did not find is there. */
export const isDoubtful = (check: Pick<Check, 'result' | 'diagnosis'>) =>
  check.result === 'error' || hasFound(check, 'not_spread', 'ttl_wait')

/** How often people hear that the record of a proven domain, or the domain itself, is gone. */
const WARNED_AGAIN = 7 * DAY

/** Notes whether a proven domain still has its record. Where no resolver could tell, nothing is known. */
async function keepHealth(
  trx: Trx,
  act: Act,
  {
    name,
    check,
    gone_since,
    warned_at,
  }: Pick<Row<'domains'>, 'gone_since' | 'warned_at'> & { name: string; check: Check },
): Promise<void> {
  const { now } = act
  if (isDoubtful(check)) return
  const gone = check.result === 'verified' ? null : hasFound(check, 'no_domain') ? 'domain' : 'record'
  const warns = gone !== null && act.actor.kind === 'system' && (!warned_at || plus(warned_at, WARNED_AGAIN) <= now)
  await trx
    .updateTable('domains')
    .set({
      ...{ gone, gone_since: gone && (gone_since ?? now) },
      warned_at: gone === null ? null : warns ? now : warned_at,
    })
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', name)
    .execute()
  if (!warns) return
  await recordDomain(trx, act, 'domain.warned', { name, gone })
  await tellKeepers(trx, act, `${gone}Gone`, { name })
}

const columnsOf = ({ name, servers }: Zone) => ({ zone: name, registrar: guessRegistrar(servers) ?? null })

/** Finds out who keeps the zone of a new domain, for the words of its page. Where the DNS is slow, a check does later. */
export async function learnZone(
  db: Db,
  { tenantId, name, dns }: { tenantId: string; name: string; dns: Dns },
): Promise<void> {
  const zone = await dns.zone(name)
  if (!zone) return
  await inTenant(db, tenantId, trx =>
    trx
      .updateTable('domains')
      .set(columnsOf(zone))
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .execute(),
  )
}

/** Makes the domain the tenant's. It must not have been removed, or added anew with another text, in the meantime. */
const claimDomain = (
  db: Db,
  act: Act,
  tenantId: string,
  { domain: { name, proof }, above, check }: { domain: Domain; above: boolean; check: Check | undefined },
): Promise<Domain> =>
  inTenant(db, tenantId, async trx => {
    // What proved it may be gone as well.
    await lockTenant(trx, tenantId)
    if (above && !(await hasProven(trx, namesAbove(name)))) throw refuseProgram('dns_record_not_found')
    const claimed = await trx
      .updateTable('domains')
      .set({
        ...{ verified_at: act.now, is_root: !above, next_check_at: above ? null : plus(act.now, HYGIENE) },
        contesting_until: null,
        ...(check && { last_check: JSON.stringify(check) }),
      })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .where('proof', 'is not distinct from', proof)
      .where('verified_at', 'is', null)
      .returning('name')
      .executeTakeFirst()
    if (!claimed) return getDomain(trx, name)
    await recordDomain(trx, act, 'domain.verified', { name })
    if (!above) {
      await tellKeepers(trx, act, 'verified', { name })
      await enqueue(trx, 'tell-holder', { tenantId, domain: name, correlationId: act.trail.correlationId })
    }
    return getDomain(trx, name)
  })

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-holder': { tenantId: string; domain: string; correlationId: string }
    }
  }
}

/**
 * Tells who has proven the domain above a proven one, where that is another company: its keepers hear that somebody has
 * a name below theirs, and not who. The nearest domain above counts.
 */
export async function tellHolder(
  db: Db,
  act: Act,
  { tenantId, domain: name }: GraphileWorker.Tasks['tell-holder'],
): Promise<void> {
  const holder = await findTenantOfDomains(db, namesAbove(name))
  if (holder === tenantId || holder === NOBODYS_TENANT || (await findTenantId(db, name)) !== tenantId) return
  await inTenant(db, holder, async trx => {
    await recordDomain(trx, act, 'domain.warned', { name, proven: 'elsewhere' })
    await tellKeepers(trx, act, 'belowProven', { name })
  })
}

const recordRefused = (trx: Trx, act: Act, name: string, reason: string) =>
  record(trx, act, { activity: 'domain.verified', result: 'failure', reason, target: { name } })

/** Counts a look-up before it is made: each asks resolvers for a name that a company chose. Throws `throttled`. */
async function claimCheck(trx: Trx, { now }: Act, name: string) {
  // The company before its domain, as all do that lock both: otherwise each would wait for the other.
  await claimTenantCheck(trx, now)
  const begun = sql<boolean>`checked_at > ${plus(now, -MINUTE)} and checked_at <= ${now}`
  const claimed = await trx
    .updateTable('domains')
    .set({
      checks: sql<number>`case when ${begun} then checks else 0 end + 1`,
      checked_at: sql<Date>`case when ${begun} then checked_at else ${now}::timestamptz end`,
    })
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', name)
    .where(sql<boolean>`coalesce(not (${begun}) or checks < ${CHECKS_AT_MOST}, true)`)
    .returning('name')
    .executeTakeFirst()
  if (!claimed) throw refuse('throttled', { retryAfter: MINUTE / SECOND })
}

/** The same for all domains of a company. */
async function claimTenantCheck(trx: Trx, now: Date) {
  const begun = sql<boolean>`domain_checks_at > ${plus(now, -HOUR)} and domain_checks_at <= ${now}`
  const claimed = await trx
    .updateTable('tenants')
    .set({
      domain_checks: sql<number>`case when ${begun} then domain_checks else 0 end + 1`,
      domain_checks_at: sql<Date>`case when ${begun} then domain_checks_at else ${now}::timestamptz end`,
    })
    .where('tenant_id', '=', trx.tenantId)
    .where(sql<boolean>`coalesce(not (${begun}) or domain_checks < ${TENANT_CHECKS_AT_MOST}, true)`)
    .returning('tenant_id')
    .executeTakeFirst()
  if (!claimed) throw refuse('throttled', { retryAfter: HOUR / SECOND })
}
