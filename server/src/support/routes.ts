import { findTenantId, readName } from '../directory/index.ts'
import type { Journeys, Visit } from '../http/index.ts'
import { findSession } from '../sessions/index.ts'
import { supportPage } from './pages.tsx'
import { askSupport, supportJson } from './wire.ts'

/** Whom to call or write to (work accounts on the wire, §1.9). Anybody may ask: who is locked out needs it most. */
export function supportRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/support',
    access: 'anyone',
    page: async visit => supportPage(visit, await read(visit)),
    handle: async visit => ({ json: supportJson(visit.act.now, await read(visit)) }),
  })
}

async function read(visit: Visit) {
  const { db, act, query } = visit
  // A session that still has a step to take opens nothing but that step.
  const found = await findSession(db, act, visit.cookies.get('session'))
  const session = found?.requires === null ? found : undefined
  const { domain } = readName(query.username ?? `@${query.whr ?? ''}`)
  const tenantId = session?.tenantId ?? (await findTenantId(db, domain.slice(0, 100)))
  return askSupport(visit, { tenantId, user: session?.user })
}
