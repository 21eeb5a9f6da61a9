import type { Act } from '../act.ts'
import { getTenant, type User } from '../directory/index.ts'
import { issueTakeoverLink } from '../links/index.ts'
import { findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { queueNotices, type TakeoverVariables } from '../notifications/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { within } from './events.ts'
import type { Takeover } from './takeover.ts'

/** Mails who claims where they stand, with a new link. Such mails are never off. */
export async function mailClaimant(
  trx: Trx,
  act: Act,
  { id, domain, address, language }: Pick<Takeover, 'id' | 'domain' | 'address' | 'language'>,
  { news, until }: { news: TakeoverVariables['claim']['news']; until?: Date },
): Promise<void> {
  const secret = await issueTakeoverLink(trx, act, { takeoverId: id, userId: null })
  const variables = { domain, news, ...(until && { until: until.toISOString() }) }
  await queueNotices(trx, within(act, { id }), [
    { to: address, language, secret, template: 'takeover_claim', variables },
  ])
}

/**
 * Mails somebody who is there, wherever they hear of their account: who holds the domain may read the mailboxes in it.
 * The link is their own. Such mails are never off.
 */
export async function mailMember(
  trx: Trx,
  act: Act,
  user: User,
  {
    takeover,
    news,
    until,
  }: {
    takeover: Pick<Takeover, 'id' | 'kind' | 'domain' | 'address' | 'company'>
    news: TakeoverVariables['member']['news']
    until: Date
  },
): Promise<void> {
  const tenant = await getTenant(trx, trx.tenantId)
  const addresses = await findNoticeAddresses(trx, act, user, await askOne(trx, methodsOf(act, user)))
  const secret = await issueTakeoverLink(trx, act, { takeoverId: takeover.id, userId: user.id })
  const variables = {
    organization: tenant.displayName,
    domain: takeover.domain,
    claimant: takeover.address,
    username: user.userPrincipalName,
    news,
    until: until.toISOString(),
    ...(takeover.company !== null && { company: takeover.company }),
    ...(takeover.kind === 'recovery' && { isRecovery: true as const }),
  }
  await queueNotices(
    trx,
    within(act, takeover),
    addresses.map(to => ({
      ...{ to, secret, variables, template: 'takeover' as const },
      language: user.preferredLanguage ?? tenant.preferredLanguage,
    })),
  )
}

/** Mails somebody who stays where others have left, or to whom others come back. There is nothing to do. Such mails are never off. */
export async function mailStaying(
  trx: Trx,
  act: Act,
  user: User,
  {
    takeover,
    news,
    until,
  }: {
    takeover: Pick<Takeover, 'id' | 'domain' | 'company'>
    news: TakeoverVariables['staying']['news']
    until: Date
  },
): Promise<void> {
  const tenant = await getTenant(trx, trx.tenantId)
  const addresses = await findNoticeAddresses(trx, act, user, await askOne(trx, methodsOf(act, user)))
  const variables = {
    ...{ organization: tenant.displayName, domain: takeover.domain, company: takeover.company ?? '' },
    ...{ username: user.userPrincipalName, news, until: until.toISOString() },
  }
  await queueNotices(
    trx,
    within(act, takeover),
    addresses.map(to => ({
      ...{ to, variables, template: 'takeover_staying' as const },
      language: user.preferredLanguage ?? tenant.preferredLanguage,
    })),
  )
}

/** Tells a company's technical contacts, who need not have an account, that a recovery waits. Such mails are never off. */
export async function mailTechnicalContacts(
  trx: Trx,
  act: Act,
  { id, domain, address }: Pick<Takeover, 'id' | 'domain' | 'address'>,
  until: Date,
): Promise<void> {
  const tenant = await getTenant(trx, trx.tenantId)
  const { contacts } = await trx
    .selectFrom('tenants')
    .select('technical_notification_mails as contacts')
    .where('tenant_id', '=', trx.tenantId)
    .executeTakeFirstOrThrow()
  const variables = { organization: tenant.displayName, domain, claimant: address, until: until.toISOString() }
  await queueNotices(
    trx,
    within(act, { id }),
    contacts.map(to => ({ to, language: tenant.preferredLanguage, template: 'recovery_begun' as const, variables })),
  )
}
