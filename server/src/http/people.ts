import { parse as parseForm } from 'node:querystring'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import cookie from '@fastify/cookie'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { FloodKind } from '../captcha/index.ts'
import { type HashingAsker, HashingBusy, type Random } from '../crypto/index.ts'
import { Refusal } from '../refusals.ts'
import { actorOf, findSession, isSomebodysDevice, type Requirement } from '../sessions/index.ts'
import { overloadLog } from './log.ts'
import { findNotice, leaveNotice } from './notice.ts'
import { drawPage, type PageContent, problemPage } from './page.tsx'
import { problemJson, refuse } from './problems.ts'
import { validator } from './schemas.ts'
import { brand, ownAddress, readVisit, type SignedInVisit, type Surroundings, type Visit } from './visit.ts'

declare module 'fastify' {
  interface FastifyRequest {
    visit: Visit
  }
}

/** The answer of a route: JSON with a status, or for a form the address to go on to. */
export interface Answer {
  status?: number
  json?: unknown
  /** The new resource's address, for 201. */
  location?: string
  /** Where a form goes on; a journey's own page where it is left out. */
  next?: string
}

/** Who may ask: anybody; a full session; or also a session that requires one of these steps. */
export type Access = 'anyone' | 'signed-in' | readonly Requirement[]

interface RouteBase {
  method: 'GET' | 'POST' | 'DELETE'
  url: string
}

type VisitFor<A extends Access> = A extends 'anyone' ? Visit : SignedInVisit

/** One URL of a journey, with its two representations. */
export interface PeopleRoute<A extends Access, Body extends TSchema> extends RouteBase {
  access: A
  /** The limit per address that it counts towards. Over the limit, a request costs only its answer. */
  flood?: FloodKind
  /** Whether its body is hashed: a request then reserves its queue slot before it counts or reads anything. */
  hashes?: true
  /** The only body that is taken; absent: none. */
  body?: Body
  /** Makes that body from a form's fields, where they differ. */
  fromForm?(form: Record<string, unknown>): unknown
  /** Does the act, or reads the resource. A GET without it has no JSON form. */
  handle?(visit: VisitFor<A>, body: Static<Body>): Promise<Answer>
  /** The page of a GET. `problem`: the refusal of its form just now. */
  page?(visit: VisitFor<A>, problem?: Refusal): Promise<PageContent>
  /** The page of the form, which shows its refusal; the form's own address where it is left out. */
  standsOn?(visit: Visit): string
  /** The names of fields whose content that page shows again. None may hold a secret. */
  keeps?: RegExp
}

/** A line of the route table, which tests walk. */
export interface RouteLine extends RouteBase {
  access: Access
  hasPage: boolean
  hasJson: boolean
}

/** Registers people's routes, and knows them all. */
export interface People {
  route<A extends Access, Body extends TSchema>(route: PeopleRoute<A, Body>): void
  /** The page for a GET of a form's address: after a reload, or through the back button. */
  redirect(url: string, to: (params: Record<string, string>) => string | undefined): void
  table: RouteLine[]
}

