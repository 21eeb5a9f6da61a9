import { sql } from 'kysely'
import { HOUR, MINUTE, plus } from '../clock.ts'
import { firstIdAt, type Means } from '../crypto/index.ts'
import { type Db, hasEnded, inSystem, inTenant, stillLasts, type Trx } from '../store/index.ts'

/** The expected hashes of a captcha: ordinarily, and at most. */
export const LEAST_WORK = 50_000
export const MOST_WORK = 400_000

/** How many times the usual rate of a tenant makes captchas hardest. */
const ATTACK = 100

/** Resets an hour that are never unusual: a small tenant's Monday morning is no attack. */
const QUIET = 60

/** The span of the present rate, in milliseconds; shorter than a journey lasts. */
const RECENTLY = 10 * MINUTE

/** A week of hours: what an hour adds to the usual rate is a share of it. */
const HOURS_REMEMBERED = 168

/** An hour counts as at most so many usual ones. Otherwise a long attack would make its own rate the usual one. */
const HOUR_AT_MOST = 10

/** The expected hashes at this rate: the least up to the usual rate, then growing with the logarithm of its multiple. */
export function workAt(resetsPerHour: number, usualPerHour: number): number {
  const share = Math.log(resetsPerHour / Math.max(usualPerHour, QUIET)) / Math.log(ATTACK)
  return Math.round(LEAST_WORK * (MOST_WORK / LEAST_WORK) ** Math.min(Math.max(share, 0), 1))
}

/** The hashes that a captcha for names of this tenant has to take now. */
export async function findNeededWork(db: Db, { now }: Pick<Means, 'now'>, tenantId: string): Promise<number> {
  // Counted only up to the hardest: in an attack the table is long. An id begins with its time, so the key finds recent ones.
  const [found] = await inTenant(db, tenantId, async trx => {
    const { rows } = await sql<{ usual: number; recent: number; guesses: number }>`
      select usual_resets_per_hour as usual, (
        select count(*)::integer from (
          select from journeys
          where journeys.tenant_id = ${tenantId} and id >= ${firstIdAt(plus(now, -RECENTLY))} and ${stillLasts(sql`expires_at`, now, HOUR)}
          limit ceil(greatest(usual_resets_per_hour, ${QUIET}::float) * ${(ATTACK * RECENTLY) / HOUR}::float)
        ) as begun
      ) as recent, coalesce((
        select failures from counters where counters.tenant_id = ${tenantId} and kind = 'tenantProofs' and ${stillLasts(sql`window_ends_at`, now, HOUR)}
      ), 0) as guesses
      from tenants where tenant_id = ${tenantId}`.execute(trx)
    return rows
  })
  if (!found) return LEAST_WORK
  // Failed proofs of the hour harden it too: somebody who guesses slowly begins few resets.
  return workAt(Math.max((found.recent * HOUR) / RECENTLY, found.guesses), found.usual)
}

/** The tenants whose usual rate changes: by resets of the last hour, or by their absence. */
export const findRatedTenants = (db: Db, { now }: Pick<Means, 'now'>): Promise<string[]> =>
  inSystem(db, async trx => {
    const { rows } = await sql<{ tenant_id: string }>`
      select tenant_id from tenants where usual_resets_per_hour > 0.01
      union select tenant_id from journeys where not ${hasEnded(sql`expires_at`, plus(now, -HOUR), 2 * HOUR)}`.execute(
      trx,
    )
    return rows.map(row => row.tenant_id)
  })

/** Lets the tenant's usual rate follow its last hour; to be run once an hour. A run that comes too soon, as after one that failed half-way, changes nothing. */
export async function learnUsualRate(trx: Trx, { now }: Means, tenantId: string): Promise<void> {
  const anHourAgo = plus(now, -HOUR)
  await sql`
    update tenants set usual_learnt_at = ${now}, usual_resets_per_hour = usual_resets_per_hour + (
      least(
        (select count(*) from journeys
         where journeys.tenant_id = ${tenantId} and id >= ${firstIdAt(anHourAgo)} and ${stillLasts(sql`expires_at`, anHourAgo, 2 * HOUR)}),
        ${HOUR_AT_MOST}::float * greatest(usual_resets_per_hour, ${QUIET}::float)
      ) - usual_resets_per_hour
    ) / ${HOURS_REMEMBERED}::float
    where tenant_id = ${tenantId} and (usual_learnt_at is null or ${hasEnded(sql`usual_learnt_at`, plus(now, -HOUR / 2), HOUR / 2)})`.execute(
    trx,
  )
}
