import { describeScope } from '../applications/index.ts'
import type { AssertionOptions } from '../passkeys/index.ts'
import type { Locale } from '../words/index.ts'
import type { OfferedAccount } from './accountPages.tsx'
import { refusalNumbers } from './errors.ts'
import type { SignIn } from './signIns.ts'

/** A sign-in as JSON (single sign-on, §2). `origin`: Latchkey's. */
export function signInView(
  origin: string,
  { t }: Locale,
  signIn: SignIn,
  more: {
    tenant: { displayName: string } | undefined
    accounts: OfferedAccount[]
    options: AssertionOptions | undefined
    supportCode: string
  },
) {
  const { tenant, accounts, options, supportCode } = more
  const { id, state, application, device, username, expiresAt } = signIn
  return {
    id,
    // A device goes on by itself, so that nothing follows here.
    state: device && state === 'over' ? 'finished' : state,
    application: application
      ? { id: application.appId, displayName: application.displayName, host: hostOf(signIn) }
      : null,
    ...(device && { device: { address: device.address, askedAt: device.askedAt.toISOString() } }),
    tenant: tenant ? { displayName: tenant.displayName } : null,
    ...(username !== undefined && { username }),
    ...(state === 'password' && { signInWith: ['password', 'pass'] }),
    ...(options && { options }),
    ...(signIn.state === 'second-step' && { methods: signIn.ways }),
    ...(state === 'choose-account' && { accounts }),
    ...(signIn.state === 'consent' && {
      consent: {
        scopes: signIn.scopes.map(scope => ({
          value: scope.name,
          ...describeScope(t, scope),
          needsAdministrator: scope.needsAdministrator,
        })),
        mayConsent: signIn.mayConsent,
        mayConsentForOrganization: signIn.mayConsentForOrganization,
      },
    }),
    refusal:
      signIn.state === 'refused'
        ? {
            code: signIn.refusal,
            title: t(`signin.refusal.${signIn.refusal}.title`, { application: signIn.application.displayName }),
            detail: t(`signin.refusal.${signIn.refusal}.detail`, { application: signIn.application.displayName }),
            number: refusalNumbers[signIn.refusal],
          }
        : null,
    reset: `/reset?signin=${id}`,
    next: wayOn(origin, signIn),
    supportCode,
    expiresAt: expiresAt.toISOString(),
  }
}

/** Where a sign-in leads that is ready: back to the provider, which answers the application, or to our own page. */
export function wayOn(origin: string, { state, device, tenantId, requestId, next }: SignIn): string | null {
  if (device || (state !== 'finished' && state !== 'refused')) return null
  return requestId === undefined ? (next ?? '/account') : `${origin}/${tenantId}/v2.0/authorize/${requestId}`
}

/** Where an expired sign-in begins anew: with the same request of the application, or the same name. */
export function againAt(origin: string, signIn: SignIn): string {
  const { tenantId, requestId, asked, offline, username, next } = signIn
  if (requestId === undefined)
    return `/signin?${new URLSearchParams({ ...(username && { username }), ...(next && { next }) })}`
  const scope = offline ? `${asked.scope} offline_access` : (asked.scope ?? '')
  return `${origin}/${tenantId}/v2.0/authorize?${new URLSearchParams({ ...asked, scope, ...(username && { login_hint: username }) })}`
}

/** The host that an application is answered at; null where that is a program on the person's device. */
export function hostOf({ application, device, asked }: SignIn): string | null {
  const address = device ? undefined : (asked.redirect_uri ?? application?.redirectUris[0])
  return address === undefined ? null : new URL(address).host || null
}
