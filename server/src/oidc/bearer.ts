import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { Actor, PartnerRole, Role, SignedIn } from '../access/index.ts'
import type { Act } from '../act.ts'
import {
  type Application,
  applicationOwnersOf,
  findMissing,
  isAssigned,
  ownOrBuiltInOf,
  permissionsOf,
  type Scope,
  type UserGrants,
  userGrantsOf,
} from '../applications/index.ts'
import { MINUTE, SECOND } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { NOBODYS_TENANT, rolesHeldBy, type User, userOf } from '../directory/index.ts'
import { partnerRolesOf } from '../partners/index.ts'
import { programRefusals } from '../refusals.ts'
import { type Acting, actorOf, askAlong, askBoth, enterCustomer } from '../relationships/index.ts'
import { APART, ask, type Db, inTenant, type Read, sql, type Trx } from '../store/index.ts'
import { findSigningKeys, readSigned, type SigningKey } from './keys.ts'
import { issuerOf } from './provider.ts'
import { grantStands, idAt, isRevoked } from './records.ts'

const refuse = programRefusals({
  no_relationship: { status: 403, message: 'No relationship lets you act in this organization any more.' },
})

/** Who asks `/v1.0`: a person through an application, one of a partner, or an application for itself. */
export interface Caller {
  /** In whose tenant they act. */
  tenantId: string
  /** Of `partner`: somebody of a partner, who acts in a customer's tenant. */
  actor: SignedIn | Extract<Actor, { kind: 'application' | 'partner' }>
  appId: string
  /** A person of the tenant itself. */
  user?: User
  /** Of a person, in their own tenant: what ends their sessions raises it. */
  securityEpoch?: number
}

/**
 * Finds who presents an access token. Undefined where it is none, is over, or gives nothing any more. Throws
 * `no_relationship` for a partner's person whose authority in the customer's tenant has ended.
 */
export type Authenticate = (act: Omit<Act, 'actor'>, token: string) => Promise<Caller | undefined>

/** Who presented a token at its last request. */
export interface Known {
  caller: Caller
  /** Runs `work` in a transaction of their tenant, and reads in the same flight who they are now. */
  along<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<{ now: Caller | undefined; found: T }>
}

/** Reads bearer tokens. */
export interface Bearers {
  authenticate: Authenticate
  /** Undefined for a token that nobody presented here before, or that is over. */
  knownBy(act: Omit<Act, 'actor'>, token: string): Known | undefined
}

/** What an access token for `/v1.0` says (administration on the wire, §1). */
interface Claims {
  iss: string
  aud: string
  exp: number
  iat: number
  tid: string
  azp: string
  oid: string
  jti: string
  idtyp: 'user' | 'app' | 'partner'
  /** The firm of a partner's person. */
  home_tid?: string
  scp?: string
  roles?: string[]
  epoch?: number
  acr?: string
  auth_time?: number
  gid?: string
}

/** Tokens whose signature a replica remembers. It is judged once; what may end is read at every request. */
const REMEMBERED = 10_000

interface Remembered {
  claims: Claims
  /** Whether the application has given it up: each reading asks by the same mac. */
  revoked: Read<boolean>
  /** Of the last request. It opens nothing by itself. */
  caller?: Caller | undefined
}

/** How long a replica goes on with the keys of a tenant. They are published for a day before they sign. */
const KEYS_LAST = 5 * MINUTE

/** How often a token with an unknown key makes a replica read them anew: otherwise every forged one would cost a query. */
const ASKED_ANEW = 5 * SECOND

