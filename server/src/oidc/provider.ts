import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { DAY, MINUTE, SECOND, secondsOf } from '../clock.ts'
import { DEVICE_CODE_LASTS } from '../deviceCodes/index.ts'
import { readAskedStrength } from '../sessions/index.ts'
import type { Device } from './deviceCodes.ts'
import type { Exchange } from './exchange.ts'
import type { SigningKey } from './keys.ts'
import type { Place } from './places.ts'
import { refreshLasts, storageOf } from './storage.ts'
import { CLAIMS } from './tokens.ts'

/** The issuer of a tenant's tokens (single sign-on, §1). */
export const issuerOf = (origin: string, tenantId: string) => `${origin}/${tenantId}/v2.0`

/** The names under which a request hands the library what we know. No browser ever has such a cookie. */
export const SESSION = 'session'
export const REQUEST = 'request'

/** The questions of the library that Latchkey's rules answer. */
export interface Rules {
  configuration: Pick<Configuration, 'findAccount' | 'loadExistingGrant' | 'renderError' | 'clientBasedCORS'>
  /** How tokens for an API are made: which, and what they hold. */
  resource: Pick<
    NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>,
    'defaultResource' | 'getResourceServerInfo'
  >
  accessToken: NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>
  /** Keeps the grant of a device that has claimed its tokens. */
  grantDevice(device: Device): Promise<void>
  mayRedirect(clientId: string, address: string): boolean
  /** Throws where the secret has expired. */
  isSecret(clientId: string, secret: string): boolean
  /** Finishes an answer of the library, or of its `failure`, before it is sent. `ctx.state.posted`: one that goes by form. */
  finish(ctx: KoaContextWithOIDC, failure: Error | undefined): Promise<void>
}

/** Serves one request by the library. */
export type Serve = (
  exchange: Exchange,
  place: Pick<Place, 'mount' | 'path'>,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>

/**
 * Providers that are kept, at 56 KB each. Making one takes the processor 0.8 ms, about as long as a signature: an address
 * that goes round more tenants, ten times a second, keeps it busy for a hundredth of the time.
 */
const KEPT = 100

/** Makes the providers of the tenants, by their keys. What one reads of a request is found through the request alone. */
export function createProviders(rulesOf: (now: () => Exchange) => Rules) {
  const serving = new AsyncLocalStorage<Exchange>()
  const now = () => serving.getStore()!
  const rules = rulesOf(now)
  const providers = new Map<string, Serve>()
  return (origin: string, tenantId: string, keys: readonly SigningKey[]): Serve => {
    const { protocol, host } = new URL(origin)
    const name = [tenantId, ...keys.map(({ id }) => id)].join(' ')
    let serve = providers.get(name)
    providers.delete(name)
    if (!serve) {
      const answer = createProvider(issuerOf(origin, tenantId), keys, rules, now).callback()
      serve = (exchange, { mount, path }, request, response) => {
        const raw = request as IncomingMessage & { originalUrl: string }
        raw.originalUrl = `/${mount}/v2.0${path}`
        raw.url = path
        // Its links follow the configured origin, and no header of a request about its host.
        request.headers.host = host
        request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
        delete request.headers['x-forwarded-host']
        return serving.run(exchange, () => answer(request, response)) as Promise<void>
      }
    }
    providers.set(name, serve)
    const [oldest] = providers.keys()
    if (providers.size > KEPT && oldest !== undefined) providers.delete(oldest)
    return serve
  }
}

function createProvider(issuer: string, keys: readonly SigningKey[], rules: Rules, exchange: () => Exchange): Provider {
  const provider = new PostingProvider(issuer, {
    ...rules.configuration,
    adapter: storageOf(exchange, rules.grantDevice),
    jwks: { keys: keys.map(({ privateKey }) => privateKey()) as never },
    routes: {
      authorization: '/authorize',
      token: '/token',
      userinfo: '/userinfo',
      introspection: '/introspect',
      revocation: '/revoke',
      pushed_authorization_request: '/par',
      device_authorization: '/devicecode',
      code_verification: CODE_PAGES,
      jwks: '/keys',
    },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    acrValues: ['pwd', 'mfa'],
    claims: { ...CLAIMS, ...{ acr: null, amr: null, auth_time: null, sid: null } },
    // Applications read the name from the id token.
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256'],
      idTokenSigningAlgValues: ['RS256'],
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    // A confidential application is safe from a stolen code by its nonce too (RFC 9700, §2.1.1).
    pkce: { required: (ctx, client) => client.clientAuthMethod === 'none' || !ctx.oidc.params?.nonce },
    assertJwtClientAuthClaimsAndHeader: async (_ctx, { exp, aud }) => {
      // By our clock: one that begins in the future could be used again once its use is forgotten.
      if (typeof aud !== 'string' || Number(exp) - Date.now() / SECOND > (10 * MINUTE) / SECOND)
        throw new errors.InvalidClientAuth('assertion lasts too long, or has several audiences')
    },
    discovery: { ui_locales_supported: ['en', 'fr', 'ja'] },
    cookies: { names: { session: SESSION, interaction: 'interaction', resume: REQUEST } },
    ttl: {
      AccessToken: (10 * MINUTE) / SECOND,
      ClientCredentials: (10 * MINUTE) / SECOND,
      DeviceCode: DEVICE_CODE_LASTS / SECOND,
      AuthorizationCode: MINUTE / SECOND,
      IdToken: (60 * MINUTE) / SECOND,
      RefreshToken: (_ctx, token, { clientAuthMethod, applicationType }) =>
        Math.max(1, refreshLasts(token, exchange().policy, clientAuthMethod === 'none' && applicationType === 'web')),
      // Without refresh tokens a grant serves its code and one access token.
      Grant: () => (exchange().offline ? exchange().policy.refreshMaxDays * DAY : 15 * MINUTE) / SECOND,
      Interaction: (60 * MINUTE) / SECOND,
      Session: DAY / SECOND,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****' },
      claimsParameter: { enabled: true },
      introspection: {
        enabled: true,
        // Only for applications that the token concerns: others would learn who uses what (RFC 7662, §4).
        allowedPolicy: async (_ctx, client, token) =>
          token.clientId === client.clientId || ('aud' in token && token.aud === client.clientId),
      },
      revocation: {
        enabled: true,
        async allowedPolicy(_ctx, client, token) {
          if (token.clientId !== client.clientId) throw new errors.InvalidRequest('token of another application')
          return true
        },
      },
      resourceIndicators: { enabled: true, ...rules.resource, useGrantedResource: async () => true },
    },
    formats: { customizers: { jwt: rules.accessToken } },
    interactions: { policy: steps(exchange), url: () => exchange().signInPage() },
    // Each use makes a new one, so that theft shows when two use it.
    rotateRefreshToken: true,
    // What was granted outlives the browser's session; only the person, or their epoch, ends it.
    expiresWithSession: async () => false,
  })
  provider.proxy = true
  provider.Client.prototype.redirectUriAllowed = function (this: { clientId: string }, address: string) {
    return rules.mayRedirect(this.clientId, address)
  }
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: { clientId: string }, secret: string) {
      return rules.isSecret(this.clientId, secret)
    },
    // Applications find their own sessions by it, wherever they are told of an end.
    includeSid: () => true,
  })
  // One for all applications, and kept by nobody else: the library would make another at each request.
  Object.assign(provider.Session.prototype, {
    sidFor(this: { uid: string }) {
      return this.uid
    },
  })
  const failed = (ctx: KoaContextWithOIDC, failure: Error) => {
    ctx.state.failure = failure
  }
  for (const event of FAILURES) provider.on(event as 'grant.error', failed)
  provider.use(async (ctx, next) => {
    // People type codes at a page of ours.
    if (ctx.path.startsWith(CODE_PAGES)) ctx.path = '/'
    await next()
    // Ours are the only cookies.
    ctx.remove('set-cookie')
    await rules.finish(ctx as KoaContextWithOIDC, ctx.state.failure as Error | undefined)
  })
  return provider
}