/** Prepares the server for people's journeys: cookies, forms, the cross-site check, and one place for errors. */
export async function people(app: FastifyInstance, around: Surroundings): Promise<People> {
  await app.register(cookie)
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => readForm(body),
  )
  app.decorateRequest('visit', null as unknown as Visit)
  app.addHook('onRequest', async (request, reply) => {
    request.visit = readVisit(around, request, reply)
    reply.header('cache-control', 'no-store').header('vary', 'Accept, Accept-Language, Cookie')
    if (request.method !== 'GET' && request.method !== 'HEAD') checkSameSite(request, around.origin)
  })
  const overloaded = overloadLog(app.log)
  const table: RouteLine[] = []
  app.setErrorHandler((error, request, reply) =>
    answerProblem(request, reply, readProblem(error as FastifyError, request, overloaded)),
  )
  app.setNotFoundHandler((request, reply) => {
    const meant = request.method === 'GET' && meantAddress(request.url, table)
    return meant ? reply.redirect(meant, 308) : answerProblem(request, reply, refuse('not_found'))
  })

  return {
    table,
    redirect(url, to) {
      app.get(url, { config: { access: 'anyone' } }, async (request, reply) => {
        const address = request.visit.html && to(request.visit.params)
        if (!address) throw refuse('not_found')
        return reply.redirect(address, 303)
      })
    },
    route(route) {
      const { method, url, access, flood } = route
      if (access === 'anyone' && method !== 'GET' && !flood) throw new Error(`${method} ${url} can be sent without end`)
      table.push({
        method,
        url,
        access,
        hasPage: route.page !== undefined && method === 'GET',
        hasJson: route.handle !== undefined,
      })
      const validate = route.body && validator(route.body)
      const blurred = access === 'anyone' && (method !== 'GET' || url.includes(':'))
      const serve = async (request: FastifyRequest, reply: FastifyReply) => {
        const visit = request.visit as VisitFor<typeof access>
        visit.body = request.body
        try {
          if (flood) await checkFlood(visit, flood)
          if (blurred) await blur(around.random)
          await admit(visit, access)
          if (method === 'GET' && (visit.html || !route.handle)) return await answerPage(reply, visit, route.page)
          refuseSprawl(request.body)
          if (visit.html) refuseRepeatedFields(request.body)
          const body = visit.html && route.fromForm ? route.fromForm(asForm(request.body)) : (request.body ?? {})
          if (validate) validate(body)
          else if (method !== 'GET') refuseBody(request.body)
          const answer = (await route.handle?.(visit, body as never)) ?? {}
          if (!visit.html) return answerJson(reply, answer)
          visit.cookies.clear('notice')
          return reply.redirect(answer.next ?? visit.path, 303)
        } catch (error) {
          const problem = readProblem(error as FastifyError, request, overloaded)
          const away = visit.html && wayOut(visit, problem, method)
          if (away) return reply.redirect(away, 303)
          if (!visit.html || method !== 'POST' || problem.status === 404 || problem.status >= 500) throw problem
          // Never the page itself: a reload or the back button would send the form once more.
          const page = route.standsOn?.(visit) ?? ownAddress(visit)
          leaveNotice(visit, page, problem, route.keeps)
          return reply.redirect(page, 303)
        }
      }
      const waits = route.hashes ? inLine(around, serve) : { handler: asAsker(around, serve) }
      app.route({ method, url, config: { access }, ...waits })
    },
  }
}

type Serve = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** Hashes of the request count towards its address, where addresses are limited. */
const asAsker =
  ({ hasher, floods }: Surroundings, serve: Serve): Serve =>
  (request, reply) =>
    hasher.askedBy(floods && { address: request.visit.address, familiar: false }, () => serve(request, reply))

/** Refuses before the body is read, so that a flood costs as little as can be. Then holds the place until the answer. */
function inLine({ hasher, floods, db }: Surroundings, serve: Serve) {
  const askers = new WeakMap<FastifyRequest, HashingAsker>()
  return {
    async onRequest(request: FastifyRequest) {
      if (!floods) return hasher.requirePlace()
      const { address, act, cookies } = request.visit
      // The browser is looked up only where it decides, and only for an address with free places.
      if (hasher.isNearlyFull()) hasher.requirePlace({ address, familiar: true })
      const familiar = hasher.isNearlyFull() && (await isSomebodysDevice(db, act, cookies.get('device')))
      hasher.requirePlace({ address, familiar })
      askers.set(request, { address, familiar })
    },
    handler: (request: FastifyRequest, reply: FastifyReply) =>
      hasher.askedBy(askers.get(request), () => hasher.withPlace(() => serve(request, reply))),
  }
}

/** Milliseconds. */
const BLUR = 10

/**
 * Waits at random before anything is looked up for a stranger. A known name takes some hundredths of a millisecond
 * longer, which a few hundred tries would show. After the work, its jobs would reveal the same. Timers count whole
 * milliseconds, so the fraction is waited out turn by turn.
 */
