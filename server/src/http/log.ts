import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type DestinationStream, type Logger, pino } from 'pino'
import { SECOND } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { stackOf } from '../stack.ts'

/** Bytes that are written together, and the milliseconds that a line waits for others. A write for each line would cost more than the line. */
const IN_BLOCKS = { minLength: 4_096, periodicFlush: 250 }

/**
 * The program's log: one JSON object a line, to standard output unless told otherwise. Lines that wait are written with
 * a fatal line and at the end of the process. No text of a person reaches it: an error is logged by its kind and place,
 * because messages quote input; a request by the pattern of its route.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const serializers = { err: describeError, error: describeError, req: () => undefined, res: () => undefined }
  const options = { level, base: null, serializers, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(options, destination ?? pino.destination({ ...IN_BLOCKS }))
}

/** Logs each request once it is answered. */
export function logRequests(app: FastifyInstance) {
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        ...journeyOf(request, reply),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    )
  })
}

/** The id of a journey of people: of the one that the address names, or that was begun. It opens nothing without its cookie. */
export function journeyOf({ params, routeOptions }: FastifyRequest, reply: FastifyReply): { journey?: string } {
  if (/^\/(v1\.0|scim)\b/.test(routeOptions.url ?? '')) return {}
  const { id } = params as { id?: unknown }
  const named = id ?? /^\/[a-z/-]+\/([^/?#]+)$/.exec(String(reply.getHeader('location') ?? ''))?.[1]
  return typeof named === 'string' && isUuid(named) ? { journey: named } : {}
}

/** Logs an overload and its cause at once, and in a flood once a second with its number. A line for each would cost more than the answer. */
export function overloadLog(log: FastifyBaseLogger): (error: Error) => void {
  let times = 0
  let quietUntil = 0
  return error => {
    times++
    const now = performance.now()
    if (now < quietUntil) return
    log.warn({ err: error, times }, 'overloaded')
    quietUntil = now + SECOND
    times = 0
  }
}

/** An error without its words: PostgreSQL's detail quotes rows, a parser's message quotes its input, ours may name a person. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error }
  const { code, table, constraint, column } = error as Error & Partial<Record<string, unknown>>
  const about = Object.entries({ code, table, constraint, column }).filter(([, value]) => typeof value === 'string')
  return {
    kind: error.name,
    ...(isOurMistake(error) && { message: error.message }),
    ...Object.fromEntries(about),
    at: stackOf(error)
      .split('\n')
      .filter(line => /^\s+at /.test(line))
      .map(line => line.trim())
      .slice(0, 12),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}

// Messages of the engine name variables and properties. Messages of Node, which carry a code, show the refused value.
const isOurMistake = (error: Error) =>
  (error instanceof TypeError || error instanceof ReferenceError) && !('code' in error)
