import assert from 'node:assert/strict'
import { importJWK, SignJWT } from 'jose'
import type { Acr } from '../access/index.ts'
import type { Act } from '../act.ts'
import { createRouter, type Resource, refusalsOf } from '../api/index.ts'
import { addSecret, BUILT_IN, createApplication, giveOrganizationConsent } from '../applications/index.ts'
import { SECOND } from '../clock.ts'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { createSigningKeys, recordsOf } from '../oidc/index.ts'
import { declareResources } from '../resources.ts'
import { inTenant } from '../store/index.ts'
import type { TestServer } from './server.ts'

const ALL = 'Directory.AccessAsUser.All'

/** An answer of `/v1.0`, read to its end. */
export interface ApiResponse {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any
  /** The stable code of the first detail. */
  code: string | undefined
}

/** Asks `/v1.0` with one token. `path`: below it, or a whole nextLink. */
export type AskApi = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<ApiResponse>

/** How a person has signed in: with a second step and just now, unless it says otherwise. */
interface SignInOf {
  acr?: Acr
  /** Minutes since. */
  ago?: number
  /** Of an application of its own, which the organization consented to; else the built-in one may everything. */
  scopes?: readonly string[]
}

let router: ReturnType<typeof createRouter> | undefined

/** The resource of a request; undefined where there is none. */
function resourceAt(method: string, path: string): Resource | undefined {
  if (!router) {
    const made = createRouter()
    declareResources({ resources: [], add: resource => made.add(resource as unknown as Resource) })
    router = made
  }
  try {
    return router.find(method, path).resource
  } catch {
    return undefined
  }
}

/** Every refusal that a test meets has to stand in the description of its operation. */
function checkDescribed(method: string, path: string, details: readonly { code: string }[]) {
  const resource = resourceAt(method, path.replace(/^https?:\/\/[^/]+\/v1\.0/, '').replace(/\?.*$/s, ''))
  const told = resource && refusalsOf(resource)
  for (const { code } of told ? details : [])
    assert.ok(told!.includes(code), `x-errors of ${method} ${resource!.path} lack ${code}: npm run refusals`)
}

/**
 * `/v1.0` of a server, asked as people and applications of a tenant. Tokens are signed by the tenant's own key, with
 * grants on record, as its provider makes them; the sign-in itself is left out.
 */
