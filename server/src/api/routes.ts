import type { FastifyInstance } from 'fastify'
import type { Services } from '../http/index.ts'
import type { Description } from './openapi.ts'
import { indexPage, tagPage } from './referencePages.tsx'

/** Tells programs, and who writes them, what they can ask. Every page may read the description. */
export function descriptionRoutes(app: FastifyInstance, services: Services, describe: (origin: string) => Description) {
  const open = { config: { access: 'anyone' } } as const
  let made: { description: Description; text: string } | undefined
  const get = () => {
    if (made) return made
    const description = describe(services.origin)
    made = { description, text: JSON.stringify(description) }
    return made
  }
  app.get('/openapi.json', open, async (_request, reply) =>
    reply.header('access-control-allow-origin', '*').type('application/json; charset=utf-8').send(get().text),
  )

  const frame = { english: services.words.in('en'), demo: services.demo }
  // Each page is drawn once: it says the same to everybody.
  const pages = new Map<string, string>()
  const page = (name: string, drawn: () => string | undefined) => {
    const html = pages.get(name) ?? drawn()
    if (html !== undefined) pages.set(name, html)
    return html
  }
  app.get('/reference', open, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page('', () => indexPage(frame, get().description))),
  )
  app.get('/reference/:tag', open, async (request, reply) => {
    const { tag } = request.params as { tag: string }
    const html = page(tag, () => tagPage(frame, get().description, tag))
    if (html === undefined) return reply.callNotFound()
    return reply.type('text/html; charset=utf-8').send(html)
  })
}
