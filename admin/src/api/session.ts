import * as oauth from 'oauth4webapi'
import { ANSWER, ANSWERS, BEGUN, type Way } from './callback.ts'

/** Who is signed in, and by what. The token lives in this page's memory alone. */
export interface Session {
  tenantId: string
  /** The person's own company, where this one is a customer of it. */
  homeId: string | undefined
  userId: string
  name: string
  userName: string
  token: string
  /** When the token is renewed, in milliseconds since 1970. */
  renewsAt: number
}

/** What a sign-in has to have: a second step, at most so many seconds ago. */
export interface Strength {
  maxAge?: number | undefined
}

/** A sign-in was refused or left: `code` is OAuth's (RFC 6749, §4.1.2.1), or `left` where the popup was closed. */
export class SignInFailed extends Error {
  readonly code: string

  constructor(code: string) {
    super(`The sign-in ended with ${code}`)
    this.code = code
  }
}

const CLIENT: oauth.Client = { client_id: 'latchkey-admin' }
const SCOPE = 'openid profile Directory.AccessAsUser.All'
const TENANT = 'latchkey.tenant'
/** In which customer this window acts, and the domain of the company whose people do. */
const ACTING = 'latchkey.acting'
const REDIRECT = `${location.origin}/admin/callback`
/** Milliseconds that a sign-in without a word may take. */
const ANSWERS_IN = 8_000

// The demonstration is served by http on this machine alone.
const transport = location.protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {}

interface Begun {
  state: string
  verifier: string
  returnTo?: string
}

interface Acting {
  customerId: string
  domain: string
}

function acting(): Acting | undefined {
  const kept = sessionStorage.getItem(ACTING)
  return kept === null ? undefined : (JSON.parse(kept) as Acting)
}

/** Whose people sign in, at the issuer of a customer. */
const ofPartner = () => {
  const domain = acting()?.domain
  return domain === undefined ? undefined : { domain_hint: domain }
}

/** The address where a sign-in of this kind begins, and what its answer is held against. */
async function begin(way: Way, asked: { tenantId?: string | null; prompt?: string; strength?: Strength | undefined }) {
  const begun: Begun = { state: `${way}.${oauth.generateRandomState()}`, verifier: oauth.generateRandomCodeVerifier() }
  const address = new URL(`/${asked.tenantId ?? 'organizations'}/v2.0/authorize`, location.origin)
  address.search = new URLSearchParams({
    client_id: CLIENT.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: SCOPE,
    state: begun.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
    // The page's own words may not have come yet.
    ui_locales: navigator.languages.join(' '),
    ...(asked.prompt && { prompt: asked.prompt }),
    // Who is here already is not asked for their name again.
    ...(session && !asked.prompt && { login_hint: session.userName }),
    ...ofPartner(),
    ...(asked.strength && { acr_values: 'mfa' }),
    ...(asked.strength?.maxAge !== undefined && { max_age: String(asked.strength.maxAge) }),
  }).toString()
  return { begun, address: address.href }
}

const servers = new Map<string, Promise<oauth.AuthorizationServer>>()

/** What a company's provider tells of itself. It is asked once, while the sign-in is still on its way. */
function serverOf(tenantId: string): Promise<oauth.AuthorizationServer> {
  const known = servers.get(tenantId)
  if (known) return known
  const issuer = new URL(`${location.origin}/${tenantId}/v2.0`)
  const asked = oauth
    .discoveryRequest(issuer, transport)
    .then(response => oauth.processDiscoveryResponse(issuer, response))
  servers.set(tenantId, asked)
  asked.catch(() => servers.delete(tenantId))
  return asked
}

