import { createHash, randomBytes } from 'node:crypto'
import type { Act } from '../server/src/act.ts'
import { addSecret, createApplication, giveOrganizationConsent } from '../server/src/applications/index.ts'
import type { Means } from '../server/src/crypto/index.ts'
import { findTenantId } from '../server/src/directory/index.ts'
import { type Db, inTenant } from '../server/src/store/index.ts'
import type { Answer, Browsers } from './browser.ts'
import { read } from './journeys.ts'
import type { Timer } from './load.ts'
import { DOMAIN, type Person } from './people.ts'

/** An application that the bench's people sign in to, and that acts by itself. */
export interface Application {
  tenantId: string
  id: string
  secret: string
}

/** The requests of a sign-in to an application, and the grants of its token endpoint. */
export type TokenStep =
  | 'authorize'
  | 'name'
  | 'password'
  | 'stay'
  | 'answer'
  | 'code'
  | 'refresh'
  | 'client credentials'

export interface Tokens {
  access_token: string
  id_token?: string
  refresh_token?: string
}

const CALLBACK = 'http://localhost:3999/callback'

/** Registers an application with a secret. The organization agrees to all that it asks for. */
export async function seedApplication(db: Db, means: Means): Promise<Application> {
  const tenantId = await findTenantId(db, DOMAIN)
  const act: Act = { ...means, actor: { kind: 'operator' }, trail: { correlationId: means.random.uuid(means.now) } }
  return inTenant(db, tenantId, async trx => {
    const given = { displayName: 'Expenses', addresses: { web: [CALLBACK] } }
    const { appId } = await createApplication(trx, act, tenantId, given)
    const { secretText } = await addSecret(trx, act, appId, { displayName: 'bench', days: 30 })
    const scopes = ['openid', 'profile', 'User.Read']
    await giveOrganizationConsent(trx, act, appId, { scopes, permissions: ['User.Read.All'] })
    return { tenantId, id: appId, secret: secretText }
  })
}

/** What acts of an application need. */
interface There {
  browsers: Browsers
  application: Application
}

/**
 * A sign-in to the application by code flow, in a browser that is new to the person, with every request that the default
 * policy leads to. Returns the tokens. Throws where any step is refused.
 */
export async function signInTo(
  there: There,
  timed: Timer<TokenStep>,
  { name: username, password }: Person,
): Promise<Tokens> {
  const { browsers, application } = there
  const browser = browsers.fresh()
  const verifier = randomBytes(32).toString('base64url')
  const asked = new URLSearchParams({
    client_id: application.id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid profile offline_access User.Read',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
  })
  const at = wayOn(await timed('authorize', () => browser.page(`/${application.tenantId}/v2.0/authorize?${asked}`)))
  const step = async (named: 'name' | 'password' | 'stay', body: unknown, expected: string) => {
    const { state, next } = read<{ state: string; next?: string }>(
      200,
      await timed(named, () => browser.post(`${at}/${named}`, body)),
    )
    if (state !== expected) throw new Error(`after ${named} a sign-in is in state ${state}`)
    return next
  }
  await step('name', { username }, 'password')
  await step('password', { password }, 'stay-signed-in')
  const next = await step('stay', { stay: false }, 'finished')
  const { pathname, search } = new URL(next!, 'http://localhost')
  const answer = new URL(wayOn(await timed('answer', () => browser.page(pathname + search))))
  const code = answer.searchParams.get('code')
  if (code === null) throw new Error(`the application was answered ${answer.search}`)
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier }
  return timed('code', () => askTokens(there, form))
}

/** Trades a refresh token for new tokens. Throws where it is refused. */
export const refresh = (there: There, timed: Timer<TokenStep>, refreshToken: string): Promise<Tokens> =>
  timed('refresh', () => askTokens(there, { grant_type: 'refresh_token', refresh_token: refreshToken }))

/** The application asks for a token of its own. Throws where it is refused. */
export const actAlone = (there: There, timed: Timer<TokenStep>, origin: string): Promise<Tokens> =>
  timed('client credentials', () =>
    askTokens(there, { grant_type: 'client_credentials', scope: `${origin}/v1.0/.default` }),
  )

async function askTokens({ browsers, application }: There, form: Record<string, string>): Promise<Tokens> {
  const { tenantId, id, secret } = application
  const sent = { ...form, client_id: id, client_secret: secret }
  return read<Tokens>(200, await browsers.fresh().form(`/${tenantId}/v2.0/token`, sent))
}

function wayOn({ status, location, body }: Answer): string {
  if (status !== 303 || location === undefined) throw new Error(`answered ${status} instead of 303: ${body}`)
  return location
}
