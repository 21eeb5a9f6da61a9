import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { findUser, getTenant } from '../directory/index.ts'
import { queueNotices } from '../notifications/index.ts'
import { readinessOf } from '../readiness/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'

/**
 * Asks somebody by mail to register how they can prove who they are, where their policy lets them reset and they have
 * not. Throws `not_found`, `not_announced`, and what `demand` throws.
 */
export async function announceRegistration(trx: Trx, act: Act, id: string): Promise<void> {
  const { tenantId } = trx
  demand(act, 'resetPolicies.write', { kind: 'tenant', tenantId })
  const user = await findUser(trx, tenantId, id)
  if (!user) throw refuseMissing('not_found')
  const [readiness] = await readinessOf(trx, act, [user])
  if (!user.accountEnabled || !readiness?.isEnabled || readiness.isRegistered) throw refuse('not_announced')
  const { displayName: organization, preferredLanguage } = await getTenant(trx, tenantId)
  await queueNotices(trx, act, [
    {
      to: user.mail ?? user.userPrincipalName,
      language: user.preferredLanguage ?? preferredLanguage,
      template: 'announcement',
      variables: { organization, username: user.userPrincipalName },
    },
  ])
}
