import type { Act } from '../act.ts'
import { enqueue, type SealedColumn, type Trx } from '../store/index.ts'
import type { Mail } from './templates/catalogue.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'send-notice': { tenantId: string; noticeId: string }
    }
  }
}

/** A mail to be sent once the current transaction has committed. `secret`: for its reader alone, sealed until it is sent. */
export type Notice = { to: string; language: string; secret?: string } & Mail

/** Puts mails into the outbox, one per address, in the transaction of their act: they are sent if and only if it commits. */
export async function queueNotices(trx: Trx, act: Act, notices: readonly Notice[]) {
  const { tenantId } = trx
  if (notices.length === 0) return
  const rows = notices.map(notice => {
    const id = act.random.uuid(act.now)
    return {
      tenant_id: tenantId,
      id,
      correlation_id: act.trail.correlationId,
      template: notice.template,
      to_sealed: act.keys.seal({ purpose: 'notice', tenantId, rowId: id }, notice.to),
      secret_sealed:
        notice.secret === undefined
          ? null
          : act.keys.seal({ purpose: 'notice-secret', tenantId, rowId: id }, notice.secret),
      variables: JSON.stringify(notice.variables),
      language: notice.language,
      created_at: act.now,
    }
  })
  await Promise.all([
    trx.insertInto('notices').values(rows).execute(),
    ...rows.map(({ id }) => enqueue(trx, 'send-notice', { tenantId, noticeId: id })),
  ])
}

/** The columns that a job seals anew. */
export const noticeSeals: SealedColumn[] = [
  { table: 'notices', column: 'to_sealed', key: ['id'], purpose: 'notice' },
  { table: 'notices', column: 'secret_sealed', key: ['id'], purpose: 'notice-secret' },
]