/** Exchanges the code of an answer. The issuer that the answer names has to be one of this origin (RFC 9207). */
async function redeem(answer: URLSearchParams, begun: Begun): Promise<Session> {
  const failed = answer.get('error')
  if (failed !== null && answer.get('state') === begun.state) throw new SignInFailed(failed)
  const [, tenantId] = /^\/([0-9a-f-]{36})\/v2\.0$/.exec(issuerPath(answer)) ?? []
  if (!tenantId) throw new SignInFailed('invalid_issuer')
  const server = await serverOf(tenantId)
  const valid = oauth.validateAuthResponse(server, CLIENT, answer, begun.state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    CLIENT,
    oauth.None(),
    valid,
    REDIRECT,
    begun.verifier,
    { ...transport, ...(acting() && { additionalParameters: ofPartner()! }) },
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, CLIENT, response, { requireIdToken: true })
  const claims = oauth.getValidatedIdTokenClaims(tokens)!
  const homeId = typeof claims.home_tid === 'string' ? claims.home_tid : undefined
  localStorage.setItem(TENANT, homeId ?? tenantId)
  return {
    tenantId,
    homeId,
    userId: claims.sub,
    name: String(claims.name ?? ''),
    userName: String(claims.preferred_username ?? ''),
    token: tokens.access_token,
    renewsAt: Date.now() + (tokens.expires_in ?? 0) * 800,
  }
}

function issuerPath(answer: URLSearchParams): string {
  const issuer = URL.parse(answer.get('iss') ?? '')
  return issuer?.origin === location.origin ? issuer.pathname : ''
}

/** Waits for the answer of a sign-in that is shown elsewhere. @throws {SignInFailed} `left` when `signal` ends the wait. */
function answerTo(begun: Begun, signal: AbortSignal): Promise<URLSearchParams> {
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>()
  const channel = new BroadcastChannel(ANSWERS)
  channel.onmessage = ({ data }) => {
    const answer = new URLSearchParams(String(data))
    // Other windows of the application hear it too: each takes its own.
    if (answer.get('state') === begun.state) resolve(answer)
  }
  signal.addEventListener('abort', () => reject(new SignInFailed('left')))
  return promise.finally(() => channel.close())
}

/**
 * Signs in without a word, by the session that the browser has. A request is led to our own address with the answer in
 * it; a frame would have to load a page. Throws `SignInFailed` `left` where a page comes in place of an answer.
 */
async function bySession(tenantId: string): Promise<Session> {
  serverOf(tenantId).catch(() => {}) // who redeems the answer asks again
  const { begun, address } = await begin('request', { tenantId, prompt: 'none' })
  const asked = fetch(address, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(ANSWERS_IN) })
  sent.resolve()
  const answer = await asked
  // A body that nobody reads holds one of the browser's few connections until the deadline.
  void answer.text().catch(() => {})
  const { url } = answer
  if (!url.startsWith(`${REDIRECT}?`)) throw new SignInFailed('left')
  return redeem(new URL(url).searchParams, begun)
}

/** Signs in by a window of its own. It opens at once, or the browser would take it for an advertisement. */
async function byPopup(tenantId: string | null, strength: Strength | undefined): Promise<Session> {
  const popup = window.open('', 'latchkey-signin', 'popup,width=480,height=720')
  if (!popup) throw new SignInFailed('popup_blocked')
  const { begun, address } = await begin('popup', { tenantId, strength })
  const left = new AbortController()
  const answered = answerTo(begun, left.signal)
  const watch = setInterval(() => popup.closed && setTimeout(() => left.abort(), 500), 250)
  popup.location.replace(address)
  try {
    return await redeem(await answered, begun)
  } finally {
    clearInterval(watch)
    popup.close()
  }
}

async function byWindow(
  tenantId: string | null,
  asked: { prompt?: string; strength?: Strength | undefined } = {},
): Promise<never> {
  const { begun, address } = await begin('window', { tenantId, ...asked })
  const returnTo = location.pathname + location.search + location.hash
  sessionStorage.setItem(BEGUN, JSON.stringify({ ...begun, returnTo }))
  location.assign(address)
  return new Promise(() => {})
}

let session: Session | undefined
let renewing: Promise<Session> | undefined
let timer: number | undefined
const listeners = new Set<() => void>()

/** Whether the session was lost; what was typed is still there. */
export let isLost = false

