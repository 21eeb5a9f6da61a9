import type { Act } from '../act.ts'
import { createUser, type NewUser, type User } from '../directory/index.ts'
import { newSession } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post } from './contract.ts'
import { type Forged, type ForgedPasskey, forgedPasskey } from './forgedPasskey.ts'
import { newTrail } from './people.ts'
import type { TestBrowser, TestServer } from './server.ts'

let made = 0

/** A person of a tenant with nothing on record, and a browser in which they have just signed in and may change anything. */
export async function newOwner(
  server: TestServer,
  tenant: { id: string; domain: string },
  more: Partial<NewUser> = {},
): Promise<{ user: User; browser: TestBrowser }> {
  const user = await inTenant(server.store, tenant.id, trx =>
    createUser(trx, actOf(server), tenant.id, {
      displayName: 'Some Person',
      userPrincipalName: `owner-${++made}@${tenant.domain}`,
      ...more,
    }),
  )
  return { user, browser: await newBrowser(server, user) }
}

/** Another browser in which the person has just signed in. */
export async function newBrowser(server: TestServer, user: User): Promise<TestBrowser> {
  const act = actOf(server)
  const proofs = [{ kind: 'passkey', channel: null, at: act.now, isStep: true, remember: false }] as const
  const session = { requires: null, language: 'en', signedInBy: 'passkey', proofs, isProved: true } as const
  const browser = server.browser()
  browser.cookies.set(
    server.services.origin.startsWith('https:') ? '__Host-latchkey_session' : 'latchkey_session',
    await inTenant(server.store, user.tenantId, trx => newSession(trx, act, user, session)),
  )
  return browser
}

const actOf = ({ services }: TestServer): Act => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'system' },
  trail: newTrail(),
})

/** Begins to register a passkey. Returns the challenge with its options. */
export const beginPasskey = async (browser: TestBrowser) =>
  granted(await post(browser, '/security-info/challenges', { kind: 'passkey' }), 201)

/** Hands in what an authenticator made for this challenge. */
export const finishPasskey = (browser: TestBrowser, challenge: string, credential: unknown) =>
  post(browser, '/security-info/methods', { challenge, credential })

/** Registers a passkey whose key the test holds. Returns it with its owner's handle and the method. */
export async function registerForged(
  browser: TestBrowser,
  {
    passkey = forgedPasskey(),
    origin = browser.origin,
    ...forged
  }: Forged & { passkey?: ForgedPasskey; origin?: string } = {},
) {
  const { id, options } = await beginPasskey(browser)
  const method = granted(await finishPasskey(browser, id, passkey.create(origin, options, forged)), 201)
  return { passkey, method, userHandle: options.user.id as string }
}

/** The options of a sign-in in this browser. */
export const signInOptions = async (browser: TestBrowser) => granted(await get(browser, '/signin/passkey')).options
