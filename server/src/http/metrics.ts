import { createServer, type Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type AuditEvent, writtenEvents } from '../audit/index.ts'
import { SECOND } from '../clock.ts'

/** The figures of this process, for Prometheus. */
export interface Metrics {
  registry: Registry
  requests: Histogram
  /** Calls to mail servers, gateways, lists and applications, by outcome. */
  outside: Counter
  gateways: Counter
}

/** Where figures come from that are read when they are asked for. */
export interface FigureSources {
  /** The jobs whose time has come and that nobody runs yet; `waited`: milliseconds. */
  jobs(): Promise<{ task: string; count: number; waited: number }[]>
  /** The hashes that wait for their turn. */
  hashes(): number
  /** The agents that have a link to this server. */
  agents(): number
  /** The connections to the database, by pool. */
  pools: Record<string, () => { totalCount: number; idleCount: number; waitingCount: number }>
}

export function createMetrics({ jobs, hashes, agents, pools }: FigureSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  let asked: ReturnType<typeof jobs> | undefined
  /** One look for the figures of one request. */
  const found = () => {
    asked ??= jobs().finally(() => {
      asked = undefined
    })
    return asked
  }
  new Gauge({
    name: 'latchkey_jobs_waiting',
    help: 'Jobs whose time has come and that nobody runs yet.',
    labelNames: ['task'],
    registers,
    async collect() {
      const waiting = await found()
      this.reset()
      for (const { task, count } of waiting) this.set({ task }, count)
    },
  })
  new Gauge({
    name: 'latchkey_jobs_oldest_seconds',
    help: 'How long the oldest of them has waited.',
    labelNames: ['task'],
    registers,
    async collect() {
      const waiting = await found()
      this.reset()
      for (const { task, waited } of waiting) this.set({ task }, waited / SECOND)
    },
  })
  new Gauge({
    name: 'latchkey_hashes_waiting',
    help: 'Passwords and answers that wait to be hashed.',
    registers,
    collect() {
      this.set(hashes())
    },
  })
  new Gauge({
    name: 'latchkey_agents_connected',
    help: 'Agents beside companies’ own directories that have a link to this server.',
    registers,
    collect() {
      this.set(agents())
    },
  })
  new Gauge({
    name: 'latchkey_database_connections',
    help: 'Connections to PostgreSQL that are used and idle, and work that waits for one.',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, read] of Object.entries(pools)) {
        const { totalCount, idleCount, waitingCount } = read()
        this.set({ pool, state: 'used' }, totalCount - idleCount)
        this.set({ pool, state: 'idle' }, idleCount)
        this.set({ pool, state: 'waiting' }, waitingCount)
      }
    },
  })
  const events = new Counter({
    name: 'latchkey_events_total',
    help: 'Events of the audit log: journeys, their refusals, proofs by method, sign-ins and changes.',
    labelNames: ['activity', 'result', 'reason'],
    registers,
  })
  const receipts = new Counter({
    name: 'latchkey_receipts_total',
    help: 'Messages that arrived or came back, as gateways and mail servers tell.',
    labelNames: ['channel', 'gateway', 'result'],
    registers,
  })
  writtenEvents.subscribe(event => {
    const { activity, result, reason = '', details = {} } = event as AuditEvent
    if (activity === 'message.delivered' || activity === 'message.undelivered') {
      const { channel = '', gateway = '' } = details
      receipts.inc({ channel, gateway, result: activity.slice('message.'.length) })
    }
    events.inc({ activity, result, reason: isKnown(reason) ? reason : '' })
  })
  return {
    registry,
    requests: new Histogram({
      name: 'latchkey_http_request_duration_seconds',
      help: 'Time from the request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    outside: new Counter({
      name: 'latchkey_outside_calls_total',
      help: 'Calls to mail servers, gateways, the source of breached passwords and applications, by how they ended.',
      labelNames: ['to', 'outcome'],
      registers,
    }),
    gateways: new Counter({
      name: 'latchkey_gateway_messages_total',
      help: 'Messages by the named gateway that was asked, and how it ended.',
      labelNames: ['channel', 'gateway', 'outcome'],
      registers,
    }),
  }
}

/** Reasons of ours. Those that an agent or a gateway tells have no end, and each would be a figure that stays. */
const isKnown = (reason: string) => /^SSPR_\d{4}$|^[a-z][A-Za-z_ ]{0,40}$/.test(reason)

/** Counts and times requests by the pattern of their route, never by their address, which may name a person. */
export function countRequests(app: FastifyInstance, { requests }: Metrics) {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / SECOND)
  })
}

/**
 * Serves the figures at `/metrics`, on a port of their own. Load and memory tell an attacker what hurts. On the
 * people's port no header says surely whether a proxy passed a request on.
 */
export async function listenForMetrics({ registry }: Metrics, listen: { host: string; port: number }): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return response.writeHead(404).end()
    registry.metrics().then(
      text => response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text),
      () => response.writeHead(503).end(),
    )
  })
  server.requestTimeout = 5 * SECOND
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(listen.port, listen.host, resolve))
  return server
}
