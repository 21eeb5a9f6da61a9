import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { demandAny } from '../access/index.ts'
import { noteRefusal, type Programs, parseBody, readBytes, refuse as refuseAsApi } from '../api/index.ts'
import { checkFlood, isFloodOfBytes, JSON_POLICY, openDoor, type Requests, type Visit } from '../http/index.ts'
import type { Caller } from '../oidc/index.ts'
import { Refusal } from '../refusals.ts'
import { actorHere, lists, type ScimAnswer, type ScimCall } from './calls.ts'
import { refuse, scimError } from './errors.ts'
import { createGroup, listGroups, patchGroup, readGroup, removeGroup, replaceGroup } from './groups.ts'
import { projected } from './projection.ts'
import { describe, isDescription } from './schemas.ts'
import { isToken, readToken } from './tokens.ts'
import { createUser, listUsers, patchUser, readUser, removeUser, replaceUser } from './users.ts'

const ROOT = '/scim/v2'

/** The largest body. */
const LIMIT = 1024 * 1024

const TYPES = ['application/scim+json', 'application/json']

type Handler = (call: ScimCall, id: string) => Promise<ScimAnswer>

/** What each address takes: the whole list, and one resource. */
const LISTS: Record<string, Record<string, Handler>> = {
  users: { GET: listUsers, POST: createUser },
  groups: { GET: listGroups, POST: createGroup },
}
const ONES: Record<string, Record<string, Handler>> = {
  users: { GET: readUser, PUT: replaceUser, PATCH: patchUser, DELETE: removeUser },
  groups: { GET: readGroup, PUT: replaceGroup, PATCH: patchGroup, DELETE: removeGroup },
}

/** What RFC 7644 has besides, and Latchkey does not. */
const LEFT_OUT = ['bulk', 'me', '.search']

/** The door for provisioning: SCIM 2.0 (administration on the wire, §2.10), by bearer tokens alone. */
export const openScim = (app: FastifyInstance, requests: Requests, programs: Programs): Promise<void> =>
  openDoor(app, door => fill(door, requests, programs))

function fill(door: FastifyInstance, requests: Requests, { authenticate, throttle }: Programs): void {
  const { services } = requests
  const english = services.words.in('en')
  // Known once the server listens.
  const baseOf = () => services.origin + ROOT

  // A body is read after its sender is known.
  door.removeAllContentTypeParsers()
  door.addContentTypeParser('*', (_request, _payload, done) => done(null))

  for (const url of [ROOT, `${ROOT}/*`])
    door.route({
      method: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
      url,
      config: { access: 'anyone' },
      async handler(request, reply) {
        const answer = await answerOf(request)
        if (isFloodOfBytes(request)) reply.header('connection', 'close')
        return send(reply, answer)
      },
    })

  const answerOf = async (request: FastifyRequest) => {
    try {
      return await admit(request)
    } catch (error) {
      const refusal = error instanceof Refusal ? error : requests.refusalOf(error, request)
      return scimError(refusal, english, services.clock(), { requestId: request.id, clientRequestId: request.id })
    }
  }

  /** Lets a request in by its token, and answers it. */
  const admit = async (request: FastifyRequest): Promise<Written> => {
    const { act: unnamed } = request.visit
    // All events of a request have its id, also the one that somebody of a partner came.
    const act = { ...unnamed, trail: { ...unnamed.trail, correlationId: request.id } }
    const visit = { ...request.visit, act }
    const [, token = ''] = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
    const caller = isToken(token)
      ? await readToken(visit.db, visit.act, token)
      : token === ''
        ? undefined
        : await authenticate(visit.act, token)
    if (!caller) {
      await checkFlood(visit, 'token')
      throw refuseAsApi('token_missing')
    }
    await throttle?.(caller, request.method !== 'GET')
    return serve(visit, caller, request)
  }

  const serve = async (visit: Visit, caller: Caller, request: FastifyRequest): Promise<Written> => {
    const { method } = request
    const { path, query } = readUrl(request.raw.url ?? '')
    const handler = find(method, path)
    demandAny(caller, 'scim.use')
    if (isDescription(path[0] ?? '') && query.filter !== undefined) throw refuse('filter_not_here')
    const call: ScimCall = {
      services,
      db: visit.db,
      act: { ...visit.act, actor: actorHere(caller.actor) },
      caller,
      tenantId: caller.tenantId,
      base: baseOf(),
      query,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, value?.toString()])),
      body: method === 'GET' || method === 'DELETE' ? {} : await readBody(request),
    }
    const id = (path[1] ?? '').toLowerCase()
    const target = { ...call, params: { id }, path: `/${path.join('/')}` }
    return write(call, method, await handler(call, id).catch(error => noteRefusal(target, error)))
  }

  /** Throws `no_resource`, `not_implemented`, `method_unknown`. */
  const find = (method: string, path: readonly string[]): Handler => {
    const [first = '', id, ...rest] = path
    if (LEFT_OUT.includes(first) || id?.toLowerCase() === '.search') throw refuseAsApi('not_implemented')
    const described = describe(baseOf(), path)
    if (isDescription(first) && described) {
      const get: Handler = async () => ({ status: 200, json: described })
      return methodOf({ GET: get }, method)
    }
    const all = id === undefined ? LISTS : ONES
    if (rest.length > 0 || !Object.hasOwn(all, first)) throw refuse('no_resource')
    return methodOf(all[first]!, method)
  }
}

