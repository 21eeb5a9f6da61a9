import cookie from '@fastify/cookie'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FloodKind } from '../captcha/index.ts'
import { type HashingAsker, HashingBusy } from '../crypto/index.ts'
import { Refusal } from '../refusals.ts'
import { actIn, findSession, isSomebodysDevice, type Requirement } from '../sessions/index.ts'
import { blur } from './blur.ts'
import { overloadLog } from './log.ts'
import { drawPage, problemPage } from './page.tsx'
import { problemJson, refuse } from './problems.ts'
import { brand, readVisit, type Services, type SignedInVisit, type Visit } from './visit.ts'

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

export interface RouteBase {
  method: 'GET' | 'POST' | 'DELETE'
  url: string
}

export type VisitFor<A extends Access> = A extends 'anyone' ? Visit : SignedInVisit

/** A line of the route table, which tests walk. */
export interface RouteLine extends RouteBase {
  access: Access
  hasPage: boolean
  hasJson: boolean
}

/** A route of a door: its line of the table, and what a request passes before it is served. */
export interface Route extends RouteLine {
  /** The limit per address that it counts towards. Over the limit, a request costs only its answer. */
  flood?: FloodKind
  /** Whether its body is hashed: a request then reserves its queue slot before it counts or reads anything. */
  hashes?: true
  /** The most bytes of a file in a form. A request must have a session before it is read: only such routes take one. */
  file?: number
  /** Whether a form without a file may be multipart, as mail programs send it. The limit of every body holds. */
  multipart?: true
}

/** An endpoint of applications. It looks nobody up by a typed name, so that its time tells nothing. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'OPTIONS'
  url: string
  flood: FloodKind
}

/** What every door begins with. */
export interface Requests {
  services: Services
  /** Every route of people. */
  table: RouteLine[]
  /** Adds a route to a door. `serve` calls `enter` first, and answers what it throws. */
  add(door: FastifyInstance, route: Route, serve: Handler): void
  /** The same for an endpoint of applications, which is no people's route. */
  addEndpoint(door: FastifyInstance, endpoint: Endpoint, serve: Handler): void
  /** The refusal that an error becomes outside. */
  refusalOf(error: unknown, request: Pick<FastifyRequest, 'log'>): Refusal
}

type Handler = (visit: Visit, enter: Enter, exchange: Exchange) => Promise<unknown>

/** Lets a request in: within the limits of its address, after a random wait where strangers ask, with its session. */
type Enter = () => Promise<void>

interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
}

/** Prepares the server for requests: cookies, the visit of each request, and one place for errors. */
export async function openRequests(app: FastifyInstance, services: Services): Promise<Requests> {
  await app.register(cookie)
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('visit', null as unknown as Visit)
  app.addHook('onRequest', async (request, reply) => {
    request.visit = readVisit(services, request, reply)
    reply.header('cache-control', 'no-store').header('vary', 'Accept, Accept-Language, Cookie')
  })
  const overloaded = overloadLog(app.log)
  const table: RouteLine[] = []
  const refusalOf = (error: unknown, request: Pick<FastifyRequest, 'log'>) =>
    readProblem(error as FastifyError, request, overloaded)
  app.setErrorHandler((error, request, reply) => answerProblem(request, reply, refusalOf(error, request)))
  app.setNotFoundHandler((request, reply) => {
    const meant = request.method === 'GET' && meantAddress(request.url, table)
    return meant ? reply.redirect(meant, 308) : answerProblem(request, reply, refuse('not_found'))
  })
  return {
    services,
    table,
    refusalOf,
    add(door, { flood, hashes, file, multipart, ...line }, serve) {
      const { method, url, access } = line
      if (access === 'anyone' && method !== 'GET' && !flood) throw new Error(`${method} ${url} can be sent without end`)
      table.push(line)
      const blurred = access === 'anyone' && (method !== 'GET' || url.includes(':'))
      const handler = handlerOf(serve, async visit => {
        if (flood) await checkFlood(visit, flood)
        if (blurred) await blur(services.random)
        await admit(visit, access)
      })
      const waits = hashes ? inLine(services, handler) : { handler: asAsker(services, handler) }
      const config = { access, ...(file !== undefined && { file }), ...(multipart && { multipart }) }
      door.route({ method, url, config, ...waits, ...(file !== undefined && takesFile(file)) })
    },
    addEndpoint(door, { method, url, flood }, serve) {
      const handler = handlerOf(serve, visit => checkFlood(visit, flood))
      door.route({ method, url, config: { access: 'anyone' }, handler })
    },
  }
}

