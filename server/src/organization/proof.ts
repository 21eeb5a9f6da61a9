import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import { lockTenant } from '../directory/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import type { Finding } from './diagnosis.ts'
import type { Dns, DnsCheck, Zone } from './dns.ts'
import { type Domain, getDomain, hasProven, recordDomain, targetOf } from './domains.ts'
import { refuse, refuseProgram } from './errors.ts'
import { namesAbove } from './names.ts'
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
  if (domain.proof === null && !above) return { domain, check: undefined }
  const seen = above ? undefined : await dns.check(domain.name, domain.proof!)
  const check = seen && checkOf(act, seen)
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
  if (known.verifiedAt) return known
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
const checkOf = ({ now }: Act, { result, asked, diagnosis }: DnsCheck): Check => ({
  at: now.toISOString(),
  result,
  diagnosis: diagnosis.slice(0, KEPT),
  asked: asked.slice(0, 4 * KEPT).map(({ resolver, name, type, transport, rcode, ms, answers }) => ({
    ...{ resolver, name, type, transport, rcode, ms },
    answers: answers.slice(0, KEPT).map(one => ({ ...one, data: one.data.replaceAll('\0', '').slice(0, LONGEST) })),
  })),
})

/** Keeps what a check found of a domain that it did not make the tenant's. */
const keepCheck = (
  db: Db,
  act: Act,
  tenantId: string,
  { domain: { name, verifiedAt, proof }, check, zone }: { domain: Domain; check: Check; zone?: Zone | undefined },
): Promise<Domain> =>
  inTenant(db, tenantId, async trx => {
    await trx
      .updateTable('domains')
      .set({ last_check: JSON.stringify(check), ...(zone && columnsOf(zone)) })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .where('proof', 'is not distinct from', proof)
      .execute()
    // The hourly looks of jobs are not what anybody did.
    if (!verifiedAt && act.actor.kind !== 'system') await recordRefused(trx, act, name, REASONS[check.result])
    return getDomain(trx, name)
  })

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
        ...(check && { last_check: JSON.stringify(check) }),
      })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .where('proof', 'is not distinct from', proof)
      .where('verified_at', 'is', null)
      .returning('name')
      .executeTakeFirst()
    if (claimed) await recordDomain(trx, act, 'domain.verified', { name })
    return getDomain(trx, name)
  })

const recordRefused = (trx: Trx, act: Act, name: string, reason: string) =>
  record(trx, act, { activity: 'domain.verified', result: 'failure', reason, target: { name } })

/** Counts a look-up before it is made: each asks resolvers for a name that a company chose. Throws `throttled`. */
async function claimCheck(trx: Trx, { now }: Act, name: string) {
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
  await claimTenantCheck(trx, now)
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
