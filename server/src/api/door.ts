import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { demandAny } from '../access/index.ts'
import { record } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { checkFlood, isFloodOfBytes, JSON_POLICY, openDoor, type Requests, type Visit } from '../http/index.ts'
import { type Authenticate, type Caller, createBearers, type Known } from '../oidc/index.ts'
import { Refusal } from '../refusals.ts'
import { inTenant } from '../store/index.ts'
import { answerBatch, BATCH_LIMIT, BatchBody, type BatchItem, type ItemAnswer, readItem } from './batch.ts'
import { bodyJudge, parseBody } from './body.ts'
import { envelope, type RequestIds, refuse } from './errors.ts'
import { once } from './repeats.ts'
import type { Api, ApiAnswer, Call, Resource } from './resource.ts'
import { createRouter } from './router.ts'
import { readStated } from './stated.ts'
import { countCredential, createThrottle, type Throttle } from './throttle.ts'

const ROOT = '/v1.0'

/** The largest JSON body of most resources. */
const LIMIT = 1024 * 1024

/** What a browser may read of an answer, from any origin: there is no cookie whose rights a page could borrow. */
const EXPOSED = 'ETag, Location, Retry-After, WWW-Authenticate, request-id, client-request-id'
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED,
}
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE',
  'access-control-allow-headers': '*, Authorization',
  'access-control-max-age': '7200',
}

/** A request as the door answers it: of the wire, or of a batch. */
interface Asked extends Pick<Call, 'bytes' | 'headers' | 'stream'>, Pick<FastifyRequest, 'log'> {
  method: string
  /** Path and query below the root. */
  url: string
  /** Reads the JSON of the body. */
  readJson(limit: number): Promise<Record<string, unknown>>
}

/** An answer with its headers, before it is written. */
interface Written {
  status: number
  headers: Record<string, string>
  json?: unknown
  file?: ApiAnswer['file']
}

type Declared = Resource & { judgeBody: ReturnType<typeof bodyJudge> }

/** How every door for programs knows who asks, and counts them. */
export interface Programs {
  authenticate: Authenticate
  throttle: Throttle | undefined
}

/** The door for programs: `/v1.0`, by bearer tokens alone (administration on the wire, §1). */
export const openApi = (app: FastifyInstance, requests: Requests): Promise<Api & Programs> =>
  openDoor(app, door => apiOf(door, requests))