/** Reads bearer tokens of every tenant's issuer. `origin`: Latchkey's, which is known once it listens. */
export function createBearers(services: { db: Db; origin: string }): Bearers {
  const { db } = services
  const signed = new Map<string, Remembered>()
  const kept = new Map<string, { keys: SigningKey[]; at: number }>()

  /** The tenant's keys. One that is not among the remembered may be newer than these. */
  const keysOf = async (act: Pick<Act, 'now' | 'keys' | 'random'>, tenantId: string, keyId: string | undefined) => {
    const age = act.now.getTime() - (kept.get(tenantId)?.at ?? 0)
    const { keys } = kept.get(tenantId) ?? { keys: [] }
    const lasts = keys.some(({ id }) => id === keyId) ? KEYS_LAST : ASKED_ANEW
    if (age >= 0 && age < lasts) return keys
    const found = await findSigningKeys(db, act, tenantId)
    if (found.length > 0) kept.set(tenantId, { keys: found, at: act.now.getTime() })
    return found
  }

  const readSignature = async (act: Pick<Act, 'now' | 'keys' | 'random'>, token: string) => {
    const name = nameOf(token)
    const known = signed.get(name)
    if (known) return known
    const tenantId = tenantIn(token)
    if (tenantId === undefined) return undefined
    const claims = await readSigned(token, await keysOf(act, tenantId, keyIn(token)), 'at+jwt')
    const { origin } = services
    if (claims?.iss !== issuerOf(origin, tenantId) || claims.aud !== `${origin}/v1.0`) return undefined
    if (signed.size >= REMEMBERED) signed.delete(signed.keys().next().value!)
    const revoked = isRevoked(act, tenantId, claims.jti as string)
    const read: Remembered = { claims: claims as unknown as Claims, revoked }
    signed.set(name, read)
    return read
  }

  return {
    async authenticate(act, token) {
      const found = await readSignature(act, token)
      if (!found || !lasts(found.claims, act.now)) return undefined
      const { claims, revoked } = found
      const { origin } = services
      found.caller =
        claims.idtyp === 'partner'
          ? await readPartner(db, act, claims)
          : await inTenant(db, claims.tid, trx => trx.last(() => readCaller(trx, act, { origin, claims, revoked })))
      return found.caller
    },
    knownBy(act, token) {
      const known = signed.get(nameOf(token))
      if (!known?.caller || !lasts(known.claims, act.now)) return undefined
      const { claims, caller, revoked } = known
      const { origin } = services
      if (claims.idtyp === 'partner') {
        const acting = actingOf(claims)
        return acting && { caller, along: (db, work) => readPartnerAlong(db, act, { acting, claims }, work) }
      }
      return {
        caller,
        along: (db, work) =>
          inTenant(db, claims.tid, async trx => {
            const [now, found] = await Promise.all([readCaller(trx, act, { origin, claims, revoked }), work(trx)])
            return { now, found }
          }),
      }
    },
  }
}

const nameOf = (token: string) => createHash('sha256').update(token).digest('base64')

const lasts = ({ exp, iat }: Claims, now: Date) => exp * SECOND > now.getTime() && iat * SECOND <= now.getTime() + APART

/** The tenant that a token names, before anything of it was checked. */
function tenantIn(token: string): string | undefined {
  try {
    const { tid } = decodeJwt(token)
    return typeof tid === 'string' && isUuid(tid) && tid !== NOBODYS_TENANT ? tid : undefined
  } catch {
    return undefined
  }
}

/** The key that a token names, unchecked likewise. */
function keyIn(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}

/** The partner's person of a token; undefined for one that nobody could act by. */
function actingOf(claims: Claims): Acting | undefined {
  const { tid: customerId, home_tid: homeId = '', azp: appId, oid: userId } = claims
  if (!isUuid(homeId) || homeId === customerId || claims.acr !== 'mfa') return undefined
  return {
    ...{ homeId, customerId, userId, appId, securityEpoch: claims.epoch },
    ...{ scopes: scopesOf(claims), proof: proofOf(claims) },
  }
}

/** What of a partner's token may end at home. */
const ofToken = (act: Omit<Act, 'actor'>, { homeId, customerId }: Acting, { jti, gid = '' }: Claims) => ({
  revoked: isRevoked(act, homeId, jti),
  grant: grantStands(act, homeId, idAt(customerId, gid)),
})

/**
 * Reads a partner's person anew: at home, then what the customer has given in its own tenant. No third tenant is ever
 * asked: the token's `tid` is where they act, and its signature the customer's.
 */
async function readPartner(db: Db, act: Omit<Act, 'actor'>, claims: Claims): Promise<Caller | undefined> {
  const acting = actingOf(claims)
  if (!acting) return undefined
  const { said, also } = await askBoth(db, { acting, now: act.now, also: ofToken(act, acting, claims) })
  if (also.revoked || !also.grant) return undefined
  const actor = await enterCustomer(db, act, acting, said)
  if (actor === 'outside') throw refuse('no_relationship')
  return actor && callerOf(actor, claims)
}

