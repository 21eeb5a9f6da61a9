import type { People } from '../http/index.ts'
import { readOutbox } from './outbox.ts'
import { landingPage, outboxPage } from './pages.tsx'

/** The URLs that exist in the demonstration alone: what was sent, and where to begin. */
export function demoRoutes(people: People) {
  people.route({
    method: 'GET',
    url: '/demo/outbox',
    access: 'anyone',
    handle: async ({ db, means }) => ({ json: { messages: await readOutbox(db, means.keys) } }),
    page: async visit => outboxPage(visit, await readOutbox(visit.db, visit.means.keys)),
  })

  // The first page leads to one's account once one is signed in; this one always shows the accounts.
  people.route({ method: 'GET', url: '/demo', access: 'anyone', page: async visit => landingPage(visit) })
}
