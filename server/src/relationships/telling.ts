import type { Act } from '../act.ts'
import { findOtherAdministrators, getTenant } from '../directory/index.ts'
import { mailAdministrators, type RelationshipVariables } from '../notifications/index.ts'
import { findAgents } from '../partners/index.ts'
import type { Trx } from '../store/index.ts'

/** What both sides are told of a relationship. `other`: the other side's name. */
export type News = Pick<RelationshipVariables, 'news' | 'relationship' | 'other'> &
  Partial<Pick<RelationshipVariables, 'who' | 'until'>>

/** Mails the Admin agents of the partner that is entered. Such mails are never off. */
export const tellPartner = async (trx: Trx, act: Act, news: News): Promise<void> =>
  tell(trx, act, news, await findAgents(trx))

/** Mails the Global Administrators of the customer that is entered. Such mails are never off. */
export const tellCustomer = async (trx: Trx, act: Act, news: News): Promise<void> =>
  tell(trx, act, news, await findOtherAdministrators(trx, trx.tenantId))

async function tell(
  trx: Trx,
  act: Act,
  news: News,
  administrators: Awaited<ReturnType<typeof findOtherAdministrators>>,
): Promise<void> {
  const tenant = await getTenant(trx, trx.tenantId)
  const { who = '', until = '', ...rest } = news
  const variables = { organization: tenant.displayName, who, until, at: act.now.toISOString(), ...rest }
  await mailAdministrators(trx, act, { tenant, administrators }, { template: 'relationship', variables })
}