const handlerOf =
  (serve: Handler, enter: (visit: Visit) => Promise<void>): Serve =>
  (request, reply) => {
    const { visit } = request
    visit.body = request.body
    return serve(visit, () => enter(visit), { request, reply })
  }

/**
 * Opens a door by `fill`: the hooks and parsers of one door do not reach another. The door itself is never returned from
 * here: it has a `then`, so that an asynchronous function would return the whole server in its place.
 */
export async function openDoor<T>(app: FastifyInstance, fill: (door: FastifyInstance) => T): Promise<T> {
  let filled: { result: T } | undefined
  await app.register(async door => {
    filled = { result: fill(door) }
  })
  return filled!.result
}

/** Refuses changing requests of another site's page, at one door. */
export function refuseOtherSites(door: FastifyInstance, services: Services) {
  door.addHook('onRequest', async request => {
    if (request.method !== 'GET' && request.method !== 'HEAD') checkSameSite(request, services.origin)
  })
}

type Serve = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** Hashes of the request count towards its address, where addresses are limited. */
const asAsker =
  ({ hasher, floods }: Services, serve: Serve): Serve =>
  (request, reply) =>
    hasher.askedBy(floods && { address: request.visit.address, familiar: false }, () => serve(request, reply))

/** Refuses before the body is read, so that a flood costs as little as can be. Then holds the place until the answer. */
function inLine({ hasher, floods, db }: Services, serve: Serve) {
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

/** Bytes that base64 and the other fields of a form take beside a file. */
const BESIDE_FILE = 8 * 1024

/** Takes a longer body than other routes, of somebody who is signed in: a stranger's is refused before it is read. */
const takesFile = (bytes: number) => ({
  bodyLimit: Math.ceil((bytes * 4) / 3) + BESIDE_FILE,
  async onRequest({ visit }: FastifyRequest) {
    if (!(await findSession(visit.db, visit.act, visit.cookies.get('session')))) throw refuse('not_signed_in')
  },
})

/** Refuses an address that asks too often, for known and unknown names alike: nothing was looked up yet. */
export async function checkFlood({ services, address }: Visit, kind: FloodKind) {
  const retryAfter = (await services.floods?.(kind, address)) ?? 0
  if (retryAfter > 0) throw refuse('throttled', { retryAfter })
}

/** Opens the session, and refuses a request that the route does not allow. */
async function admit(visit: Visit, access: Access) {
  if (access === 'anyone') return
  visit.session = await findSession(visit.db, visit.act, visit.cookies.get('session'))
  if (!visit.session) throw refuse('not_signed_in')
  if (visit.html) await brand(visit, visit.session.tenantId)
  const { requires } = visit.session
  visit.act = actIn(visit.act, visit.session)
  if (requires !== null && (access === 'signed-in' || !access.includes(requires))) throw refuse('session_restricted')
}

/** Our address for one that was typed with a capital letter or a last slash too many. */
function meantAddress(url: string, table: readonly RouteLine[]): string | undefined {
  const [, first = '', rest = '', query = ''] = /^\/([\w-]+)((?:\/[\w.-]+)*)\/?(\?.*)?$/.exec(url) ?? []
  const known = table.some(line => line.url.split('/')[1] === first.toLowerCase())
  const meant = `/${first.toLowerCase()}${rest}${query}`
  return known && meant !== url ? meant : undefined
}

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

export function answerJson(reply: FastifyReply, { status = 200, json, location }: Answer) {
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
export function isFloodOfBytes({ raw, headers, routeOptions }: FastifyRequest): boolean {
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
  request: Pick<FastifyRequest, 'log'>,
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
