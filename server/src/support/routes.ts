import { findTenantId, readName } from '../directory/index.ts'
import { brand, type Journeys, type Visit } from '../http/index.ts'
import { findSession } from '../sessions/index.ts'
import { findSupport } from './find.ts'
import { supportPage } from './pages.tsx'
import { supportJson } from './wire.ts'
import { readChoice } from './wish.ts'

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

/** What is asked, and what was found for it. */
export type Asked = Awaited<ReturnType<typeof read>>

async function read(visit: Visit) {
  const { db, act, query, locale } = visit
  // A session that still has a step to take opens nothing but that step.
  const found = await findSession(db, act, visit.cookies.get('session'))
  const session = found?.requires === null ? found : undefined
  const { domain } = readName(query.username ?? `@${query.whr ?? ''}`)
  const tenantId = session?.tenantId ?? (await findTenantId(db, domain.slice(0, 100)))
  const tenant = await brand(visit, tenantId)
  const chosen = readChoice(query)
  const country = chosen.country ?? tenant?.country ?? visit.region
  const language = chosen.language ?? locale.language
  const support = await findSupport(db, act.now, {
    ...{ tenantId, user: session?.user, country, language },
    kind: chosen.kind,
  })
  return { ...chosen, country, language, ...support }
}
