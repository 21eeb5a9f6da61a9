import { record } from '../audit/index.ts'
import type { Means } from '../crypto/index.ts'
import { findOtherAdministrators, getProtection, getTenant } from '../directory/index.ts'
import { queueNotices } from '../notifications/index.ts'
import type { Trx } from '../store/index.ts'

/** Records that a tenant has sent so many percent of the codes that it may send in a day, and mails its administrators: somebody may be running up its bill. */
export async function raiseSendAlarm(trx: Trx, means: Means, tenantId: string, percent: 80 | 100) {
  const tenant = await getTenant(trx, tenantId)
  const { messagesPerDay } = await getProtection(trx, tenantId)
  const trail = { correlationId: means.random.uuid(means.now) }
  await record(trx, means, tenantId, trail, {
    activity: percent === 100 ? 'messages.limit_reached' : 'messages.limit_near',
    result: 'success',
    actor: { kind: 'system' },
    details: { percent: String(percent), messagesPerDay: String(messagesPerDay) },
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
      template: 'message_limit',
      variables: { organization: tenant.displayName, percent, messagesPerDay },
    })),
  )
}
