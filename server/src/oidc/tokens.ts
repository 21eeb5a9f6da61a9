import type { AccountClaims, KoaContextWithOIDC } from 'oidc-provider'
import type { Application } from '../applications/index.ts'
import { secondsOf } from '../clock.ts'
import type { User } from '../directory/index.ts'

/** The claims that each scope gives. */
export const CLAIMS: Record<string, string[]> = {
  openid: ['sub', 'tid', 'home_tid', 'idtyp', 'oid', 'ver', 'acr', 'amr', 'auth_time', 'roles', 'groups', 'hasgroups'],
  profile: ['name', 'preferred_username', 'given_name', 'family_name'],
  email: ['email'],
}

/** What tokens tell of a person (single sign-on, §1). An id token has less: the rest is asked for at userinfo. */
export function claimsOf(
  user: User,
  application: Application,
  use: string,
  { roles, groups }: { roles: readonly string[]; groups: GroupClaims },
): AccountClaims {
  const { id, tenantId, displayName, userPrincipalName, givenName, surname, mail } = user
  const told = {
    sub: id,
    oid: id,
    tid: tenantId,
    ver: '2.0',
    name: displayName,
    preferred_username: userPrincipalName,
    ...(roles.length > 0 && use === 'id_token' && { roles }),
    ...(use === 'id_token' && groups),
  }
  const more = {
    ...(givenName !== null && { given_name: givenName }),
    ...(surname !== null && { family_name: surname }),
    ...(mail !== null && { email: mail }),
  }
  if (use === 'userinfo') return { ...told, ...more }
  const wanted = Object.entries(more).filter(([name]) => application.optionalClaims.includes(name as never))
  return { ...told, ...Object.fromEntries(wanted) }
}

/** The claims of somebody's groups. Of too many it says where they can be read (OpenID Connect Core, §5.6.2). */
interface GroupClaims {
  groups?: readonly string[]
  hasgroups?: true
  _claim_names?: object
  _claim_sources?: object
}

/** What tokens say of the groups of a person. `origin`: Latchkey's. */
export function groupClaims(
  origin: string,
  { groups, overage }: { groups: readonly string[]; overage: boolean },
  userId: string,
): GroupClaims {
  if (!overage) return groups.length > 0 ? { groups } : {}
  const endpoint = `${origin}/v1.0/users/${userId}/getMemberObjects`
  return { hasgroups: true, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } }
}

interface Structured {
  payload: Record<string, unknown>
}

/** The proof of a person that a token came of. */
interface Proof {
  acr?: string | undefined
  amr?: string[] | undefined
  authTime?: number | undefined
}

/** Has an access token begin by the clock that will judge it: the library knows the system's alone. */
export function keepOwnTime({ payload }: Structured, { now }: { now: Date }): void {
  const lasts = Number(payload.exp) - Number(payload.iat)
  payload.iat = secondsOf(now)
  payload.exp = secondsOf(now) + lasts
}

/**
 * Writes an access token for an API (RFC 9068, §2.2): which application asks, for whom, what it may do. Its scopes have
 * the names that the API knows, whatever form was asked.
 */
export function writeAccessToken(
  ctx: KoaContextWithOIDC,
  { payload }: Structured,
  { application, user, scopes, roles, groups, grantId, customerId }: Granted,
): void {
  const { entities } = ctx.oidc
  const { scope: _, ...kept } = payload
  for (const name of Object.keys(payload)) delete payload[name]
  Object.assign(payload, kept, { tid: application.tenantId, azp: application.appId, ver: '2.0' })
  if (!user) {
    const { principalId } = application
    return void Object.assign(payload, {
      sub: principalId,
      oid: principalId,
      idtyp: 'app',
      appid: application.appId,
      roles,
    })
  }
  const source: Proof = entities.RefreshToken ?? entities.AuthorizationCode ?? entities.DeviceCode ?? {}
  Object.assign(payload, {
    oid: user.id,
    idtyp: 'user',
    name: user.displayName,
    preferred_username: user.userPrincipalName,
    scp: scopes.join(' '),
    epoch: user.securityEpoch,
    acr: source.acr,
    amr: source.amr,
    auth_time: source.authTime,
    // In a customer's tenant a person of a partner has no roles or groups of their own: authority is read at each request.
    ...(customerId === undefined
      ? { ...(roles.length > 0 && { roles }), ...groups }
      : { idtyp: 'partner', tid: customerId, home_tid: user.tenantId }),
    gid: grantId,
  })
}

/** What an access token for an API gives. `user`: undefined for the application itself. `grantId`: the grant that it came of. */
interface Granted {
  application: Application
  user: User | undefined
  scopes: readonly string[]
  roles: readonly string[]
  groups: GroupClaims
  grantId: string | undefined
  /** The customer in whose tenant a partner's person acts. */
  customerId: string | undefined
}
