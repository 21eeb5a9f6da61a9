import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { assetTypes, favicon } from '../pages/index.ts'
import { answerFile } from './assets.ts'
import { APPLICATION_POLICY, FRAMED_POLICY } from './headers.ts'
import { refuse } from './problems.ts'
import type { Services } from './visit.ts'

/** What `npm run build -w admin` made: two pages, and files whose names hold a hash of their content. */
const built = new URL('../../../admin/dist/', import.meta.url)

const open = { config: { access: 'anyone' } } as const

/** What the build writes where the value belongs that the policy allows styles by. */
const NONCE = /__NONCE__/g

/**
 * Serves the administrators' application at `/admin`: one page for every address below it, its files, and the page
 * that sign-in leads back to. It is a client of `/v1.0`: no session opens it, and it holds nothing of anybody's.
 */
export function applicationRoutes(app: FastifyInstance, services: Services) {
  if (!existsSync(new URL('index.html', built))) {
    app.log.warn('the application for administrators is not built; npm run build -w admin makes it')
    return
  }
  const names = readdirSync(new URL('assets/', built)).filter(name => !name.endsWith('.br'))
  const files = new Map(
    names.map(name => [
      name,
      answerFile(() => {
        const body = readFileSync(new URL(`assets/${name}`, built))
        const br = readFileSync(new URL(`assets/${name}.br`, built))
        const type = assetTypes[name.split('.').at(-1)!]!
        return { type, body, etag: `"${name}"`, immutable: true, compressed: { br } }
      }),
    ]),
  )
  const icon = `<link rel="icon" href="${favicon.href}"></head>`
  const page = readFileSync(new URL('index.html', built), 'utf8').replace('</head>', icon)
  const callback = readFileSync(new URL('callback.html', built), 'utf8')

  const answer = (reply: FastifyReply, html: string, policy: (nonce: string) => string) => {
    const nonce = services.random.token()
    return reply
      .header('content-security-policy', policy(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(html.replace(NONCE, nonce))
  }

  // A popup of the sign-in tells its answer to the page that opened it, so that page keeps the hold on its popups.
  const answerPage = async (_request: unknown, reply: FastifyReply) =>
    answer(reply.header('cross-origin-opener-policy', 'same-origin-allow-popups'), page, APPLICATION_POLICY)
  app.get('/admin', open, answerPage)
  app.get('/admin/*', open, answerPage)
  // One route: to make one for each file took a fifth of the routes' time at a start.
  app.get('/admin/assets/*', open, async (request, reply) => {
    const answerWith = files.get((request.params as { '*': string })['*'])
    // A file of an older build: a page in its place would be run as a script.
    if (!answerWith) throw refuse('not_found')
    return answerWith(request, reply)
  })
  // The application of the version before, which a server beside this one may still serve, asks by a frame.
  app.get('/admin/callback', open, async (_request, reply) =>
    answer(reply.header('cross-origin-opener-policy', 'unsafe-none'), callback, () => FRAMED_POLICY),
  )
}
