import type { FastifyInstance } from 'fastify'
import { SECOND } from '../clock.ts'

/** A part that the server needs; rejects while it does not work. */
export interface HealthCheck {
  run(): Promise<void>
  /** Milliseconds for which a finding is good, so that frequent requests cost nothing. */
  goodFor: number
}

const open = { config: { access: 'anyone' } } as const

/** How long a part may take to answer before it counts as failed. */
const PATIENCE = 3 * SECOND

/**
 * Adds `/health/live` (the process answers) and `/health/ready` (503 while a part fails). The answer names the part and
 * never the reason, because anybody may ask.
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

/** Runs a check at most once in its time, for any number of requests. */
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
