import type { FastifyInstance } from 'fastify'
import type { Access } from './request.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** The most bytes of a file in a form. */
    file?: number
    /** Whether a form without a file may be multipart. */
    multipart?: true
  }
}

/** A registered route, with who may ask. */
export interface DeclaredRoute {
  method: string
  url: string
  access: Access
}

/**
 * Refuses to start the server with a route that does not say who may ask. A door's `route` says it and opens the session;
 * another route serves anybody, and says so with `config: { access: 'anyone' }`. To be called before the first route.
 * Returns every later route.
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