function apiOf(door: FastifyInstance, requests: Requests): Api & Programs {
  const { services } = requests
  const english = services.words.in('en')
  const bearers = createBearers(services)
  const throttle = services.apiLimits ? createThrottle() : undefined
  const router = createRouter()
  const resources: Declared[] = []

  // A body is read after its sender is known, and no further than its resource takes.
  door.removeAllContentTypeParsers()
  door.addContentTypeParser('*', (_request, _payload, done) => done(null))

  door.route({
    method: 'OPTIONS',
    url: `${ROOT}/*`,
    config: { access: 'anyone' },
    handler: (_request, reply) => reply.code(204).headers(PREFLIGHT).send(),
  })
  door.route({
    method: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
    url: `${ROOT}/*`,
    config: { access: 'anyone' },
    async handler(request, reply) {
      const ids = idsOf(request.id, request.headers['client-request-id'])
      const visit = named(request.visit, ids)
      const answer = await answerOf(request, () => admit(visit, request), ids)
      if (isFloodOfBytes(request)) reply.header('connection', 'close')
      return send(reply, answer, ids)
    },
  })

  /** Lets a request in by its token, and answers it. */
  const admit = async (visit: Visit, request: FastifyRequest): Promise<Written> => {
    const [, token] = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
    const asked = wireRequest(request)
    const known = token !== undefined && readsOnly(asked) ? bearers.knownBy(visit.act, token) : undefined
    const inTurn = async () => {
      const caller = token === undefined ? undefined : await bearers.authenticate(visit.act, token)
      if (caller) return caller
      await checkFlood(visit, 'token')
      throw refuse('token_missing')
    }
    if (!known) return serve(visit, await inTurn(), asked)
    const run = async () => (await readAlong(visit, known, asked)) ?? (await dispatch(visit, await inTurn(), asked))
    return counted(known.caller, asked, run)
  }

  /** Answers one request of a caller. A batch's requests come here one by one. */
  const serve = (visit: Visit, caller: Caller, asked: Asked): Promise<Written> =>
    counted(caller, asked, () => dispatch(visit, caller, asked))

  const counted = async (caller: Caller, { method }: Asked, run: () => Promise<Written>): Promise<Written> => {
    const used = await throttle?.(caller, method !== 'GET')
    const answer = await run()
    if (used !== undefined) answer.headers['x-ms-throttle-limit-percentage'] = used.toFixed(2)
    return answer
  }

  const readsOnly = ({ method, url }: Asked): boolean => {
    if (method !== 'GET') return false
    try {
      const { path, query } = readUrl(url)
      return router.find(method, path).resource.readsOnly?.(query) ?? false
    } catch {
      return false // it is refused once its caller is known
    }
  }

  /**
   * Reads for the caller of the token's last request, and in the same flight who they are now. Undefined where that is
   * not the same, or the read was refused: nothing of it is told, and the request is served in turn.
   */
  const readAlong = async (visit: Visit, { caller, along }: Known, asked: Asked): Promise<Written | undefined> => {
    const judged: boolean[] = []
    const read: Call['read'] = async work => {
      const { now, found } = await along(visit.db, work)
      judged.push(isDeepStrictEqual(now, caller))
      return found
    }
    try {
      const answer = await dispatch(visit, caller, asked, read)
      return judged.length > 0 && judged.every(Boolean) ? answer : undefined
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  const dispatch = async (visit: Visit, caller: Caller, asked: Asked, along?: Call['read']): Promise<Written> => {
    const { path, query } = readUrl(asked.url)
    if (/^\/\$batch$/i.test(path)) return batch(visit, caller, asked)
    const { resource, params } = router.find(asked.method, path)
    // A partner's person has no account here.
    if (caller.actor.kind === 'partner' && /^\/me(\/|$)/i.test(path)) throw refuse('partner_token')
    if (resource.delegated && caller.actor.kind === 'application') throw refuse('delegated_only')
    if (!(resource.ofPartners && caller.actor.kind === 'partner')) demandAny(caller, ...[resource.action].flat())
    const body = await readBody(resource as Declared, asked)
    const stated = asked.method === 'GET' ? {} : readStated(asked.headers)
    const { db, act } = visit
    const call: Call = {
      services,
      db,
      act: { ...act, actor: caller.actor, trail: { ...act.trail, ...stated } },
      caller,
      tenantId: caller.tenantId,
      base: services.origin + ROOT,
      path,
      params,
      query,
      headers: asked.headers,
      body,
      read: along ?? (work => inTenant(db, caller.tenantId, work)),
      bytes: asked.bytes,
      stream: asked.stream,
    }
    if (resource.isCredential) await countCredential(call)
    if (along) return write(call, resource, withStatus(resource, await resource.handle(call)))
    const run = async () => withStatus(resource, await resource.handle(call).catch(error => noteRefusal(call, error)))
    const read = async (place: string): Promise<ApiAnswer> => {
      const { json } = await dispatch(visit, caller, { ...asked, method: 'GET', url: place, headers: {} })
      return { json: json as Record<string, unknown> }
    }
    const answer = resource.method === 'POST' ? await once(call, { success: resource.status, run, read }) : await run()
    return write(call, resource, answer)
  }

  const batch = async (visit: Visit, caller: Caller, asked: Asked): Promise<Written> => {
    if (asked.method !== 'POST') throw refuse('method_unknown', { more: { allow: 'POST' } })
    const { requests: items } = judgeBatch(await asked.readJson(BATCH_LIMIT)) as { requests: BatchItem[] }
    const answerItem = async (item: BatchItem, isFailed: boolean): Promise<ItemAnswer> => {
      const ids = idsOf(services.random.uuid(visit.act.now), item.headers?.['client-request-id'])
      const own = named(visit, ids)
      const { status, headers, json } = await answerOf(
        asked,
        async () => {
          if (isFailed) throw refuse('dependency_failed')
          return serve(own, caller, { ...itemRequest(item), log: asked.log })
        },
        ids,
      )
      if (json === undefined) return { status, headers }
      return { status, headers: { ...headers, 'content-type': 'application/json' }, body: json }
    }
    return { status: 200, headers: {}, json: await answerBatch(items, answerItem) }
  }

  /** Runs a request, and writes what it throws. */
  const answerOf = async (
    request: Pick<FastifyRequest, 'log'>,
    run: () => Promise<Written>,
    ids: RequestIds,
  ): Promise<Written> => {
    try {
      return await run()
    } catch (error) {
      const refusal = error instanceof Refusal ? error : requests.refusalOf(error, request)
      return envelope(refusal, english, services.clock(), ids)
    }
  }

  return {
    resources,
    authenticate: bearers.authenticate,
    throttle,
    add(resource) {
      const declared = { ...resource, judgeBody: bodyJudge(resource as Resource) } as unknown as Declared
      router.add(declared)
      resources.push(declared)
    },
  }
}

const judgeBatch = bodyJudge({ body: BatchBody })

async function readBody(resource: Declared, asked: Asked): Promise<unknown> {
  const { method, takes, takesNone, limit = LIMIT, judgeBody } = resource
  if (method === 'GET' || method === 'DELETE') return undefined
  const type = asked.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (takes) {
    if (type === undefined ? !takesNone : !takes.includes(type)) throw refuse('media_type')
    return undefined
  }
  if (type !== undefined && type !== 'application/json') throw refuse('media_type')
  return judgeBody(await asked.readJson(limit))
}

function readUrl(url: string): { path: string; query: [string, string][] } {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  return { path, query: at < 0 ? [] : [...new URLSearchParams(url.slice(at + 1))] }
}

function wireRequest(request: FastifyRequest): Asked {
  const { raw, method } = request
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]))
  const stream = (limit: number) => readStream(raw, limit)
  const bytes = (limit: number) => readBytes(raw, limit)
  return {
    method,
    url: (raw.url ?? '').slice(ROOT.length),
    headers,
    bytes,
    stream,
    log: request.log,
    readJson: async limit => parseBody((await bytes(limit)).toString('utf8')),
  }
}

