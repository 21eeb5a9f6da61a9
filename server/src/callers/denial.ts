import type { Act } from '../act.ts'
import { findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { type Reader, tellOfAccount } from '../notifications/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import type { OpenedCheck } from './checks.ts'

/** Mails the person, and whom the organization names for security, that somebody called in the person's name. */
export async function tellOfDenial(trx: Trx, act: Act, { user }: Pick<OpenedCheck, 'user'>): Promise<void> {
  const recorded = await askOne(trx, methodsOf(act, user))
  const own = await findNoticeAddresses(trx, act, user, recorded)
  const { mails } = await trx
    .selectFrom('tenants')
    .select('security_compliance_notification_mails as mails')
    .where('tenant_id', '=', trx.tenantId)
    .executeTakeFirstOrThrow()
  const readers: Reader[] = [
    ...own.map(to => ({ to, preferredLanguage: user.preferredLanguage, template: 'caller_denied' as const })),
    ...mails.map(to => ({ to, preferredLanguage: null, template: 'caller_denied' as const })),
  ]
  await tellOfAccount(trx, act, user, { readers })
}
