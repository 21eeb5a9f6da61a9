import { isIP } from 'node:net'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { Act } from '../act.ts'
import type { Places } from '../audit/index.ts'
import type { Floods } from '../captcha/index.ts'
import { type Clock, SECOND } from '../clock.ts'
import { type Hasher, isUuid, type Keyring, networkOf, type Random } from '../crypto/index.ts'
import { findTenantId, getTenant, NOBODYS_TENANT, readName, type Tenant } from '../directory/index.ts'
import type { MailDomains } from '../notifications/index.ts'
import { type Dns, type Looks, localizationsOf, looksFor, openPreview, withPreview } from '../organization/index.ts'
import type { RelyingParty } from '../passkeys/index.ts'
import type { Passwords } from '../passwords/index.ts'
import {
  cookieStays,
  findSession,
  type Granted,
  type Session,
  ticketFor,
  withoutTicket,
  withTicket,
} from '../sessions/index.ts'
import { askOne, type Db, inTenant } from '../store/index.ts'
import type { Targets } from '../targets/index.ts'
import { acceptedLanguages, chooseLanguage, type Locale, type Words } from '../words/index.ts'
import type { Links } from '../writeback/index.ts'
import { keepAccount } from './accounts.ts'
import { type CookieJar, cookieJar } from './cookies.ts'
import { refuse } from './problems.ts'

/** What every request is served with; made once by app.ts. */
export interface Services extends RelyingParty {
  db: Db
  clock: Clock
  random: Random
  keys: Keyring
  hasher: Hasher
  passwordChecks: Passwords
  words: Words
  /** Locates addresses for people; undefined: they see the address alone. */
  places: Places | undefined
  /** The links of agents in companies' networks. */
  links: Links
  /** The way to addresses that companies chose. */
  targets: Targets
  /** The way to the resolvers that domains are proven by. */
  dns: Dns
  /** Tells whether mail can be sent to a domain. */
  mailDomains: MailDomains
  /** The domain below which each tenant gets an initial one. */
  tenantSuffix: string | undefined
  /** A domain of the operator's own tenant, where reviewers verify partners; undefined: there is none. */
  operatorTenant: string | undefined
  /** Who may sign a company up, whether people may sign themselves up, and how many a day. */
  signup: { open: 'open' | 'invitation' | 'closed'; persons: boolean; perDay: number }
  /** `https://host` or `http://localhost:port`: links, cookies and passkeys follow it, never a header of the request. */
  origin: string
  /** Whether this is a demonstration. */
  demo: boolean
  /** Whether a captcha has to be solved before a reset begins. */
  captcha: boolean
  /** Counts a request of an address, and returns the seconds that it has to wait, or 0. Undefined: there are no such limits. */
  floods: Floods | undefined
  /** Whether requests of programs are limited. */
  apiLimits: boolean
}

/** One request of a person's browser or front end, as journeys see it. */
export interface Visit {
  services: Services
  db: Db
  /** `correlationId` is the session's; a journey puts its own. */
  act: Act
  locale: Locale
  /** The languages that the browser asks for, most wanted first. */
  languages: readonly string[]
  /** Whether the answer is a page, not JSON. */
  html: boolean
  cookies: CookieJar
  params: Record<string, string>
  query: Record<string, string>
  /** The body that a form or client sent; on the page that shows a refusal, the kept fields. Read it through `typed`. */
  body: unknown
  address: string
  userAgent: string
  /** Set where the route asks for one. */
  session: Session | undefined
  /** The tenant of this page. */
  tenant: Tenant | undefined
  /** Its looks for the reader. */
  looks: Looks | undefined
  path: string
  log: FastifyBaseLogger
}

/** A visit of a signed-in person. */
export type SignedInVisit = Visit & { session: Session }

const first = (value: unknown) => (Array.isArray(value) ? value[0] : value)

/** Characters of looks in an address, which hold every text of a page. Node reads no longer one. */
const LONGEST_LOOK = 16_384

/** Reads a request. Its language: `?lang`, which is remembered, then the cookie, then what the browser asks for. */
export function readVisit(services: Services, request: FastifyRequest, reply: FastifyReply): Visit {
  const secure = services.origin.startsWith('https:')
  const cookies = cookieJar(request, reply, secure)
  const query = Object.fromEntries(
    Object.entries((request.query ?? {}) as Record<string, unknown>).map(([name, value]) => [
      name,
      String(first(value)).slice(0, name === 'look' ? LONGEST_LOOK : 500),
    ]),
  )
  const accepted = acceptedLanguages(request.headers['accept-language'])
  const address = addressOf(request)
  const userAgent = request.headers['user-agent'] ?? ''
  const act: Act = {
    now: services.clock(),
    random: services.random,
    keys: services.keys,
    actor: { kind: 'anyone' },
    trail: { correlationId: '', address, userAgent },
  }
  const language = chooseLanguage([query.lang, cookies.get('lang'), ...accepted])
  if (query.lang !== undefined && query.lang === language) cookies.set('lang', language)
  return {
    services,
    db: services.db,
    act,
    locale: services.words.in(language),
    languages: accepted,
    html: wantsPage(request),
    cookies,
    params: (request.params ?? {}) as Record<string, string>,
    query,
    body: undefined,
    address,
    userAgent,
    session: undefined,
    tenant: undefined,
    looks: undefined,
    path: request.url.split('?')[0] ?? '/',
    log: request.log,
  }
}

