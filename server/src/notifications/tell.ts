import type { Trail } from '../act.ts'
import { readBrowser } from '../audit/index.ts'
import type { Means } from '../crypto/index.ts'
import { getTenant, type User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { queueNotices } from './outbox.ts'
import type { NoticeTemplate, NoticeVariables } from './templates/accountNotice.ts'

/** A reader of a notice, and its template. */
export interface Reader {
  to: string
  preferredLanguage: string | null
  template: NoticeTemplate
}

/** Tells readers of an act on an account, each in their own language or the tenant's. `about`: further variables of the notice. */
export async function tellOfAccount(
  trx: Trx,
  means: Means,
  user: User,
  trail: Trail,
  told: readonly Reader[] | Promise<readonly Reader[]>,
  about: About = {},
): Promise<void> {
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
  const notices = readers.map(({ to, preferredLanguage, template }) => ({
    to,
    language: preferredLanguage ?? tenant.preferredLanguage,
    template,
    variables,
  }))
  await queueNotices(trx, means, user.tenantId, trail, notices)
}

type About = Partial<Pick<NoticeVariables, 'kind' | 'reported' | 'reportedAt' | 'reportedFrom' | 'blocked'>>