export const currentSession = () => session

export function onSession(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function keep(next: Session): Session {
  // Somebody else's sign-in in the same browser must not act in the pages of the person before.
  if (session && session.userId !== next.userId) location.assign('/admin/')
  session = next
  isLost = false
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void renew().catch(() => {}), next.renewsAt - Date.now())
  for (const listener of listeners) listener()
  return next
}

let opening: Promise<Session> | undefined

const sent = Promise.withResolvers<void>()

/** Resolves when the question for the session is on its way: a script that runs before it holds it up. */
export const sessionIsAsked: Promise<void> = sent.promise

/** The session that the page begins with, begun once: requests wait for it. */
export function openSession(): Promise<Session> {
  opening ??= open()
  return opening
}

/** By the answer that the page was loaded with, by the browser's session, or by a sign-in. */
async function open(): Promise<Session> {
  const answer = sessionStorage.getItem(ANSWER)
  const begun = sessionStorage.getItem(BEGUN)
  sessionStorage.removeItem(ANSWER)
  sessionStorage.removeItem(BEGUN)
  if (answer !== null && begun !== null) {
    sent.resolve()
    return keep(await redeem(new URLSearchParams(answer), JSON.parse(begun) as Begun).catch(comeBack))
  }
  const tenantId = acting()?.customerId ?? localStorage.getItem(TENANT)
  if (tenantId === null) return byWindow(null)
  try {
    return keep(await bySession(tenantId))
  } catch {
    return byWindow(tenantId)
  } finally {
    sent.resolve()
  }
}

/** Who may not act in a customer (any more) is at home again, where the customer's panel says so. */
function comeBack(error: unknown): never | Promise<never> {
  if (!acting() || !(error instanceof SignInFailed) || error.code !== 'access_denied') throw error
  leaveCustomer()
  return new Promise(() => {})
}

/** Opens a customer in this window: its own issuer asks who it is, by a sign-in at home with a second step. */
export function openCustomer(customerId: string) {
  const domain = session?.userName.split('@')[1] ?? ''
  sessionStorage.setItem(ACTING, JSON.stringify({ customerId, domain } satisfies Acting))
  location.assign('/admin/')
}

/** Whether the person is a partner's, in the organization of a customer. */
export const isActing = () => session?.homeId !== undefined

/** Back from a customer to one's own company. */
export function leaveCustomer() {
  const left = acting()
  sessionStorage.removeItem(ACTING)
  location.assign(left ? `/admin/customers/${left.customerId}` : '/admin/')
}

/** Renews the token before it ends, once however many ask. @throws {SignInFailed} when the browser's session has ended. */
export function renew(): Promise<Session> {
  renewing ??= bySession(session?.tenantId ?? '')
    .then(keep, error => {
      isLost = true
      for (const listener of listeners) listener()
      throw error
    })
    .finally(() => {
      renewing = undefined
    })
  return renewing
}

const tenantNow = () => session?.tenantId ?? acting()?.customerId ?? localStorage.getItem(TENANT)

/** Signs in again, or more strongly, while the page stays as it is. @throws {SignInFailed} also when the popup is closed. */
export const signInAgain = async (strength?: Strength): Promise<Session> => keep(await byPopup(tenantNow(), strength))

/** Signs in again, or more strongly, in this window itself: where the browser opens no other. The page comes back to its address. */
export const signInHere = (strength?: Strength): Promise<never> => byWindow(tenantNow(), { strength })

/** Signs in as somebody else. */
export function changeAccount(): Promise<never> {
  localStorage.removeItem(TENANT)
  sessionStorage.removeItem(ACTING)
  return byWindow(null, { prompt: 'select_account' })
}

/** Ends the session at the server. */
export function signOut() {
  const tenantId = session?.homeId ?? session?.tenantId
  localStorage.removeItem(TENANT)
  sessionStorage.removeItem(ACTING)
  location.assign(`/${tenantId}/v2.0/logout?client_id=${CLIENT.client_id}`)
}
