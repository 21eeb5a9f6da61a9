import { createServer, type Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { SECOND } from '../clock.ts'

/** The figures of this process, for Prometheus. */
export interface Metrics {
  registry: Registry
  requests: Histogram
  /** Calls to mail servers, gateways, lists and applications, by outcome. */
  outside: Counter
}

/** `waiting`: the jobs that wait, read with the figures. */
export function createMetrics(waiting: () => Promise<{ task: string; count: number; waited: number }[]>): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'latchkey_jobs_waiting',
    help: 'Jobs whose time has come and that nobody runs yet.',
    labelNames: ['task'],
    registers,
    async collect() {
      const found = await waiting()
      this.reset()
      for (const { task, count } of found) this.set({ task }, count)
    },
  })
  new Gauge({
    name: 'latchkey_jobs_oldest_seconds',
    help: 'How long the oldest of them has waited.',
    labelNames: ['task'],
    registers,
    async collect() {
      const found = await waiting()
      this.reset()
      for (const { task, waited } of found) this.set({ task }, waited / SECOND)
    },
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
  }
}

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
