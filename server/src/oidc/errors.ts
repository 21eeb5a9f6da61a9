import type { errors, KoaContextWithOIDC } from 'oidc-provider'
import { readAskedStrength } from '../sessions/index.ts'
import type { Exchange } from './exchange.ts'

/** An error of the library, with its cause in words. The words are the library's own and for nobody to read. */
type Failure = errors.OIDCProviderError & { error_detail?: string | undefined }

/** What an application is told: the code of OAuth, and the number by which administrators look errors up. */
export interface Told {
  error: string
  number: number
  description: string
  suberror?: string
}

interface Rule {
  error: RegExp
  cause?: RegExp
  number: number
  description: string
  /** The code of OAuth, where it is another than the library's. */
  as?: string
  suberror?: string
}

/** The error and its cause, in the library's form, of a sign-in that does not lead to its application. */
export const REFUSED = {
  no_second_step: { error: 'unmet_authentication_requirements', error_description: 'no method for a second step' },
  another_account: { error: 'login_required', error_description: 'another account' },
  not_assigned: { error: 'access_denied', error_description: 'not assigned' },
  needs_administrator: { error: 'consent_required', error_description: 'an administrator must agree' },
  declined: { error: 'access_denied', error_description: 'declined' },
  device_over: { error: 'access_denied', error_description: 'not assigned' },
}

const BUSY = {
  error: 'temporarily_unavailable',
  number: 90055,
  description: 'Too much is asked at once: try again shortly.',
}

const NO_STEP = { number: 50079, description: 'The person has no method for a second step.' }

/** The proof is older than the application takes. Its answer has the claims that a new request asks for. */
const TOO_OLD = 50078

