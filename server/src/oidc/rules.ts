import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import {
  type AskedScopes,
  findMissing,
  groupsOf,
  isAssigned,
  judgeSecret,
  matchesRedirect,
  originsOf,
  ownerOf,
  permissionsOf,
  type RefusedScopes,
  readScopes,
  resolveScopes,
  rolesOf,
  type Scope,
  shortName,
  writeScopes,
} from '../applications/index.ts'
import { isUuid } from '../crypto/index.ts'
import { POLL_SECONDS } from '../deviceCodes/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { tellFailure } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { Rules } from './provider.ts'
import { type AccessTokenClaims, answerStructured, isStructured } from './structured.ts'
import { CLAIMS, claimsOf, groupClaims, keepOwnTime, writeAccessToken } from './tokens.ts'

/** What the library asks of Latchkey. `now`: the exchange that is served. */
export function createRules(services: { origin: string }, now: () => Exchange): Rules {
  const api = () => `${services.origin}/v1.0`

  /** What a text of scopes comes to, and the resource of its token. Throws what is told of scopes that are refused. */
  const read = async (
    appId: string,
    scope: string,
    resource?: string,
  ): Promise<{ asked: AskedScopes; scopes: Scope[] }> => {
    const asked = checked(readScopes(services.origin, scope, resource))
    const owner = ownerOf(asked)
    const target = owner === undefined ? undefined : await now().findApplication(owner)
    if (owner !== undefined && !target) throw new errors.InvalidTarget()
    return { asked, scopes: checked(resolveScopes(asked, now().getApplication(appId), target)) }
  }
  const identifierOf = (asked: AskedScopes) => {
    if (asked.resource === undefined) return undefined
    const owner = ownerOf(asked)
    return owner === undefined ? api() : `api://${owner}`
  }

  /** Keeps a grant of all that is asked for. */
  const keepGrant = async (
    provider: Provider,
    {
      asked,
      claims,
      ...of
    }: { jti?: string; accountId: string; clientId: string; asked: AskedScopes; claims: Set<string> },
  ) => {
    const grant = new provider.Grant(of)
    grant.addOIDCScope(asked.openId.join(' '))
    const resource = identifierOf(asked)
    if (resource) grant.addResourceScope(resource, asked.written.map(({ text }) => text).join(' '))
    // Without the scope of a claim nobody has agreed to it. A refused claim is left out, and not asked for again.
    const agreed = ['sid', ...asked.openId.flatMap(scope => CLAIMS[scope] ?? [])]
    grant.addOIDCClaims([...claims].filter(claim => agreed.includes(claim)))
    grant.rejectOIDCClaims([...claims].filter(claim => !agreed.includes(claim)))
    await grant.save()
    return grant
  }

  /** Whether the person may still use the application, and agrees to what it was given: read anew each time. */
  const mayStill = async (
    userId: string,
    { clientId = '', scope = '' }: { clientId?: string | undefined; scope?: string | undefined },
  ) => {
    const application = now().getApplication(clientId)
    const grants = await now().grantsOf(clientId, userId)
    const { scopes } = await read(clientId, scope)
    if (now().customerId !== undefined && !(await now().mayAct(userId))) return false
    return isAssigned(application, grants) && findMissing(application, grants, scopes).length === 0
  }

  /** Whether what an access token gives still stands: the application, its consent, the grant of the person and their account. */
  const stands = async ({ azp, aud, oid, idtyp, scp = '', roles = [], gid, jti }: AccessTokenClaims) => {
    const application = await now().findApplication(azp)
    const target = aud === api() ? undefined : await now().findApplication(aud)
    if (!application || (aud !== api() && !target)) return false
    if (idtyp === 'app') {
      const permissions = permissionsOf(application, target)
      const revoked = await now().records.find('ClientCredentials', jti)
      return !revoked && roles.every(role => permissions.includes(role))
    }
    if (gid === undefined || !(await now().records.find('Grant', gid))) return false
    const names = scp.split(' ').filter(name => name !== '')
    const scope = names.map(name => (target ? `api://${aud}/${name}` : name)).join(' ')
    return mayStill(oid, { clientId: azp, scope })
  }

  /** Why a grant is not found: its account is disabled or gone, or it has ended by itself. */
  const causeOf = async (failure: Error) => {
    const { holder } = now()
    if (holder === undefined || (failure as errors.InvalidGrant).error_detail !== 'grant not found') return failure
    const user = await now().findUser(holder)
    if (user?.accountEnabled) return failure
    return new errors.InvalidGrant(user ? 'account disabled' : 'account deleted')
  }

  return {
    configuration: {
      async findAccount(ctx, id, source) {
        const user = isUuid(id) ? await now().findUser(id) : undefined
        if (!user?.accountEnabled) return undefined
        if (source && !(await mayStill(id, source))) {
          // For good: agreeing again gives nothing old back.
          if (source.grantId) await now().records.endGrant(source.grantId)
          return undefined
        }
        return {
          accountId: id,
          async claims(use) {
            const application = now().getApplication(ctx.oidc.client!.clientId)
            const grants = await now().grantsOf(application.appId, id)
            const roles = rolesOf(application, grants)
            const groups = groupClaims(services.origin, groupsOf(application, grants), id)
            const { customerId } = now()
            if (customerId === undefined) return claimsOf(user, application, use, { roles, groups })
            // What somebody is at home says nothing there.
            const told = claimsOf(user, application, use, { roles: [], groups: {} })
            return { ...told, tid: customerId, home_tid: user.tenantId, idtyp: 'partner' }
          },
        }
      },

      /** A grant of all that is asked for, where the person or the organization has agreed to it; else undefined. */
      async loadExistingGrant(ctx) {
        const { client, account, params, provider, requestParamClaims } = ctx.oidc
        const application = now().getApplication(client!.clientId)
        const grants = await now().grantsOf(application.appId, account!.accountId)
        if (!isAssigned(application, grants)) throw new errors.AccessDenied('not assigned')
        // Only now, after password and second step: a stranger learns nothing of whose partner somebody is.
        if (now().customerId !== undefined && !(await now().mayAct(account!.accountId)))
          throw new errors.AccessDenied('wrong tenant')
        const { asked, scopes } = await read(application.appId, String(params?.scope ?? ''), textOf(params?.resource))
        if (findMissing(application, grants, scopes).length > 0) return undefined
        const of = { accountId: account!.accountId, clientId: application.appId }
        return keepGrant(provider, { ...of, asked, claims: requestParamClaims })
      },

      clientBasedCORS: (_ctx, asking, client) => originsOf(now().getApplication(client.clientId)).includes(asking),

      async renderError(ctx, _out, failure) {
        ctx.type = 'html'
        ctx.body = await now().drawError(failure)
      },
    },

    resource: {
      async defaultResource(ctx, _client, several) {
        if (Array.isArray(several)) throw new errors.InvalidTarget('only one resource at a time')
        return identifierOf(checked(readScopes(services.origin, String(ctx.oidc.params?.scope ?? ''))))
      },
      async getResourceServerInfo(ctx, identifier, client) {
        const { params, entities } = ctx.oidc
        const source = entities.RefreshToken ?? entities.AuthorizationCode ?? entities.DeviceCode
        const scope = [params?.scope, source?.scope].filter(text => typeof text === 'string').join(' ')
        const { asked } = await read(client.clientId, scope, identifier)
        // Another application's interface would take the customer's word for its own people.
        if (now().customerId !== undefined && ownerOf(asked) !== undefined) throw new errors.InvalidTarget()
        if (params?.grant_type === 'client_credentials' && asked.written.some(({ name }) => name !== '.default'))
          throw new errors.InvalidScope('an application asks for itself by .default alone', scope)
        return {
          scope: asked.written.map(({ text }) => text).join(' '),
          audience: ownerOf(asked) ?? api(),
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }
      },
    },

    async accessToken(ctx, token, parts) {
      const application = now().getApplication(token.clientId!)
      const { asked, scopes } = await read(application.appId, token.scope ?? '')
      const owner = ownerOf(asked)
      const target = owner === undefined ? undefined : now().getApplication(owner)
      const userId = 'accountId' in token ? token.accountId : undefined
      const user = userId === undefined ? undefined : await now().findUser(userId)
      // Without it a token for somebody who is gone would be one of the application itself.
      if (userId !== undefined && !user) throw new errors.InvalidGrant('account not found')
      const audience = target ?? application
      const grants = user && (await now().grantsOf(audience.appId, user.id))
      now().granted = scopes
      keepOwnTime(parts, now().act)
      writeAccessToken(ctx, parts, {
        application,
        user,
        scopes: scopes.map(({ name }) => shortName(name)),
        roles: !grants ? permissionsOf(application, target) : target ? rolesOf(target, grants) : [],
        groups: grants ? groupClaims(services.origin, groupsOf(audience, grants), user!.id) : {},
        grantId: 'grantId' in token ? token.grantId : undefined,
        customerId: now().customerId,
      })
    },

    async grantDevice({ appId, userId, grantId, request: { params } }) {
      const { provider } = Provider.ctx!.oidc
      const { asked } = await read(appId, params.scope ?? '', params.resource)
      now().offline = asked.openId.includes('offline_access')
      const of = { jti: grantId, accountId: userId!, clientId: appId }
      await keepGrant(provider, { ...of, asked, claims: claimsIn(params.claims) })
    },

    mayRedirect: (clientId, address) => matchesRedirect(now().getApplication(clientId), address),

    isSecret(clientId, secret) {
      const judged = judgeSecret(now().act, now().getApplication(clientId), secret)
      if (judged.verdict === 'expired') throw new errors.InvalidClientAuth('client secret is expired')
      if (judged.verdict !== 'right') return false
      now().secret = judged.secret
      return true
    },

    async finish(ctx, found) {
      await now().noteSecret()
      now().posted = ctx.state.posted
      const failure = mayNotIntrospect(ctx)
        ? new errors.InvalidClientAuth('no client authentication')
        : isStructured(found)
          ? await answerStructured(ctx, now(), stands)
          : found
      if (failure) return tellFailure(ctx, await causeOf(failure), now())
      if (ctx.oidc?.route === 'discovery') {
        const metadata = ctx.body as Record<string, string>
        // It is ours: the library's would keep its own session, and its own cookie against forged requests.
        metadata.end_session_endpoint = metadata.token_endpoint!.replace(/token$/, 'logout')
        if (now().tenantId === NOBODYS_TENANT) Object.assign(metadata, anyTenants(services.origin))
      }
      if (ctx.oidc?.route === 'device_authorization') {
        const body = ctx.body as { user_code: string; device_code: string; expires_in: number }
        const { page, message } = now().deviceAddress(body.user_code, textOf(ctx.oidc.params?.ui_locales))
        Object.assign(body, {
          verification_uri: page,
          // It fills the code in, and never sends it: who follows a link has not begun a sign-in (RFC 8628, §5.4).
          verification_uri_complete: `${page}?user_code=${body.user_code}`,
          interval: POLL_SECONDS,
          message,
        })
      }
      const { granted } = now()
      const body = ctx.body as { scope?: string; access_token?: string } | undefined
      if (ctx.path !== '/token' || !body?.access_token || !granted) return
      const { params, entities } = ctx.oidc
      const source = entities.RotatedRefreshToken ?? entities.AuthorizationCode ?? entities.DeviceCode
      body.scope = writeScopes(
        checked(readScopes(services.origin, String(params?.scope ?? source?.scope ?? ''))),
        granted,
      )
    },
  }
}

