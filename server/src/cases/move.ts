import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, enqueue, hasEnded, inSystem, inTenant, isOver, type Trx } from '../store/index.ts'
import { type CaseState, LONGEST_TERM, OPERATOR_HAS, PROVIDER_HAS } from './case.ts'
import { recordCase } from './events.ts'
import { mailAsker } from './mails.ts'
import { changeCase, findCase } from './queries.ts'
import { endCase } from './write.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'move-cases': Record<string, unknown>
    }
  }
}

const isDue = (now: Date) =>
  sql<boolean>`closed_at is null and opened_at is not null and ${hasEnded(sql`due_at`, now, LONGEST_TERM)}`

/**
 * Moves on what nobody has answered in time, from administrators to the provider and the operator, and closes what the asker or the
 * operator has left, or a caller has not proved the mailbox of. Each case is a transaction of its own; an error of one is thrown once the others are done.
 */
export async function moveDueCases(db: Db, means: Means): Promise<void> {
  const tenants = await inSystem(db, trx =>
    trx.selectFrom('cases').select('tenant_id').distinct().where(isDue(means.now)).execute(),
  )
  const failures: unknown[] = []
  for (const { tenant_id: tenantId } of tenants) {
    const due = await inTenant(db, tenantId, trx =>
      trx.selectFrom('cases').select('number').where('tenant_id', '=', tenantId).where(isDue(means.now)).execute(),
    )
    for (const { number } of due)
      await inTenant(db, tenantId, trx => moveCase(trx, means, number)).catch(error => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

/** Who is asked when somebody has not answered in time. */
const NEXT: { [State in CaseState]?: 'provider' | 'operator' } = { administrators: 'provider', provider: 'operator' }

async function moveCase(trx: Trx, means: Means, number: string): Promise<void> {
  const found = await findCase(trx, means, number, true)
  // Somebody may have written while it waited for its turn.
  if (!found || found.case.state === 'closed' || !isOver(found.row.due_at, means.now, LONGEST_TERM)) return
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: found.row.id } }
  const next = found.case.addressProved ? NEXT[found.case.state] : undefined
  if (next) {
    const has = next === 'provider' ? PROVIDER_HAS : OPERATOR_HAS
    await changeCase(trx, found.row.id, { asked: next, due_at: plus(means.now, has) })
    await recordCase(trx, act, found.case, { activity: 'case.moved', details: { to: next } })
    await mailAsker(trx, act, found.case, next === 'provider' ? 'handed' : 'moved')
    // Also where nobody is the provider, or the time would tell.
    if (next === 'provider')
      await enqueue(trx, 'tell-of-case', { tenantId: trx.tenantId, caseId: found.row.id, news: 'opened' })
    return
  }
  await endCase(trx, act, found.case, 'unanswered')
  await mailAsker(trx, act, found.case, 'closed')
}