// The first rule that fits decides. A cause is the library's `error_detail`, or its description where it has none.
const RULES: readonly Rule[] = [
  {
    error: /invalid_request/,
    cause: /^tenant unknown/,
    number: 90002,
    description: 'No such tenant exists.',
    as: 'invalid_tenant',
  },
  {
    error: /invalid_request/,
    cause: /^tenant missing/,
    number: 90019,
    description: 'The request names no application, by which its tenant could be found.',
  },
  {
    error: /invalid_request/,
    cause: /session (not found|mismatch)|identifier mismatch|has led to its application/,
    number: 50089,
    description: 'The sign-in has timed out, or has ended.',
  },
  {
    error: /invalid_client/,
    cause: /not found/,
    number: 700016,
    description: 'No such application is registered in this tenant.',
    as: 'unauthorized_client',
  },
  {
    error: /invalid_redirect_uri/,
    number: 50011,
    description: 'The redirect address is not registered for this application.',
  },
  { error: /invalid_client/, cause: /expired/, number: 7000222, description: 'The client secret has expired.' },
  {
    error: /invalid_client|invalid_request/,
    cause: /does not match the registered client authentication method|no client authentication/,
    number: 7000218,
    description: 'The application must authenticate with a client secret or a client assertion.',
    as: 'invalid_client',
  },
  { error: /invalid_client/, cause: /invalid secret/, number: 7000215, description: 'The client secret is wrong.' },
  { error: /invalid_client/, number: 700027, description: 'The client assertion is not valid.' },
  {
    error: /unsupported_response_type|unauthorized_client/,
    cause: /response_type/,
    number: 70005,
    description: 'The response type is not supported.',
    as: 'unsupported_response_type',
  },
  {
    error: /unsupported_response_mode|invalid_request/,
    cause: /response_mode/,
    number: 70007,
    description: 'The response mode is not supported.',
    as: 'invalid_request',
  },
  {
    error: /invalid_request/,
    cause: /PKCE|code_challenge/,
    number: 50147,
    description: 'A code challenge with the method S256 is required.',
  },
  {
    error: /invalid_grant/,
    cause: /code_verifier|code_challenge/,
    number: 501481,
    description: 'The code verifier does not fit the code challenge.',
  },
  {
    error: /invalid_grant/,
    cause: /code (is expired|not found)/,
    number: 70008,
    description: 'The code has expired, or was never issued.',
  },
  {
    error: /invalid_grant/,
    cause: /code already consumed/,
    number: 54005,
    description: 'The code was used before. Everything that came of it has ended.',
  },
  {
    error: /invalid_grant/,
    cause: /refresh token is expired/,
    number: 700082,
    description: 'The refresh token has expired.',
    suberror: 'bad_token',
  },
  { error: /invalid_grant/, cause: /account disabled/, number: 50057, description: 'The account is disabled.' },
  { error: /invalid_grant/, cause: /account deleted/, number: 50034, description: 'The account is gone.' },
  {
    error: /invalid_grant/,
    cause: /grant (not found|is expired)|account not found/,
    number: 50173,
    description: 'The grant has ended: sign in again.',
    suberror: 'bad_token',
  },
  {
    error: /invalid_grant/,
    number: 70000,
    description: 'The grant is not valid for this application.',
    suberror: 'bad_token',
  },
  {
    error: /invalid_request/,
    cause: /not allowed for this client/,
    number: 70003,
    description: 'The grant type is not supported for this application.',
    as: 'unauthorized_client',
  },
  {
    error: /unauthorized_client|unsupported_grant_type/,
    number: 70003,
    description: 'The grant type is not supported for this application.',
  },
  {
    error: /invalid_scope|invalid_target/,
    cause: /several resources|only one resource/,
    number: 700022,
    description: 'The scopes belong to several resources.',
    as: 'invalid_scope',
  },
  { error: /invalid_scope/, number: 70011, description: 'The scope is not valid.' },
  {
    error: /invalid_target/,
    number: 500011,
    description: 'No such resource exists in this tenant.',
    as: 'invalid_resource',
  },
  {
    error: /login_required/,
    cause: /another account/,
    number: 50058,
    description: 'Another account signed in than the one that the request is about.',
  },
  { error: /login_required/, number: 50058, description: 'Nobody is signed in.' },
  {
    error: /access_denied|consent_required/,
    cause: /administrator/,
    number: 90094,
    description: 'An administrator must agree to what the application asks for.',
  },
  {
    error: /consent_required/,
    number: 65001,
    description: 'The person has not agreed to what the application asks for.',
  },
  {
    error: /access_denied/,
    cause: /not assigned/,
    number: 50105,
    description: 'The person is not assigned to the application.',
  },
  {
    error: /access_denied/,
    cause: /wrong tenant/,
    number: 50020,
    description: 'The account is of another organization, and may not act in this one.',
  },
  { error: /access_denied/, cause: /second step/, ...NO_STEP },
  { error: /access_denied/, number: 65004, description: 'The person declined.' },
  {
    error: /interaction_required/,
    cause: /too old/,
    number: TOO_OLD,
    description: 'The proof of the person is too old: they have to prove themselves again.',
  },
  {
    error: /interaction_required/,
    cause: /due: change-password/,
    number: 50055,
    description: 'The password has to be changed.',
  },
  {
    error: /interaction_required/,
    cause: /due: (register|confirm)/,
    number: 50072,
    description: 'The person has to register or confirm security info.',
  },
  { error: /interaction_required/, number: 50076, description: 'The person has to take a second step.' },
  { error: /unmet_authentication_requirements/, ...NO_STEP },
  { error: /authorization_pending/, number: 70016, description: 'The person has not finished yet.' },
  {
    error: /slow_down/,
    number: 70016,
    description: 'The person has not finished yet. Ask five seconds less often from now on.',
  },
  { error: /expired_token/, number: 70019, description: 'The code of the device has expired.' },
  { error: /invalid_token/, number: 50173, description: 'The token is not valid.' },
  { error: /invalid_request/, number: 900144, description: 'A parameter is missing, repeated or malformed.' },
  { ...BUSY, error: /temporarily_unavailable/ },
]