/** What the description of all organizations says otherwise. It has no userinfo: an opaque token leads to no tenant. */
const anyTenants = (origin: string) => ({
  issuer: `${origin}/{tenantid}/v2.0`,
  id_token_signing_alg_values_supported: ['RS256'],
  userinfo_endpoint: undefined,
})

/** Whether somebody introspects who has proved nothing. Then a stolen token could be tried out (RFC 7662, §2.1). */
function mayNotIntrospect(ctx: KoaContextWithOIDC): boolean {
  if (ctx.oidc?.route !== 'introspection' || ctx.oidc.client?.clientAuthMethod !== 'none') return false
  ctx.status = 401
  ctx.body = {}
  return true
}

/** The names of the claims that a request asks for. */
function claimsIn(claims: string | undefined): Set<string> {
  const { id_token: idToken, userinfo } = JSON.parse(claims ?? '{}')
  return new Set([...Object.keys(idToken ?? {}), ...Object.keys(userinfo ?? {})])
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)

/** What was read, or a throw of what is wrong with it. */
function checked<T extends object>(read: T | RefusedScopes): T {
  if (!('refused' in read)) return read
  if (read.refused === 500011) throw new errors.InvalidTarget()
  throw new errors.InvalidScope(read.refused === 700022 ? 'several resources' : 'unknown scope', '')
}
