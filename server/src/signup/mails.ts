import type { Act } from '../act.ts'
import { readBrowser } from '../audit/index.ts'
import { getTenant, type User } from '../directory/index.ts'
import { queueNotices } from '../notifications/index.ts'
import type { Trx } from '../store/index.ts'

/** A technical contact who may be mailed, and the token of the link that stops such mails: nobody asked them. */
export interface AdmittedContact {
  to: string
  stop: string
}

/** Tells the first administrator, and the technical contact where it is somebody else, that the tenant was made. */
export async function tellOfTenant(
  trx: Trx,
  act: Act,
  {
    user,
    address,
    contact,
    domain,
  }: { user: User; address: string; contact: AdmittedContact | undefined; domain: string },
): Promise<void> {
  const tenant = await getTenant(trx, trx.tenantId)
  const browser = readBrowser(act.trail.userAgent)
  const variables = {
    organization: tenant.displayName,
    domain,
    username: user.userPrincipalName,
    at: act.now.toISOString(),
    address: act.trail.address ?? '',
    ...(browser && { browser: browser.name, ...(browser.system && { system: browser.system }) }),
  }
  await queueNotices(
    trx,
    act,
    [{ to: address }, ...(contact ? [{ to: contact.to, secret: ` ${contact.stop}` }] : [])].map(reader => ({
      ...reader,
      language: tenant.preferredLanguage,
      template: 'tenant_made' as const,
      variables,
    })),
  )
}

/** Tells the other Global Administrators that an invited one has joined. `told`: where they hear of it. */
export async function tellOfAdministrator(
  trx: Trx,
  act: Act,
  {
    user,
    invitedBy,
    told,
  }: {
    user: User
    invitedBy: Pick<User, 'userPrincipalName'>
    told: readonly { to: string; preferredLanguage: string | null }[]
  },
): Promise<void> {
  const tenant = await getTenant(trx, trx.tenantId)
  const variables = {
    organization: tenant.displayName,
    kind: 'user' as const,
    name: user.userPrincipalName,
    role: 'Global Administrator' as const,
    actor: invitedBy.userPrincipalName,
  }
  await queueNotices(
    trx,
    act,
    told.map(({ to, preferredLanguage }) => ({
      to,
      language: preferredLanguage ?? tenant.preferredLanguage,
      template: 'new_administrator' as const,
      variables,
    })),
  )
}
