import type { FastifyInstance } from 'fastify'
import type { Access } from './people.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}

/** A route as the server has it, with who may ask. */
export interface DeclaredRoute {
  method: string
  url: string
  access: Access
}

/**
 * Lets no route come to be that does not say who may ask: the server does not start with one. `people.route` says it and
 * opens the session; any other route serves whoever asks, and has to say so with `config: { access: 'anyone' }`.
 * To be called before the first route. Returns every route that is added from then on.
 */
export function demandAccess(app: FastifyInstance): DeclaredRoute[] {
  const declared: DeclaredRoute[] = []
  app.addHook('onRoute', ({ method, url, config }) => {
    const access = config?.access
    if (access === undefined) throw new Error(`${method} ${url} does not say who may ask`)
    for (const one of [method].flat()) declared.push({ method: one, url, access })
  })
  return declared
}