/** The library, whose own page that posts an answer has an inline script and English words. */
class PostingProvider extends Provider {
  override registerResponseMode(...[name, handler]: Parameters<Provider['registerResponseMode']>) {
    super.registerResponseMode(name, name === 'form_post' ? keepAnswer : handler)
  }
}

function keepAnswer(ctx: KoaContextWithOIDC, address: string, fields: object) {
  ctx.status = 200
  ctx.state.posted = { application: ctx.oidc.client?.clientName ?? '', address, fields: { ...fields } }
}

/** The library's own pages for the codes of devices, which nobody reaches. */
const CODE_PAGES = '/codes'

const FAILURES = [
  'authorization.error',
  'device_authorization.error',
  'discovery.error',
  'end_session_confirm.error',
  'grant.error',
  'introspection.error',
  'jwks.error',
  'pushed_authorization_request.error',
  'revocation.error',
  'server_error',
  'userinfo.error',
]

/** What a person may have to do before an answer. A check says of `prompt=none` which step is missing. */
function steps(exchange: () => Exchange) {
  const { base, Check, Prompt } = interactionPolicy
  const policy = base()
  const { checks } = policy.get('login')!
  for (const replaced of ['max_age', 'essential_acrs', 'essential_acr']) checks.remove(replaced)
  for (const requirement of ['second-step', 'change-password', 'register', 'confirm'] as const)
    checks.add(
      new Check(requirement, `due: ${requirement}`, 'interaction_required', () => exchange().requires === requirement),
      0,
    )
  checks.add(
    new Check('max_age', 'the proof is too old', 'interaction_required', ({ oidc: { params, session, result } }) => {
      const age = params?.max_age as number | undefined
      // The library would read the system's clock, which is another one than the session's.
      const proved = session?.accountId === undefined ? undefined : session.loginTs
      return age !== undefined && proved !== undefined && !result?.login && secondsOf(exchange().act.now) - proved > age
    }),
  )
  checks.add(
    // The library asks for essential ones alone, and of somebody who is signed in refuses them.
    new Check('second_step', 'due: second-step', 'interaction_required', ({ oidc }) => {
      const asked = readAskedStrength(oidc.params as Record<string, string | undefined>)
      if (asked.isUnknown) throw new errors.UnmetAuthenticationRequirements()
      return asked.step && oidc.session?.accountId !== undefined && !oidc.result?.login && oidc.acr !== 'mfa'
    }),
  )
  // After the login, whose reasons would go unread: a password that has to be typed anew would not be asked for.
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 1)
  return policy
}
