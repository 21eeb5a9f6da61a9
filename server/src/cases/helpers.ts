import type { Act } from '../act.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { findHelpers, getTenant } from '../directory/index.ts'
import { spendContact } from '../limits/index.ts'
import { mailAdministrators } from '../notifications/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { type Case, readNumber } from './case.ts'
import { tellProvider } from './provider.ts'
import { type Found, findCase, findCaseById } from './queries.ts'

/** Cases that one list shows. */
const LISTED = 100

/** The cases of a company that its helpers see: those that are open first, the newest first. */
export async function listCases(trx: Trx, means: Means): Promise<Case[]> {
  const rows = await trx
    .selectFrom('cases')
    .select('number')
    .where('tenant_id', '=', trx.tenantId)
    .where('opened_at', 'is not', null)
    .orderBy('closed_at', order => order.desc().nullsFirst())
    .orderBy('opened_at', 'desc')
    .limit(LISTED)
    .execute()
  const found = []
  for (const { number } of rows) found.push(await findCase(trx, means, number))
  return found.flatMap(one => (one ? [{ ...one.case, challenge: undefined }] : []))
}

/** The case of this number, or of this id, in a helper's company, once it is open. */
export const findOpened = (db: Db, means: Means, tenantId: string, named: string): Promise<Case | undefined> =>
  inTenant(db, tenantId, async trx => {
    const found = await (isUuid(named) ? findCaseById(trx, means, named) : findCase(trx, means, named.toUpperCase()))
    return found?.row.opened_at ? { ...found.case, challenge: undefined } : undefined
  })

/** Whose case of this company it is, by a number as somebody says it: the address that it proved, or the person whom a helper named. */
export async function findAsker(
  trx: Trx,
  means: Means,
  typed: string,
): Promise<Pick<Case, 'number' | 'address' | 'addressProved' | 'userId'> | undefined> {
  const number = readNumber(typed)
  const found = number === undefined ? undefined : await findCase(trx, means, number)
  return found?.row.opened_at ? found.case : undefined
}

/** Tells those who are asked now of a case: helpers, or the provider. The operator looks by himself. */
export const tellOfCase = (db: Db, act: Act, { tenantId, caseId, news }: GraphileWorker.Tasks['tell-of-case']) =>
  inTenant(db, tenantId, async trx => {
    const found = await findCaseById(trx, act, caseId, true)
    if (found?.case.state === 'administrators') await tellHelpers(trx, act, found, news)
    if (found?.case.state === 'provider') await tellProvider(trx, act, found, news)
  })

/**
 * Mails those who are asked for help in the company of a case, twenty times an hour at most: strangers could fill their
 * mailboxes. Of nobody's domain nobody is mailed.
 */
async function tellHelpers(
  trx: Trx,
  act: Act,
  { case: { id, tenantId, number, kind, inDomain, addressProved } }: Found,
  news: 'opened' | 'replied',
): Promise<void> {
  const administrators = await findHelpers(trx, tenantId)
  if (administrators.length === 0) return
  if (!(await spendContact(trx, act, [{ tenantId, kind: 'tenantContacts', name: 'case', browser: 'other' }]))) return
  const tenant = await getTenant(trx, tenantId)
  const variables = { organization: tenant.displayName, number, kind, news, inDomain, addressProved }
  await mailAdministrators(
    trx,
    { ...act, trail: { ...act.trail, correlationId: id } },
    { tenant, administrators },
    { template: 'case_help', variables },
  )
}
