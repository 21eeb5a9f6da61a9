import { type AuditEvent, record } from '../audit/index.ts'
import type { Means } from '../crypto/index.ts'
import { findOtherAdministrators, getTenant } from '../directory/index.ts'
import { type Notice, queueNotices } from '../notifications/index.ts'
import { getProtection } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'

/** A mail without its reader. */
type Mail = Notice extends infer One ? (One extends Notice ? Omit<One, 'to' | 'language'> : never) : never

/** Records an alarm of the tenant, and mails its administrators what `mailOf` writes for its name. */
export async function raiseAlarm(
  trx: Trx,
  means: Means,
  tenantId: string,
  event: Pick<AuditEvent, 'activity' | 'details'>,
  mailOf: (organization: string) => Mail,
) {
  const tenant = await getTenant(trx, tenantId)
  const trail = { correlationId: means.random.uuid(means.now) }
  await record(trx, means, tenantId, trail, {
    ...event,
    result: 'success',
    actor: { kind: 'system' },
  })
  const administrators = await findOtherAdministrators(trx, tenantId)
  await queueNotices(
    trx,
    means,
    tenantId,
    trail,
    administrators.map(({ mail, preferredLanguage }) => ({
      to: mail,
      language: preferredLanguage ?? tenant.preferredLanguage,
      ...mailOf(tenant.displayName),
    })),
  )
}

/** Records that a tenant has sent so many percent of the codes that it may send in a day, and mails its administrators: somebody may be running up its bill. */
export async function raiseSendAlarm(trx: Trx, means: Means, tenantId: string, percent: 80 | 100) {
  const { messagesPerDay } = await getProtection(trx, tenantId)
  const event = {
    activity: percent === 100 ? 'messages.limit_reached' : 'messages.limit_near',
    details: { percent: String(percent), messagesPerDay: String(messagesPerDay) },
  } as const
  await raiseAlarm(trx, means, tenantId, event, organization => ({
    template: 'message_limit',
    variables: { organization, percent, messagesPerDay },
  }))
}
