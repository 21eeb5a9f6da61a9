import { firstIdAt } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/**
 * Ends what reaches people's data without a session, and was given since then: subscriptions, agents, and what older
 * applications got: secrets, SCIM tokens and an administrator's consent. Newer applications rest with all that is theirs.
 */
export async function endAccess(trx: Trx, since: Date, newer: readonly string[]): Promise<void> {
  const { tenantId } = trx
  const ended = await trx
    .deleteFrom('subscriptions')
    .where('tenant_id', '=', tenantId)
    .where('created_at', '>=', since)
    .returning('id')
    .execute()
  if (ended.length > 0)
    await trx
      .deleteFrom('deliveries')
      .where('tenant_id', '=', tenantId)
      .where(
        'subscription_id',
        'in',
        ended.map(({ id }) => id),
      )
      .execute()
  await trx.deleteFrom('agents').where('tenant_id', '=', tenantId).where('enrolled_at', '>=', since).execute()
  // One lasts an hour, and nobody was there before to ask for it.
  await trx.deleteFrom('agent_tokens').where('tenant_id', '=', tenantId).execute()
  // SQL knows no empty list.
  const rest = [tenantId, ...newer]
  await trx
    .deleteFrom('application_secrets')
    .where('tenant_id', '=', tenantId)
    .where('app_id', 'not in', rest)
    // Who adds one may date it back; its id tells when it was added.
    .where('id', '>=', firstIdAt(since))
    .execute()
  await trx
    .deleteFrom('scim_tokens')
    .where('tenant_id', '=', tenantId)
    .where('app_id', 'not in', rest)
    .where('created_at', '>=', since)
    .execute()
  await trx
    .deleteFrom('organization_consents')
    .where('tenant_id', '=', tenantId)
    .where('app_id', 'not in', rest)
    .where('given_at', '>=', since)
    .execute()
}
