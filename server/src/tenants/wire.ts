import { findGlobalAdministrator } from '../directory/index.ts'
import type { Visit } from '../http/index.ts'
import { findSession } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { countPeople, readNames, type Uses } from './links.ts'
import type { LinkRequest } from './requests.ts'

/** What hangs on the link of a tenant. */
export const usesView = ({ tenant, users, domains, linkedAt }: Uses) => ({
  ...tenant,
  linkedAt: linkedAt.toISOString(),
  counts: { users, domains: domains.length },
  domains,
})

/**
 * A link as the browser that began it reads it. `confirm`: its session is of an administrator of another tenant, who
 * can. `other`: that tenant, of which only its own administrator is told.
 */
export async function linkView(visit: Visit, request: LinkRequest) {
  const { id, tenantId, expiresAt } = request
  const other = await findOther(visit, request)
  const state = request.state === 'open' ? (other ? 'confirm' : 'sign-in') : request.state
  const { t } = visit.locale
  const path = `/tenants/links/${id}`
  const acts = {
    'sign-in': [{ act: 'sign-in', method: 'GET', href: SIGN_IN, title: t('tenants.link.signInGo') }],
    confirm: [{ act: 'confirm', method: 'POST', href: `${path}/confirmation`, title: t('tenants.link.submit') }],
    finished: [{ act: 'tenants', method: 'GET', href: '/tenants', title: t('tenants.link.cancel') }],
    expired: [{ act: 'tenants', method: 'GET', href: '/tenants', title: t('tenants.link.cancel') }],
  }
  return {
    ...{ id, state, expiresAt: expiresAt.toISOString() },
    organization: await readNames(visit.db, tenantId),
    ...(state === 'confirm' && { other }),
    acts: acts[state],
  }
}

export type LinkView = Awaited<ReturnType<typeof linkView>>

/** The sign-in of the other tenant's administrator, beside the session that began the link. */
const SIGN_IN = '/signin?other&next=%2Ftenants%2Flinks'

/** The tenant whose administrator has signed in in this browser since. */
async function findOther({ db, act, cookies }: Visit, { tenantId }: LinkRequest) {
  const session = await findSession(db, act, cookies.get('session'))
  if (!session || session.requires || session.tenantId === tenantId) return undefined
  const users = await inTenant(db, session.tenantId, async trx =>
    (await findGlobalAdministrator(trx, session.user.id)) ? countPeople(trx) : undefined,
  )
  return users === undefined ? undefined : { ...(await readNames(db, session.tenantId)), users }
}