async function blur(random: Random) {
  const wait = random.below(BLUR * 1_000) / 1_000
  if (wait >= 1) await sleep(Math.floor(wait))
  const end = performance.now() + (wait % 1)
  while (performance.now() < end) await nextTurn()
}

/** Refuses an address that asks too often, for known and unknown names alike: nothing was looked up yet. */
async function checkFlood({ around, address }: Visit, kind: FloodKind) {
  const retryAfter = (await around.floods?.(kind, address)) ?? 0
  if (retryAfter > 0) throw refuse('throttled', { retryAfter })
}

/** Opens the session, and refuses a request that the route does not allow. */
async function admit(visit: Visit, access: Access) {
  if (access === 'anyone') return
  visit.session = await findSession(visit.db, visit.act, visit.cookies.get('session'))
  if (!visit.session) throw refuse('not_signed_in')
  if (visit.html) await brand(visit, visit.session.tenantId)
  const { correlationId, requires } = visit.session
  visit.act = { ...visit.act, actor: actorOf(visit.session), trail: { ...visit.act.trail, correlationId } }
  if (requires !== null && (access === 'signed-in' || !access.includes(requires))) throw refuse('session_restricted')
}

/** The page of the step that a session requires. */
export const stepPages: Record<Requirement, string> = {
  'change-password': '/account/password',
  register: '/security-info',
  confirm: '/security-info',
}

/** Our address for one that was typed with a capital letter or a last slash too many. */
function meantAddress(url: string, table: readonly RouteLine[]): string | undefined {
  const [, first = '', rest = '', query = ''] = /^\/([\w-]+)((?:\/[\w.-]+)*)\/?(\?.*)?$/.exec(url) ?? []
  const known = table.some(line => line.url.split('/')[1] === first.toLowerCase())
  const meant = `/${first.toLowerCase()}${rest}${query}`
  return known && meant !== url ? meant : undefined
}

/** The page to which a browser is sent instead of a refusal. */
function wayOut(visit: Visit, problem: Refusal, method: string): string | undefined {
  if (problem.code === 'not_signed_in') {
    const next = method === 'GET' && visit.path !== '/account' ? `?next=${encodeURIComponent(visit.path)}` : ''
    return `/signin${next}`
  }
  if (problem.code === 'session_restricted' && visit.session?.requires) return stepPages[visit.session.requires]
  if (problem.code === 'proof_needed') return `/session/proof?next=${encodeURIComponent(proofReturn(visit.path))}`
  // Back, or a second tab, after the method was removed.
  if (problem.code === 'not_found' && REMOVAL.test(visit.path)) return '/security-info'
  return undefined
}

const REMOVAL = /^\/security-info\/methods\/[\w-]+\/removal$/

/** The page after a fresh proof: the page that asked for it, or the page of its form. */
const proofReturn = (path: string) =>
  /^\/security-info\/(set-up\/\w+|methods\/[\w-]+\/removal)$/.test(path) ? path : '/security-info'

/**
 * Refuses requests that another site's page caused. `Sec-Fetch-Site` comes from the browser itself and decides alone
 * where it is sent; `Origin: null` comes from sandboxed pages and is refused.
 */
function checkSameSite(request: FastifyRequest, origin: string) {
  const site = request.headers['sec-fetch-site']
  const from = request.headers.origin
  if (site !== undefined ? site !== 'same-origin' : from !== undefined && from !== origin && !isOtherName(from, origin))
    throw refuse('cross_site')
}

/** In the demonstration, 127.0.0.1 is served beside localhost. */
const isOtherName = (from: string, origin: string) =>
  origin.startsWith('http://localhost:') && from === origin.replace('localhost', '127.0.0.1')

const asForm = (body: unknown) => (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>

/** No form of ours has more fields, and no body more values, even with answers to twenty questions. */
const FIELDS_AT_MOST = 50
const VALUES_AT_MOST = 100

/** Reads only so many fields: thousands would cost as much to refuse as a hundred sign-ins. */
function readForm(body: string): Record<string, unknown> {
  const form = parseForm(body, '&', '=', { maxKeys: FIELDS_AT_MOST + 1 })
  if (Object.values(form).flat().length > FIELDS_AT_MOST) throw refuse('invalid_request')
  return form
}

/** A schema names each value that does not fit, so it never gets many. */
function refuseSprawl(body: unknown) {
  let values = 0
  const count = (value: unknown): void => {
    if (++values > VALUES_AT_MOST) throw refuse('invalid_request')
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) count(inner)
  }
  count(body)
}

