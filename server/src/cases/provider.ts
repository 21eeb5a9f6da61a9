import type { Act } from '../act.ts'
import type { Means } from '../crypto/index.ts'
import { findProviderContact, getTenant, NOBODYS_TENANT } from '../directory/index.ts'
import { spendContact } from '../limits/index.ts'
import { queueNotices } from '../notifications/index.ts'
import type { Row, Trx } from '../store/index.ts'
import { issueCaseLink } from './links.ts'
import { askersOf, changeCase, type Found } from './queries.ts'

/** Whom the company of a case has named as its provider; undefined where it named nobody, or nobody has the domain. */
export const findProvider = async (trx: Trx): Promise<string | undefined> =>
  trx.tenantId === NOBODYS_TENANT ? undefined : findProviderContact(trx)

/** Whether this browser has opened the link of the provider whom the company names now: another one reads nothing. */
export async function isProviders(
  trx: Trx,
  means: Pick<Means, 'keys'>,
  { provider, provider_hashes }: Row<'cases'>,
  browserToken: string | undefined,
): Promise<boolean> {
  if (!provider || browserToken === undefined) return false
  if (!provider_hashes.some(hash => means.keys.matches(hash, 'browser', browserToken))) return false
  const contact = await findProvider(trx)
  return contact !== undefined && askersOf(means, contact).some(hash => hash.equals(provider))
}

/** Mails the provider of a company a link to a case, counted with what its helpers are mailed. */
export async function tellProvider(
  trx: Trx,
  act: Act,
  { row, case: { id, tenantId, number, kind, inDomain, addressProved } }: Found,
  news: 'opened' | 'replied',
): Promise<void> {
  const contact = await findProvider(trx)
  if (contact === undefined) return
  if (!(await spendContact(trx, act, [{ tenantId, kind: 'tenantContacts', name: 'case', browser: 'other' }]))) return
  const hashes = askersOf(act, contact)
  const isSame = hashes.some(hash => row.provider !== null && hash.equals(row.provider))
  await changeCase(trx, id, { provider: hashes[0]!, ...(!isSame && { provider_hashes: [] }) })
  const secret = await issueCaseLink(trx, act, id, 'provider')
  const { displayName: organization, preferredLanguage: language } = await getTenant(trx, tenantId)
  const variables = { organization, number, kind, news, inDomain, addressProved }
  await queueNotices(trx, { ...act, trail: { ...act.trail, correlationId: id } }, [
    { to: contact, language, secret, template: 'case_provider', variables },
  ])
}
