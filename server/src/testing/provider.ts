import assert from 'node:assert/strict'
import * as client from 'openid-client'
import type { Act } from '../act.ts'
import { addSecret, createApplication } from '../applications/index.ts'
import { findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import type { TestBrowser, TestServer } from './server.ts'
import { signIn } from './signIns.ts'

/** Where the applications of tests are answered. Nothing listens there. */
export const CALLBACK = 'http://localhost:3999/callback'

/** An application of a test. `secret` is empty where it can keep none. */
export interface TestApplication {
  appId: string
  principalId: string
  secret: string
}

/** An authorization request, and what its application keeps for the answer. */
export interface Asked {
  config: client.Configuration
  to: URL
  verifier: string
}

/** The provider of a tenant, as applications and browsers use it. */
export async function testProvider(server: TestServer, domain = 'acme.example') {
  const { store, services } = server
  const { origin, random, keys } = services
  const tenantId = await findTenantId(store, domain)
  const issuer = new URL(`${origin}/${tenantId}/v2.0`)
  const act = (): Act => ({
    now: services.clock(),
    random,
    keys,
    actor: { kind: 'operator' },
    trail: { correlationId: random.uuid(services.clock()) },
  })
  const discover = (appId: string, secret?: string) =>
    client.discovery(issuer, appId, secret, secret ? undefined : client.None(), {
      execute: [client.allowInsecureRequests],
    })
  return {
    tenantId,
    issuer,
    act,
    discover,

    /** Registers an application, with a secret where it can keep one. */
    register: (addresses: Record<string, string[]>, more: object = {}): Promise<TestApplication> =>
      inTenant(store, tenantId, async trx => {
        const made = await createApplication(trx, act(), tenantId, { displayName: 'Expenses', addresses, ...more })
        const secret =
          made.platform === 'web'
            ? await addSecret(trx, act(), made.appId, { displayName: 'one', days: 30 })
            : undefined
        return { ...made, secret: secret?.secretText ?? '' }
      }),

    /** An authorization request of an application, with PKCE. */
    async ask(app: Pick<TestApplication, 'appId' | 'secret'>, more: Record<string, string> = {}): Promise<Asked> {
      const config = await discover(app.appId, app.secret || undefined)
      const verifier = client.randomPKCECodeVerifier()
      const to = client.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: 'openid profile offline_access User.Read',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: 'the state',
        ...more,
      })
      return { config, to, verifier }
    },

    /** Follows a browser from an authorization request to the address that the application is answered at. */
    signInTo: (browser: TestBrowser, to: URL, username: string, password: string): Promise<URL> =>
      signIn(browser, origin, to.pathname + to.search, { username, password, outbox: server }),
  }
}

/** Trades the code of an answer for tokens. */
export const redeem = ({ config, verifier }: Asked, answer: URL, pkceCodeVerifier = verifier) =>
  client.authorizationCodeGrant(config, answer, { pkceCodeVerifier, expectedState: 'the state' })

/** What a token says, unverified. */
export const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())

/** Asserts that an application was refused with this number. */
export const refusedWith = (number: number) => (error: { cause?: { error_codes?: number[] } }) => {
  assert.equal(error.cause?.error_codes?.[0], number)
  return true
}