const PUBLIC_CLIENT = {
  error: 'invalid_client',
  number: 700025,
  description: 'A public client presents no secret and no assertion.',
}

const FAMILY_OVER = {
  error: 'invalid_grant',
  number: 700084,
  description: 'The day of refresh tokens of a single-page application is over.',
  suberror: 'bad_token',
}

const FAULT = { error: 'server_error', number: 90033, description: 'The service failed. The log has the reason.' }

/** What an error of the library is told as. `client`: the application, where it is known. */
export function toldOf(
  failure: Failure,
  client?: { clientAuthMethod?: string | undefined; applicationType?: string | undefined },
): Told {
  if (!failure.expose) return FAULT
  const cause = failure.error_detail ?? failure.error_description ?? ''
  const isPublic = client?.clientAuthMethod === 'none'
  if (isPublic && /authentication mechanism/.test(cause)) return PUBLIC_CLIENT
  // Its family lasts a day, which is no longer than any token of it may lie idle.
  if (isPublic && client.applicationType === 'web' && /refresh token is expired/.test(cause)) return FAMILY_OVER
  const rule = RULES.find(one => one.error.test(failure.error) && (one.cause?.test(cause) ?? true))
  if (!rule) return { error: failure.error, number: 900144, description: 'The request is not valid.' }
  const { as = failure.error, number, description, suberror } = rule
  return { error: as, number, description, ...(suberror && { suberror }) }
}

/**
 * Tells an application of a failure (single sign-on, §5), as JSON, or in the address or form that takes its answer. The
 * library's own words would hide the cause, and change with its versions.
 */
export function tellFailure(ctx: KoaContextWithOIDC, failure: Error, exchange: Exchange): void {
  const { now, trail } = exchange.act
  const wait = (failure as Failure).expose ? undefined : exchange.noteFault(failure)
  const told: Told = wait === undefined ? toldOf(failure as Failure, ctx.oidc?.client) : BUSY
  const { error } = told
  if (wait !== undefined) {
    ctx.status = 503
    ctx.set('retry-after', String(wait))
  }
  const fields = {
    error,
    error_description: textOf(told),
    ...(told.number === TOO_OLD && { claims: JSON.stringify(claimsAnew(ctx)) }),
  }
  if (exchange.posted) return void Object.assign(exchange.posted.fields, fields)
  const to = ctx.response.get('location')
  if (to) {
    const address = new URL(to)
    const parameters = new URLSearchParams(address.hash ? address.hash.slice(1) : address.search)
    for (const [name, value] of Object.entries(fields)) parameters.set(name, value)
    if (address.hash) address.hash = parameters.toString()
    else address.search = parameters.toString()
    ctx.set('location', address.href)
    return
  }
  if (typeof ctx.body !== 'object' || ctx.body === null) return
  if (ctx.status === 401 && error === 'unauthorized_client') ctx.status = 400
  ctx.body = bodyOf(told, now, trail.correlationId, new URL(ctx.oidc.issuer).origin)
}

/** The claims by which a request asks for a new proof, as strong as the one that was asked for. */
function claimsAnew({ oidc: { params } }: KoaContextWithOIDC) {
  const { step } = readAskedStrength(params as Record<string, string | undefined>)
  return { id_token: { auth_time: { essential: true }, ...(step && { acr: { essential: true, value: 'mfa' } }) } }
}

const textOf = ({ number, description }: Told) => `AADSTS${number}: ${description}`

/** The JSON of an error (single sign-on, §5). `id`: by which the log has it. */
export const bodyOf = (told: Told, now: Date, id: string, origin: string) => ({
  error: told.error,
  error_description: textOf(told),
  error_codes: [told.number],
  timestamp: now.toISOString(),
  trace_id: id,
  correlation_id: id,
  error_uri: `${origin}/error?code=${told.number}`,
  ...(told.suberror && { suberror: told.suberror }),
})