export function testApi(server: TestServer, domain = 'acme.example') {
  const { store, services } = server
  const { origin, random, keys } = services
  const act = (): Act => ({
    now: services.clock(),
    random,
    keys,
    actor: { kind: 'operator' },
    trail: { correlationId: random.uuid(services.clock()) },
  })
  const keysOf = createSigningKeys(store)
  /** The partner's application for its people. */
  let desk: string | undefined

  const sign = async (tenantId: string, claims: Record<string, unknown>) => {
    const [key] = await keysOf(act(), tenantId)
    const now = Math.floor(services.clock().getTime() / SECOND)
    return new SignJWT({ tid: tenantId, ver: '2.0', ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: key!.id })
      .setIssuer(`${origin}/${tenantId}/v2.0`)
      .setAudience(`${origin}/v1.0`)
      .setIssuedAt(now)
      .setExpirationTime(now + 600)
      .setJti(random.uuid(services.clock()))
      .sign(await importJWK(key!.privateKey(), 'RS256'))
  }

  const register = async (
    tenantId: string,
    consents: { scopes?: readonly string[]; permissions?: readonly string[] },
  ) => {
    const { scopes = [], permissions = [] } = consents
    return inTenant(store, tenantId, async trx => {
      const made = await createApplication(trx, act(), tenantId, {
        displayName: 'Directory tool',
        addresses: { web: ['http://localhost:3999/callback'] },
      })
      await addSecret(trx, act(), made.appId, { displayName: 'one', days: 30 })
      await giveOrganizationConsent(trx, act(), made.appId, { scopes, permissions })
      return made
    })
  }

  /** The token of a person, by name. */
  const tokenOf = async (username: string, { acr = 'mfa', ago = 0, scopes }: SignInOf = {}): Promise<string> => {
    const tenantId = await findTenantId(store, domain)
    const user = await inTenant(store, tenantId, trx => findUserByName(trx, tenantId, username))
    if (!user) throw new Error(`no user ${username}`)
    const appId = scopes ? (await register(tenantId, { scopes })).appId : BUILT_IN
    const gid = random.uuid(services.clock())
    const lasts = 3_600
    const exp = Math.floor(services.clock().getTime() / SECOND) + lasts
    const grant = { accountId: user.id, clientId: appId, exp }
    await recordsOf(store, act(), tenantId).save('Grant', gid, grant, { lasts, epoch: user.securityEpoch })
    return sign(tenantId, {
      sub: user.id,
      oid: user.id,
      azp: appId,
      idtyp: 'user',
      scp: (scopes ?? ['Directory.AccessAsUser.All']).join(' '),
      epoch: user.securityEpoch,
      acr,
      auth_time: Math.floor(services.clock().getTime() / SECOND) - ago * 60,
      gid,
    })
  }

  const asker =
    (token: string | undefined): AskApi =>
    async (method, path, body, headers = {}) => {
      const response = await fetch(
        path.startsWith('http') ? path.replace(origin, server.url) : `${server.url}/v1.0${path}`,
        {
          method,
          headers: {
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && typeof body !== 'string' && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        },
      )
      const text = await response.text()
      const json = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined
      const details = json?.error?.details ?? []
      checkDescribed(method, path, details)
      return { status: response.status, headers: response.headers, text, json, code: details[0]?.code }
    }

  /** The token of a person of a partner in a customer's tenant, as the customer's issuer makes it. */
  const partnerTokenOf = async (username: string, customer: string, { acr = 'mfa', ago = 0 }: SignInOf = {}) => {
    const [tenantId, customerId] = [await findTenantId(store, domain), await findTenantId(store, customer)]
    const user = await inTenant(store, tenantId, trx => findUserByName(trx, tenantId, username))
    if (!user) throw new Error(`no user ${username}`)
    desk ??= await inTenant(store, tenantId, async trx => {
      const made = await createApplication(trx, act(), tenantId, {
        ...{ displayName: 'Desk', partnerAccess: true },
        addresses: { web: ['http://localhost:3999/desk'] },
      })
      await giveOrganizationConsent(trx, act(), made.appId, { scopes: [ALL], permissions: [] })
      return made.appId
    })
    const gid = random.uuid(services.clock())
    const [lasts, now] = [3_600, Math.floor(services.clock().getTime() / SECOND)]
    const grant = { accountId: user.id, clientId: desk, exp: now + lasts }
    await recordsOf(store, act(), tenantId, customerId).save('Grant', gid, grant, { lasts, epoch: user.securityEpoch })
    return sign(customerId, {
      ...{ sub: user.id, oid: user.id, azp: desk, idtyp: 'partner', home_tid: tenantId, scp: ALL, acr, gid },
      ...{ epoch: user.securityEpoch, auth_time: now - ago * 60 },
    })
  }

  return {
    tokenOf,
    partnerTokenOf,
    /** Asks as a person of this tenant, a partner, in the tenant of a customer. */
    asPartner: async (username: string, customer: string, signIn?: SignInOf): Promise<AskApi> =>
      asker(await partnerTokenOf(username, customer, signIn)),
    /** Asks with this text as the token; undefined: with none. */
    with: asker,
    /** Asks as a person. */
    as: async (username: string, signIn?: SignInOf): Promise<AskApi> => asker(await tokenOf(username, signIn)),
    /** Asks as an application that has these permissions. */
    asApplication: async (permissions: readonly string[]): Promise<AskApi & { appId: string; principalId: string }> => {
      const tenantId = await findTenantId(store, domain)
      const { appId, principalId } = await register(tenantId, { permissions })
      const token = await sign(tenantId, {
        sub: principalId,
        oid: principalId,
        azp: appId,
        appid: appId,
        idtyp: 'app',
        roles: permissions,
      })
      return Object.assign(asker(token), { appId, principalId })
    },
  }
}
