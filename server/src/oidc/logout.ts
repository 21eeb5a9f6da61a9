import { errors } from 'oidc-provider'
import { type Application, findApplication, matchesRedirect } from '../applications/index.ts'
import type { Keyring, Means } from '../crypto/index.ts'
import { refusals } from '../refusals.ts'
import type { Session } from '../sessions/index.ts'
import type { Db } from '../store/index.ts'
import { findSigningKeys, readSigned } from './keys.ts'

const refuse = refusals({ not_signed_in: 401, cross_site: 403 })

/** A request to sign a person out (RP-Initiated Logout 1.0, §2). */
export interface LogoutRequest {
  /** The application that asks, by its id token or by its name alone. */
  application: Application | undefined
  /** Whose session the id token names, and which. */
  hint: { userId: string; sid: string } | undefined
  /** Where the browser goes on: an address of the application, with its `state`. */
  back: string | undefined
}

const PARAMETERS = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'] as const

/**
 * Reads and judges such a request. Throws an error of the library for a repeated parameter and an unknown application.
 * It throws one too for an application that is not the id token's, and for an address that is not registered.
 */
export async function readLogout(
  db: Db,
  means: Means,
  { tenantId, issuer }: { tenantId: string; issuer: string },
  asked: URLSearchParams,
): Promise<LogoutRequest> {
  const repeated = PARAMETERS.find(name => asked.getAll(name).length > 1)
  if (repeated) throw new errors.InvalidRequest(`${repeated} is repeated`)
  const [token, appId, address, state] = PARAMETERS.map(name => asked.get(name) || undefined)
  const hint = token === undefined ? undefined : await readHint(db, means, { tenantId, issuer }, token)
  if (hint && appId !== undefined && appId !== hint.appId)
    throw new errors.InvalidRequest('client_id is not that of the id token')
  const named = hint?.appId ?? appId
  const application = named === undefined ? undefined : await findApplication(db, tenantId, named)
  if (appId !== undefined && !application) throw new errors.InvalidClient('client is invalid', 'client not found')
  if (address !== undefined && !isRegistered(application, address)) throw new errors.InvalidRedirectUri()
  return { application, hint, back: address && withState(address, state) }
}

/**
 * The session that an id token of this tenant names, also after the token has expired. Undefined for any other text:
 * access and logout tokens have a `typ`.
 */
async function readHint(
  db: Db,
  means: Means,
  { tenantId, issuer }: { tenantId: string; issuer: string },
  token: string,
) {
  const read = await readSigned(token, await findSigningKeys(db, means, tenantId), undefined)
  if (read?.iss !== issuer) return undefined
  const { sub, aud, sid } = read
  return typeof sub === 'string' && typeof aud === 'string' && typeof sid === 'string'
    ? { userId: sub, appId: aud, sid }
    : undefined
}

const isRegistered = (application: Application | undefined, address: string) =>
  application !== undefined &&
  matchesRedirect({ platform: application.platform, redirectUris: application.postLogoutRedirectUris }, address)

const withState = (address: string, state: string | undefined) =>
  state === undefined ? address : `${address}${address.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`

/** What the page that asks sends along, so that no other page can answer for it. */
export const logoutToken = (keys: Keyring, { tenantId, sid }: Session): string =>
  keys.mac('logout', tenantId, sid).toString('base64url')

/** Throws `not_signed_in` without a session, and `cross_site` for an answer that does not come from its page. */
export function checkLogoutToken(keys: Keyring, session: Session | undefined, token: string): void {
  if (!session) throw refuse('not_signed_in')
  const { tenantId, sid } = session
  if (!keys.matches(Buffer.from(token, 'base64url'), 'logout', tenantId, sid)) throw refuse('cross_site')
}

/** The same request without its id token, for the addresses of our own pages. */
export const writeLogout = ({ application }: LogoutRequest, asked: URLSearchParams): string => {
  const kept = ['post_logout_redirect_uri', 'state'].flatMap(name => {
    const value = asked.get(name)
    return value ? [[name, value]] : []
  })
  return new URLSearchParams([...(application ? [['client_id', application.appId]] : []), ...kept]).toString()
}
