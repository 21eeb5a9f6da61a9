import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { SECOND, secondsOf } from '../clock.ts'
import type { Exchange } from './exchange.ts'
import { readSigned } from './keys.ts'

/** What an access token for an API says of itself. `gid`: the grant that it came of, where it is of a person. */
export interface AccessTokenClaims {
  azp: string
  aud: string
  oid: string
  idtyp: 'user' | 'app' | 'partner'
  scp?: string
  roles?: string[]
  gid?: string
  jti: string
  exp: number
}

/** Whether the library refused a token because it is a JWT: it introspects and revokes none. */
export const isStructured = (failure: Error | undefined) =>
  (failure as errors.OIDCProviderError | undefined)?.error === 'unsupported_token_type'

/**
 * Introspects or revokes an access token that is a JWT, for an application that has proved itself. `stands`: whether what
 * it gives still does. Returns the failure that is told instead.
 */
export async function answerStructured(
  ctx: KoaContextWithOIDC,
  exchange: Exchange,
  stands: (claims: AccessTokenClaims) => Promise<boolean>,
): Promise<Error | undefined> {
  const { params, client, route } = ctx.oidc
  // An id token is no access token (RFC 9068, §4).
  const claims = (await readSigned(String(params?.token), exchange.keys, 'at+jwt')) as AccessTokenClaims | undefined
  const asks = client!.clientId
  ctx.status = 200
  if (route === 'introspection') {
    ctx.body = claims && (await isActive(exchange, claims, asks, stands)) ? told(claims) : { active: false }
    return undefined
  }
  ctx.body = ''
  if (!claims) return undefined
  if (claims.azp !== asks) {
    ctx.status = 400
    ctx.body = {}
    return new errors.InvalidRequest('token of another application')
  }
  await revoke(exchange, claims)
  return undefined
}

/** Only for applications that the token concerns: others would learn who uses what (RFC 7662, §4). */
async function isActive(
  { act }: Exchange,
  claims: AccessTokenClaims,
  asks: string,
  stands: (claims: AccessTokenClaims) => Promise<boolean>,
): Promise<boolean> {
  if (claims.exp * SECOND <= act.now.getTime() || (claims.azp !== asks && claims.aud !== asks)) return false
  try {
    return await stands(claims)
  } catch (failure) {
    // A scope or its resource is gone since.
    if (failure instanceof errors.OIDCProviderError) return false
    throw failure
  }
}

function told({ gid: _, ...claims }: AccessTokenClaims) {
  return { active: true, ...claims, client_id: claims.azp, scope: claims.scp, token_type: 'Bearer' }
}

/** Ends the grant of a person with all its tokens. An application's own token has none, so that its id is remembered. */
async function revoke({ act, records }: Exchange, { gid, jti, azp, exp }: AccessTokenClaims): Promise<void> {
  const lasts = exp - secondsOf(act.now)
  if (gid !== undefined) await records.endGrant(gid)
  else if (lasts > 0) await records.save('ClientCredentials', jti, { clientId: azp }, { lasts })
}
