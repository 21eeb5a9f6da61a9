import type { Journeys } from '../http/index.ts'
import { readOutbox } from './outbox.ts'
import { applicationPage, landingPage, outboxPage } from './pages.tsx'

/** The URLs of the demonstration alone: its outbox, and its first page. */
export function demoRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/demo/outbox',
    access: 'anyone',
    handle: async ({ db, act }) => ({ json: { messages: await readOutbox(db, act.keys) } }),
    page: async visit => outboxPage(visit, await readOutbox(visit.db, visit.act.keys)),
  })

  journeys.route({ method: 'GET', url: '/demo/app', access: 'anyone', page: async visit => applicationPage(visit) })

  // Signed in, `/` leads to the own account; this page always shows all accounts.
  journeys.route({ method: 'GET', url: '/demo', access: 'anyone', page: async visit => landingPage(visit) })
}