/** The same in the flight of a read of the customer's tenant. */
async function readPartnerAlong<T>(
  db: Db,
  act: Omit<Act, 'actor'>,
  { acting, claims }: { acting: Acting; claims: Claims },
  work: (trx: Trx) => Promise<T>,
): Promise<{ now: Caller | undefined; found: T }> {
  const asked = { acting, now: act.now, also: ofToken(act, acting, claims) }
  const { said, also, found } = await askAlong(db, asked, work)
  const actor = also.revoked || !also.grant ? undefined : actorOf(act, acting, said)
  return { now: actor && callerOf(actor, claims), found }
}

const callerOf = (actor: Extract<Actor, { kind: 'partner' }>, { tid, azp, epoch }: Claims): Caller => ({
  ...{ tenantId: tid, appId: azp, actor, securityEpoch: epoch! },
})

/** Reads in one statement whether account, consent and grant still stand: of a person what is a person's, of a program what is a program's. */
async function readCaller(
  trx: Trx,
  act: Pick<Act, 'now' | 'keys'>,
  { origin, claims, revoked: given }: Pick<Remembered, 'claims' | 'revoked'> & { origin: string },
): Promise<Caller | undefined> {
  const { tid: tenantId, azp: appId, oid, idtyp, gid = '' } = claims
  const both = { application: ownOrBuiltInOf({ origin, tenantId }, appId), revoked: given }
  const id = sql<string>`${oid}::uuid`
  if (idtyp === 'app') {
    const { application, revoked, ...rights } = await ask(trx, {
      ...both,
      roles: { sql: rolesHeldBy(tenantId, 'service_principal_id', id), read: json => json as Role[] },
      owners: applicationOwnersOf(tenantId, sql`${appId}::uuid`),
    })
    return application && !revoked ? programOf(application, claims, rights) : undefined
  }
  const { application, revoked, user, partnerRoles, grants, grant } = await ask(trx, {
    ...both,
    user: userOf(tenantId, id),
    partnerRoles: partnerRolesOf(tenantId, id),
    grants: userGrantsOf(tenantId, appId, id),
    grant: grantStands(act, tenantId, gid),
  })
  if (!application || revoked || !user || !grant) return undefined
  return personOf(application, { user, partnerRoles, grants, claims })
}

/** An application with the roles of its principal, its owners, and the permissions that its token names and that it still has. */
function programOf(
  application: Application,
  { roles: named = [] }: Claims,
  { roles, owners }: { roles: Role[]; owners: string[] },
): Caller {
  const { tenantId, appId, principalId, displayName } = application
  const permissions = permissionsOf(application, undefined)
  const scopes = named.filter(permission => permissions.includes(permission))
  return {
    tenantId,
    appId,
    actor: { kind: 'application', id: principalId, tenantId, name: displayName, roles, scopes, owners },
  }
}

/** A person with the rights of now. Undefined where something has ended their sessions, or the application lost their consent. */
function personOf(
  application: Application,
  {
    user,
    partnerRoles,
    grants,
    claims,
  }: { user: User; partnerRoles: PartnerRole[]; grants: UserGrants; claims: Claims },
): Caller | undefined {
  const { tenantId, id, userPrincipalName: name } = user
  const roles = [...user.roles, ...partnerRoles]
  const scopes = scopesOf(claims)
  const missing = findMissing(
    application,
    grants,
    scopes.map(scope => ({ name: scope }) as Scope),
  )
  if (!user.accountEnabled || user.securityEpoch !== claims.epoch) return undefined
  if (!isAssigned(application, grants) || missing.length > 0) return undefined
  const actor = { kind: 'user', id, tenantId, name, roles, scopes, proof: proofOf(claims) } as const
  return { tenantId, appId: application.appId, user, actor, securityEpoch: user.securityEpoch }
}

const scopesOf = ({ scp = '' }: Claims): string[] => scp.split(' ').filter(scope => scope !== '')

const proofOf = ({ acr, auth_time: authTime = 0 }: Claims): SignedIn['proof'] => ({
  acr: acr === 'mfa' ? 'mfa' : 'pwd',
  authTime: new Date(authTime * SECOND),
})
