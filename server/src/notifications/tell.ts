import type { Trail } from '../act.ts'
import { readBrowser } from '../audit/index.ts'
import type { Means } from '../crypto/index.ts'
import { getTenant, type User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { type Notice, queueNotices } from './outbox.ts'
import type { NoticeTemplate, NoticeVariables } from './templates/accountNotice.ts'

/** A reader of a notice, and its template. */
export interface Reader {
  to: string
  preferredLanguage: string | null
  template: NoticeTemplate
}

/** Tells readers of an act on an account. `about`: further variables of the notice. */
export async function tellOfAccount(
  trx: Trx,
  means: Means,
  user: User,
  trail: Trail,
  readers: readonly Reader[],
  about: About = {},
): Promise<void> {
  await queueNotices(trx, means, user.tenantId, trail, await accountNotices(trx, means, user, trail, readers, about))
}

/** The notices of an act on an account, each in the reader's own language or the tenant's, to be queued with the act. */
export async function accountNotices(
  trx: Trx,
  means: Means,
  user: User,
  trail: Trail,
  told: readonly Reader[] | Promise<readonly Reader[]>,
  about: About = {},
): Promise<Notice[]> {
  const [tenant, readers] = await Promise.all([getTenant(trx, user.tenantId), told])
  const browser = readBrowser(trail.userAgent)
  const variables = {
    organization: tenant.displayName,
    username: user.userPrincipalName,
    at: means.now.toISOString(),
    address: trail.address ?? '',
    ...(browser && { browser: browser.name, ...(browser.system && { system: browser.system }) }),
    ...about,
  }
  return readers.map(({ to, preferredLanguage, template }) => ({
    to,
    language: preferredLanguage ?? tenant.preferredLanguage,
    template,
    variables,
  }))
}

type About = Partial<Pick<NoticeVariables, 'kind' | 'reported' | 'reportedAt' | 'reportedFrom' | 'blocked'>>
