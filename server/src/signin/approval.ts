import type { Act } from '../act.ts'
import { rolesToConsent } from '../applications/index.ts'
import { record } from '../audit/index.ts'
import { supportCode } from '../crypto/index.ts'
import { findAccount, findHelpers, getTenant, hasHelpers } from '../directory/index.ts'
import { blockOf, type ContactCounter, spendContact } from '../limits/index.ts'
import { mailAdministrators } from '../notifications/index.ts'
import { helpdeskAddress } from '../policies/index.ts'
import { lockSession } from '../sessions/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { changeSignIn } from './queries.ts'
import type { Approval, SignIn } from './signIns.ts'

/** A sign-in of a person who may not agree to what the application asks for. */
export type Unapproved = SignIn & { state: 'refused'; approval: Approval }

export const isUnapproved = (signIn: SignIn): signIn is Unapproved =>
  signIn.state === 'refused' && signIn.approval !== undefined

/** Where a person finds somebody who can agree. `asked`: administrators were asked in this sign-in; `earlier`: today, in another one. */
export type ApprovalWay = { helpdesk: string } | 'open' | 'asked' | 'earlier' | 'nobody'

/** The counters of a request for approval. One person could else write for every application of the tenant at once. */
const countersOf = ({ tenantId, application }: Unapproved): ContactCounter[] => [
  { tenantId, kind: 'approval', name: application.appId, browser: 'other' },
  { tenantId, kind: 'tenantContacts', name: 'approval', browser: 'other' },
]

/** The way to approval: the help desk of the person's policy, or the administrators, whom one person asks a day. */
export const findApprovalWay = (db: Db, act: Act, signIn: Unapproved): Promise<ApprovalWay> =>
  inTenant(db, signIn.tenantId, trx => wayOf(trx, act, signIn))

async function wayOf(trx: Trx, act: Act, signIn: Unapproved): Promise<ApprovalWay> {
  const { tenantId, approval } = signIn
  const { policy } = await findAccount(trx, { id: approval.session.user.id })
  const helpdesk = helpdeskAddress(policy.settings.helpdesk)
  if (helpdesk !== undefined) return { helpdesk }
  if (approval.askedAt) return 'asked'
  for (const counter of countersOf(signIn)) if ((await askOne(trx, blockOf(act, counter))) > 0) return 'earlier'
  return (await askOne(trx, hasHelpers(tenantId, rolesToConsent(approval.scopes)))) ? 'open' : 'nobody'
}

/**
 * Mails the administrators who can agree, once a day for an application of a tenant, and twenty times an hour. Throws `nobody_to_ask`, and
 * `wrong_state` where the person's session has ended.
 */
export const askForApproval = (
  db: Db,
  act: Act,
  signIn: Unapproved,
): Promise<{ asked: 'now' | 'earlier-today' } | { helpdesk: string }> =>
  inTenant(db, signIn.tenantId, async trx => {
    const session = await lockSession(trx, act, signIn.approval.session)
    if (!session) throw refuse('wrong_state')
    const way = await wayOf(trx, act, signIn)
    if (way === 'nobody') throw refuse('nobody_to_ask')
    if (typeof way === 'object') return way
    // Of many requests at once the counters let one through.
    const asksNow = way === 'open' && (await spendContact(trx, act, countersOf(signIn)))
    const { application, approval, id } = signIn
    const { id: userId, userPrincipalName: username } = session.user
    await record(
      trx,
      { ...act, actor: { kind: 'user', id: userId, name: username } },
      {
        activity: 'consent.asked',
        result: asksNow ? 'success' : 'failure',
        ...(!asksNow && { reason: 'asked earlier today' }),
        target: { id: application.appId, name: application.displayName },
        details: { scopes: approval.scopes.map(({ name }) => name).join(' ') },
      },
    )
    if (!asksNow) return { asked: 'earlier-today' }
    await changeSignIn(trx, id, { approval_asked_at: act.now })
    await mailOfApproval(trx, act, signIn, username)
    return { asked: 'now' }
  })

async function mailOfApproval(trx: Trx, act: Act, signIn: Unapproved, username: string) {
  const { tenantId, id, application, approval } = signIn
  const tenant = await getTenant(trx, tenantId)
  const variables = {
    organization: tenant.displayName,
    username,
    application: application.displayName,
    ...(application.homePageUrl && { homePageUrl: application.homePageUrl }),
    scopes: approval.scopes.map(({ name, words }) => ({ name, words })),
    supportCode: supportCode(act, tenantId, id),
  }
  const administrators = await findHelpers(trx, tenantId, rolesToConsent(approval.scopes))
  await mailAdministrators(trx, act, { tenant, administrators }, { template: 'approval', variables })
}
