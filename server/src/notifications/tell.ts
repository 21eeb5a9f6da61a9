import type { Act } from '../act.ts'
import { readBrowser } from '../audit/index.ts'
import { getTenant, type Helper, type Tenant, type User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { type Notice, queueNotices } from './outbox.ts'
import type { NoticeTemplate, NoticeVariables } from './templates/accountNotice.ts'
import type { Mail } from './templates/catalogue.ts'

/** A reader of a notice, and its template. */
export interface Reader {
  to: string
  preferredLanguage: string | null
  template: NoticeTemplate
}

/** Who is told. `about`: further variables of the notice. */
interface Told {
  readers: readonly Reader[] | Promise<readonly Reader[]>
  about?: About
}

/** Mails some of a tenant's administrators, each in their own language or the tenant's. */
export async function mailAdministrators(
  trx: Trx,
  act: Act,
  { tenant, administrators }: { tenant: Tenant; administrators: readonly Helper[] },
  mail: Mail,
): Promise<void> {
  const notices = administrators.map(({ mail: to, preferredLanguage }) => ({
    to,
    language: preferredLanguage ?? tenant.preferredLanguage,
    ...mail,
  }))
  await queueNotices(trx, act, notices)
}

/** Tells readers of an act on an account. */
export async function tellOfAccount(trx: Trx, act: Act, user: User, told: Told): Promise<void> {
  await queueNotices(trx, act, await accountNotices(trx, act, user, told))
}

/** The notices of an act on an account, each in the reader's own language or the tenant's, to be queued with the act. */
export async function accountNotices(trx: Trx, act: Act, user: User, { readers, about }: Told): Promise<Notice[]> {
  const { now, trail } = act
  const [tenant, told] = await Promise.all([getTenant(trx, user.tenantId), readers])
  const browser = readBrowser(trail.userAgent)
  const variables = {
    organization: tenant.displayName,
    username: user.userPrincipalName,
    at: now.toISOString(),
    address: trail.address ?? '',
    ...(act.actor.kind === 'partner' && { partner: { who: act.actor.displayName, firm: act.actor.home.name } }),
    ...(browser && { browser: browser.name, ...(browser.system && { system: browser.system }) }),
    ...about,
  }
  return told.map(({ to, preferredLanguage, template }) => ({
    to,
    language: preferredLanguage ?? tenant.preferredLanguage,
    template,
    variables,
  }))
}

type About = Partial<
  Pick<
    NoticeVariables,
    'kind' | 'renamedTo' | 'codesLeft' | 'reported' | 'reportedAt' | 'reportedFrom' | 'blocked' | 'passkeys'
  >
>
