import type { FastifyInstance } from 'fastify'
import { isUuid } from '../crypto/index.ts'
import type { Services } from '../http/index.ts'
import { refuse } from './errors.ts'
import { readMail } from './outbox.ts'

/** A mail is opened by itself, as a mail program shows it: nothing of it runs, and it loads nothing. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"

/** The mails of the demonstration, each as its reader's mail program shows it. */
export function demoMailRoutes(app: FastifyInstance, { db, keys }: Services) {
  app.get('/demo/outbox/:id', { config: { access: 'anyone' } }, async (request, reply) => {
    const { id = '' } = request.params as { id?: string }
    const html = isUuid(id) ? await readMail(db, keys, id) : undefined
    if (html === undefined) throw refuse('not_found')
    return reply.header('content-security-policy', MAIL_POLICY).type('text/html; charset=utf-8').send(html)
  })
}