/**
 * The address of a visit: the one that a trusted proxy forwarded, or the connection's. Some proxies add the port. A
 * forwarded text that is no address counts as the proxy's own, so that nonsense escapes no limit.
 */
function addressOf(request: FastifyRequest): string {
  const bare = request.ip.replace(/^(\d+(?:\.\d+){3}):\d+$|^\[([^\]]*)\](?::\d+)?$/, '$1$2')
  return plainAddress(isIP(bare) === 0 ? (request.socket.remoteAddress ?? '') : bare)
}

/** An address as people write it: an IPv4 address that a socket gives in IPv6 form becomes itself. */
export function plainAddress(address: string): string {
  const network = networkOf(address)
  return isIP(network) === 4 ? network : address
}

/** A client that names JSON and no pages gets JSON; a browser names pages. */
function wantsPage(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? ''
  if (accept.includes('text/html')) return true
  return (
    !/\bjson\b/.test(accept) &&
    !/\bjson\b/.test(request.headers['content-type'] ?? '') &&
    accept !== '' &&
    accept !== '*/*'
  )
}

/** The query parameters that links back to an address keep. */
const KEPT = [
  'signin',
  'username',
  'whr',
  'next',
  'way',
  'before',
  'user_code',
  'answer',
  'registrar',
  'locale',
  'country',
  'kind',
  'start',
  'willUse',
  'domain',
  'language',
  'zone',
  'q',
]

/** The address of this page, with its kept query and `more`. */
export function ownAddress({ path, query }: Visit, more: Record<string, string> = {}): string {
  const kept = KEPT.flatMap(name => (query[name] === undefined ? [] : [[name, query[name].slice(0, 300)]]))
  const search = new URLSearchParams([...Object.entries(more), ...kept]).toString()
  return search === '' ? path : `${path}?${search}`
}

/** The browser's session in this tenant. */
export const sessionIn = ({ db, act, cookies }: Visit, tenantId: string): Promise<Session | undefined> =>
  findSession(db, act, ticketFor(cookies.get('session'), tenantId))

/** Makes this the current one of the browser's sessions. */
export const keepTicket = (visit: Visit, ticket: string) =>
  keepTickets(visit, withTicket(visit.cookies.get('session'), ticket))

/** Forgets the browser's session in this tenant. */
export const dropTicket = (visit: Visit, tenantId: string) =>
  keepTickets(visit, withoutTicket(visit.cookies.get('session'), tenantId))

function keepTickets({ cookies, act }: Visit, value: string | undefined) {
  const stays = cookieStays(value)
  if (value === undefined) cookies.clear('session')
  else cookies.set('session', value, stays && Math.max(1, Math.floor((stays.getTime() - act.now.getTime()) / SECOND)))
}

/** The page after a sign-out, in the looks of the company. */
export const signedOutPage = ({ user }: Session) =>
  `/signin?signed-out&whr=${encodeURIComponent(readName(user.userPrincipalName).domain)}`

/** Gives the browser the cookies of a session that was renewed, and the visit its new id. */
export function keepSession(visit: SignedInVisit, renewed: Granted | undefined) {
  if (!renewed) return
  keepTicket(visit, renewed.sessionCookie)
  if (renewed.deviceCookie) {
    visit.cookies.set('device', renewed.deviceCookie)
    keepAccount(visit, visit.session.user)
  }
  visit.session = { ...visit.session, id: renewed.sessionCookie.split('.')[1] ?? '' }
}

/** The typed text of a field, to show it again. Never ask for a secret. */
export function typed(visit: Visit, name: string): string | undefined {
  const body = visit.body
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value.slice(0, 2_000) : undefined
}

/** Gives the page the name of this tenant, and its looks in the reader's language. */
export async function brand(visit: Visit, tenantId: string): Promise<Tenant | undefined> {
  if (tenantId !== NOBODYS_TENANT && visit.tenant?.id !== tenantId) {
    const [tenant, all] = await readLooks(visit, tenantId)
    visit.tenant = tenant
    visit.looks = looksFor(all, [visit.locale.language])
  }
  return visit.tenant
}

const readLooks = ({ db }: Visit, tenantId: string) =>
  inTenant(db, tenantId, trx => Promise.all([getTenant(trx, tenantId), askOne(trx, localizationsOf(tenantId))]))

/** Gives the page looks that nobody has saved yet. Throws `not_found` for a token that does not show any. */
export async function brandByPreview(visit: Visit, tenantId: string, token: string): Promise<void> {
  const preview = isUuid(tenantId) ? openPreview(visit.act, tenantId, token) : undefined
  if (!preview) throw refuse('not_found')
  const [tenant, all] = await readLooks(visit, tenantId)
  visit.tenant = tenant
  visit.looks = { ...looksFor(withPreview(all, preview), [preview.locale]), preview: token }
  // As its readers see it. The administrator's own language stays as it is.
  visit.locale = visit.services.words.in(chooseLanguage([preview.locale], visit.locale.language))
}

/** Gives the page the looks of the tenant of the typed name, or before one was typed of `?username=` or `?whr=`. */
export async function brandByName(visit: Visit): Promise<void> {
  const domain = readName(typed(visit, 'username') ?? visit.query.username ?? `@${visit.query.whr ?? ''}`).domain
  await brand(visit, await findTenantId(visit.db, domain.slice(0, 100)))
}
