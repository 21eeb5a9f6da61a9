import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { SECOND } from '../clock.ts'

/** A part that the server needs; rejects while it does not work. */
export interface HealthCheck {
  run(): Promise<void>
  /** For how many milliseconds a finding is good: so that whoever asks often costs nothing. */
  goodFor: number
}

const open = { config: { access: 'anyone' } } as const

/** How long a part may take to answer before it counts as failed. */
const PATIENCE = 3 * SECOND

/**
 * Adds what operators' machines ask: `/health/live` (the process answers) and `/health/ready` (503 while a part fails; says which, and never why, because anybody may ask).
 */
export function healthRoutes(app: FastifyInstance, checks: Record<string, HealthCheck>) {
  const parts = Object.entries(checks).map(([name, check]) => ({ name, works: remembered(check) }))

  app.get('/health/live', open, async (_request, reply) => reply.send({ live: 'ok' }))

  app.get('/health/ready', open, async (_request, reply) => {
    const found = await Promise.all(parts.map(async ({ name, works }) => [name, (await works()) ? 'ok' : 'failed']))
    const failed = found.some(([, state]) => state === 'failed')
    return reply.code(failed ? 503 : 200).send(Object.fromEntries(found))
  })
}

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip']

/** Whether a request comes from this machine itself. One that a proxy on this machine passes on comes from anybody. */
const isLocal = ({ raw, headers }: FastifyRequest) =>
  LOOPBACK.test(raw.socket.remoteAddress ?? '') && FORWARDED.every(name => headers[name] === undefined)

/** Counts and times requests, and serves the figures at `/metrics` to Prometheus on this machine: load and memory tell an attacker what hurts. Requests are told apart by the pattern of their route, never by their address, which may name a person. */
export function metricsRoutes(app: FastifyInstance) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'latchkey_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / SECOND)
  })
  app.get('/metrics', open, async (request, reply) => {
    if (!isLocal(request)) return reply.callNotFound()
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

/** Runs a check at most once in its time, however many ask. */
function remembered({ run, goodFor }: HealthCheck): () => Promise<boolean> {
  let last: { at: number; works: Promise<boolean> } | undefined
  return () => {
    if (last && performance.now() - last.at < goodFor) return last.works
    const late = new Promise<boolean>(resolve => setTimeout(resolve, PATIENCE, false).unref())
    const works = run().then(
      () => true,
      () => false,
    )
    last = { at: performance.now(), works: Promise.race([works, late]) }
    return last.works
  }
}
