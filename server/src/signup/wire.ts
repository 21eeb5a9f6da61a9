import { getTenant } from '../directory/index.ts'
import type { Visit } from '../http/index.ts'
import { mailboxChallengeView } from '../mailboxes/wire.ts'
import { inTenant } from '../store/index.ts'
import type { Invitation } from './invitations.ts'
import type { Signup } from './signup.ts'

/** Where a sign-up begins, as a step of this onboarding. */
export const signupAddress = (onboardingId: string | undefined) =>
  onboardingId === undefined ? '/signup' : `/signup?start=${onboardingId}`

/** What one can do next, as the page's buttons and a program's links. */
export function actsOf({ locale: { t } }: Visit, signup: Signup) {
  const path = `/signup/${signup.id}`
  const named = `?username=${encodeURIComponent(signup.address)}`
  switch (signup.state) {
    case 'prove-address':
      return [
        { act: 'prove', method: 'POST', href: `${path}/proofs`, title: t('signup.code.verify') },
        { act: 'send', method: 'POST', href: `${path}/challenges`, title: t('signup.code.again') },
      ]
    case 'exists':
      return [
        {
          act: 'sign-in',
          method: 'GET',
          href: signup.you ? `/signin${named}` : '/signin',
          title: t('workAccounts.signIn'),
        },
        ...(signup.you && signup.account !== 'directory'
          ? [{ act: 'reset', method: 'GET', href: `/reset${named}`, title: t('workAccounts.reset') }]
          : []),
        ...(signup.account === 'unmanaged'
          ? [
              {
                act: 'take-over',
                method: 'GET',
                href: `/takeovers?domain=${signup.domain}`,
                title: t('workAccounts.takeOver'),
              },
            ]
          : []),
        ...(signup.for === 'company'
          ? [{ act: 'anyway', method: 'POST', href: `${path}/anyway`, title: t('signup.exists.anyway') }]
          : []),
      ]
    case 'person':
      return [{ act: 'person', method: 'POST', href: `${path}/person`, title: t('signup.person.go') }]
    case 'refused':
      return [
        { act: 'help', method: 'GET', href: '/help/sign-in', title: t('assistant.more') },
        { act: 'sign-in', method: 'GET', href: '/signin', title: t('workAccounts.signIn') },
      ]
    case 'organization':
      return [{ act: 'organization', method: 'POST', href: `${path}/organization`, title: t('signup.organization.go') }]
    case 'administrator':
      return [
        { act: 'administrator', method: 'POST', href: `${path}/administrator`, title: t('signup.administrator.go') },
        { act: 'organization', method: 'POST', href: `${path}/organization`, title: t('signup.organization.change') },
      ]
    case 'keep-codes':
      return [{ act: 'codes', method: 'POST', href: `${path}/codes`, title: t('signup.codes.kept') }]
    case 'finished':
      return [
        ...(signup.onboardingId === undefined
          ? []
          : [{ act: 'start', method: 'GET', href: `/start/${signup.onboardingId}`, title: t('signup.finished.goOn') }]),
        { act: 'account', method: 'GET', href: '/account', title: t('signup.finished.go') },
      ]
    case 'expired':
      return [
        { act: 'create', method: 'GET', href: signupAddress(signup.onboardingId), title: t('signup.expired.again') },
      ]
  }
}

/** The journey as clients get it. */
export function signupView(visit: Visit, signup: Signup) {
  const { id, state, expiresAt, organization } = signup
  return {
    id,
    state,
    expiresAt: expiresAt.toISOString(),
    ...(state === 'prove-address' && { challenge: signup.challenge ? mailboxChallengeView(signup.challenge) : null }),
    ...(state === 'exists' && { exists: { account: signup.account, you: signup.you } }),
    ...(state === 'person' && { person: { userPrincipalName: signup.userPrincipalName } }),
    ...(state === 'refused' && { refusal: signup.refusal }),
    ...((state === 'organization' || state === 'administrator') && {
      organization: organization
        ? {
            displayName: organization.displayName,
            country: organization.country,
            label: organization.label,
            initialDomain: `${organization.label}.${visit.services.tenantSuffix}`,
            technicalContact: organization.technicalContact ?? signup.address,
          }
        : null,
    }),
    ...(state === 'keep-codes' && { emergency: signup.emergency }),
    ...(state === 'finished' && { next: '/account' }),
    acts: actsOf(visit, signup),
  }
}

/** An invitation as its reader's client gets it. */
export async function invitationView({ db, locale: { t } }: Visit, { tenantId, id, invitedBy, expiresAt }: Invitation) {
  const { displayName } = await inTenant(db, tenantId, trx => getTenant(trx, tenantId))
  return {
    id,
    state: 'administrator',
    expiresAt: expiresAt.toISOString(),
    organization: displayName,
    invitedBy: invitedBy.displayName,
    acts: [{ act: 'join', method: 'POST', href: `/join/${id}`, title: t('signup.join.go') }],
  }
}
