import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { HOUR, plus } from '../clock.ts'
import { type Db, enqueue, inSystem, inTenant, type Trx } from '../store/index.ts'
import { findDueContests } from './contest.ts'
import type { Dns } from './dns.ts'
import { checkDomain } from './proof.ts'
import { HYGIENE, nextCheckOf } from './schedule.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'check-domains': Record<string, unknown>
      'check-domain': { tenantId: string; domain: string; correlationId: string }
    }
  }
}

/** Domains of one tenant that one run claims; the next run goes on a minute later. */
const AT_ONCE = 20

/**
 * Finds the domains whose check is due, and makes a job of each. A claim sets the next check, so that a lost job costs
 * one look and not the rest.
 */
export async function checkDueDomains(db: Db, act: Act): Promise<void> {
  const { now } = act
  const { rows } = await inSystem(db, trx =>
    sql<{ id: string }>`select distinct tenant_id as id from domains where next_check_at <= ${now}`.execute(trx),
  )
  for (const { id } of rows) await inTenant(db, id, trx => claimDue(trx, act))
  await findDueContests(db, act)
}

async function claimDue(trx: Trx, { now, trail }: Act): Promise<void> {
  const { tenantId } = trx
  const due = await trx
    .selectFrom('domains')
    .select(['name', 'added_at', 'verified_at', 'contesting_until'])
    .where('tenant_id', '=', tenantId)
    .where('next_check_at', '<=', now)
    .orderBy('next_check_at')
    .limit(AT_ONCE)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const { name, added_at, verified_at, contesting_until } of due) {
    // What is contested may be free any day; from the end on soon.
    const contested = contesting_until && plus(now, contesting_until > now ? HYGIENE : HOUR)
    await trx
      .updateTable('domains')
      .set({ next_check_at: verified_at ? plus(now, HYGIENE) : (contested ?? nextCheckOf(added_at, now)) })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .execute()
    // What waits is not older than the next look.
    const jobKey = `domain ${tenantId} ${name}`
    await enqueue(trx, 'check-domain', { tenantId, domain: name, correlationId: trail.correlationId }, { jobKey })
  }
}

/** Looks one domain up as a job: its people hear of a proof, of giving up, and of a record that is gone. */
export async function checkDue(
  db: Db,
  act: Act,
  { tenantId, domain: name, dns }: { tenantId: string; domain: string; dns: Dns },
): Promise<void> {
  await checkDomain(db, act, { tenantId, name, dns }).catch(error => {
    // It was removed meanwhile.
    if ((error as { code?: string }).code !== 'not_found') throw error
  })
}