/** Refuses a repeated field, which one reader takes as an array and another as the last value. */
function refuseRepeatedFields(body: unknown) {
  const twice = Object.entries(asForm(body)).filter(([, value]) => typeof value !== 'string')
  if (twice.length > 0)
    throw refuse('invalid_request', { errors: twice.map(([field]) => ({ field, code: 'invalid' })) })
}

function refuseBody(body: unknown) {
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body)))
    throw refuse('invalid_request')
  const unknown = Object.keys(asForm(body))
  if (unknown.length > 0)
    throw refuse('invalid_request', { errors: unknown.map(field => ({ field, code: 'unknown' })) })
}

async function answerPage<V extends Visit>(
  reply: FastifyReply,
  visit: V,
  page: ((visit: V, problem?: Refusal) => Promise<PageContent>) | undefined,
) {
  if (!page) throw refuse('not_found')
  const notice = findNotice(visit)
  visit.body = notice?.typed
  const content = await page(visit, notice?.problem)
  notice?.read()
  if (content.refreshAfterSeconds !== undefined) reply.header('refresh', content.refreshAfterSeconds)
  return reply.type('text/html; charset=utf-8').send(drawPage(visit, content))
}

function answerJson(reply: FastifyReply, { status = 200, json, location }: Answer) {
  if (location) reply.header('location', location)
  if (json === undefined) return reply.code(status === 200 ? 204 : status).send()
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(json))
}

function answerProblem(request: FastifyRequest, reply: FastifyReply, problem: Refusal) {
  const { visit } = request
  reply.code(problem.status)
  if (isFloodOfBytes(request)) reply.header('connection', 'close')
  if (problem.retryAfter !== undefined) reply.header('retry-after', problem.retryAfter)
  if (visit.html) return reply.type('text/html; charset=utf-8').send(drawPage(visit, problemPage(visit, problem)))
  return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(problemJson(visit.locale, problem)))
}

/** Whether an unread body is longer than any that is accepted, or of unknown length: it could go on arriving without end. */
function isFloodOfBytes({ raw, headers, routeOptions }: FastifyRequest): boolean {
  if (raw.complete) return false
  const length = headers['content-length']
  if (length === undefined) return headers['transfer-encoding'] !== undefined
  return Number(length) > (routeOptions.bodyLimit ?? 0)
}

const framework: Record<string, Parameters<typeof refuse>[0]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_BAD_URL: 'not_found',
}

// PostgreSQL ends, starts or has no connection left; two transactions met; no connection became free in time.
const overload =
  /^(28P01|57P0[1-5]|53\d{3}|08\d{3}|40001|40P01|EAGAIN|EAI_AGAIN|ECONN(ABORTED|REFUSED|RESET)|E(HOST|NET)UNREACH|ENOTFOUND|EPIPE|ETIMEDOUT)$/
const isOverload = (error: Error & { code?: unknown; syscall?: unknown }) =>
  overload.test(String(error.code)) ||
  (error.code === 'ENOENT' && error.syscall === 'connect') ||
  /^(timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client (has encountered a connection error|was closed))/.test(
    error.message,
  )

/** The refusal of an error to the outside. An unforeseen error says only that it is our fault; the log has the rest. */
function readProblem(
  error: FastifyError | Refusal | Error,
  request: FastifyRequest,
  overloaded: (error: Error) => void,
): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof HashingBusy || isOverload(error)) {
    overloaded(error)
    return refuse('unavailable', { retryAfter: 2 })
  }
  const { code, statusCode } = error as Partial<FastifyError>
  if (code !== undefined && framework[code]) return refuse(framework[code])
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return refuse('invalid_request')
  request.log.error({ err: error }, 'request failed')
  return refuse('internal')
}