/** Reads a body whole. Throws `body_too_large` before more is read than fits. */
export async function readBytes(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of readStream(body, limit)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The same in pieces. */
async function* readStream(stream: Readable, limit: number): AsyncGenerator<Buffer> {
  let length = 0
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      length += chunk.length
      if (length > limit) throw refuse('body_too_large')
      yield chunk
    }
  } finally {
    // What is left is read for nothing, so that its sender hears the answer.
    stream.on('data', chunk => {
      length += chunk.length
      if (length > limit) stream.destroy()
    })
  }
}

function itemRequest(item: BatchItem): Omit<Asked, 'log'> {
  const { url, headers } = readItem(item)
  const { body = {} } = item
  const bytes = async () => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    method: item.method.toUpperCase(),
    url,
    headers,
    bytes,
    async *stream() {
      yield await bytes()
    },
    async readJson() {
      if (typeof body !== 'object' || body === null || Array.isArray(body)) throw refuse('body_unreadable')
      return body as Record<string, unknown>
    },
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A caller's own id is told again where it is a UUID; any other text could be another request's. */
const idsOf = (requestId: string, client: unknown): RequestIds => ({
  requestId,
  clientRequestId: typeof client === 'string' && UUID.test(client) ? client : requestId,
})

/** The visit of one request, whose id all its events have. */
const named = (visit: Visit, { requestId, clientRequestId }: RequestIds): Visit => ({
  ...visit,
  act: {
    ...visit.act,
    trail: {
      ...visit.act.trail,
      correlationId: requestId,
      ...(clientRequestId !== requestId && { clientRequestId }),
    },
  },
})

/** What `access` says of a target, in the log: who tries what they may not do to whom. */
const REFUSED_TARGET = ['forbidden', 'protected_target', 'own_rights', 'not_for_partners']

type Targeted = Pick<Call, 'db' | 'act' | 'tenantId' | 'params' | 'path'>

/** Writes down that a caller was refused a target. What was decided before a target was read costs no row. */
export async function noteRefusal({ db, act, tenantId, params, path }: Targeted, error: unknown): Promise<never> {
  if (error instanceof Refusal && error.status === 403 && REFUSED_TARGET.includes(error.code)) {
    const id = Object.values(params).find(isUuid)
    await inTenant(db, tenantId, trx =>
      record(trx, act, {
        activity: 'access.refused',
        result: 'failure',
        reason: error.code,
        target: { ...(id !== undefined && { id }), name: path.slice(0, 200) },
      }),
    )
  }
  throw error
}

/** The answer with the status of its resource, where it has none of its own. */
const withStatus = ({ status }: Resource, answer: ApiAnswer) => ({
  ...answer,
  status: answer.status ?? (answer.json || answer.file ? (status === 204 ? 200 : status) : 204),
})

/** Writes the answer of a resource: what was made with its address, an unchanged one without its content. */
function write({ base, headers }: Call, resource: Resource, answer: ApiAnswer & { status: number }): Written {
  const { json, file, location, etag } = answer
  const told: Record<string, string> = {
    ...answer.headers,
    ...(location !== undefined && { location: base + location }),
    ...(etag !== undefined && { etag }),
  }
  const { status } = answer
  if (resource.method === 'GET' && etag !== undefined && matchesNone(headers['if-none-match'], etag))
    return { status: 304, headers: told }
  if (file) return { status, headers: told, file }
  if (!json) return { status, headers: told }
  const context = resource.context && { '@odata.context': `${base}/$metadata#${resource.context}` }
  return { status, headers: told, json: { ...context, ...json } }
}

const matchesNone = (header: string | undefined, etag: string) =>
  header?.split(',').some(one => one.trim() === '*' || one.trim() === etag)

function send(reply: FastifyReply, { status, headers, json, file }: Written, ids: RequestIds) {
  reply
    .code(status)
    .headers({ ...CORS, 'content-security-policy': JSON_POLICY, 'cache-control': 'no-store', vary: 'Accept-Language' })
    .headers(headers)
    .header('request-id', ids.requestId)
    .header('client-request-id', ids.clientRequestId)
  if (file)
    return reply.type(file.type).send(Buffer.isBuffer(file.content) ? file.content : Readable.from(file.content))
  if (json === undefined) return reply.send()
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(json))
}