function methodOf(handlers: Record<string, Handler>, method: string): Handler {
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined
  if (!handler) throw refuseAsApi('method_unknown', { more: { allow: Object.keys(handlers).join(', ') } })
  return handler
}

/** The parts of the path, the first one in lower case, and the options by their names in lower case. */
function readUrl(url: string): { path: string[]; query: Record<string, string> } {
  const [path = '', ...rest] = url.slice(ROOT.length).split('?')
  const [first = '', ...others] = path.replace(/^\//, '').replace(/\/$/, '').split('/')
  const options = [...new URLSearchParams(rest.join('?'))]
  return {
    path: [first.toLowerCase(), ...others.map(decoded)],
    query: Object.fromEntries(options.map(([name, value]) => [name.toLowerCase(), value])),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('no_resource')
  }
}

async function readBody(request: FastifyRequest): Promise<Record<string, unknown>> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type === undefined || !TYPES.includes(type)) throw refuseAsApi('media_type')
  return parseBody((await readBytes(request.raw, LIMIT)).toString('utf8'))
}

/** An answer with its headers, before it is written. */
interface Written {
  status: number
  headers: Record<string, string>
  json?: object | undefined
}

function write({ base, headers, query }: ScimCall, method: string, answer: ScimAnswer): Written {
  const { status, json, etag, location } = answer
  const told = {
    ...(etag !== undefined && { etag }),
    ...(location !== undefined && { location: base + location }),
  }
  const asked = headers['if-none-match']
  if (method === 'GET' && etag !== undefined && asked !== undefined && (asked.trim() === '*' || lists(asked, etag)))
    return { status: 304, headers: told }
  return { status, headers: told, json: json && shortened(json, query) }
}

/** A resource, or each one of a list, with the attributes that the query asks for. */
function shortened(json: object, query: Record<string, string>): object {
  const { Resources: resources } = json as { Resources?: Record<string, unknown>[] }
  if (!resources) return projected(json as Record<string, unknown>, query)
  return { ...json, Resources: resources.map(one => projected(one, query)) }
}

function send(reply: FastifyReply, { status, headers, json }: Written) {
  reply
    .code(status)
    .headers({ 'content-security-policy': JSON_POLICY, 'cache-control': 'no-store', vary: 'Authorization' })
    .headers(headers)
  if (json === undefined) return reply.send()
  return reply.type('application/scim+json; charset=utf-8').send(JSON.stringify(json))
}
