import { findTenantId, readName } from '../directory/index.ts'
import { brand, type Journeys, type Visit } from '../http/index.ts'
import { findSession } from '../sessions/index.ts'
import { type SupportKind, supportKinds } from './contacts.ts'
import { refuse } from './errors.ts'
import { findSupport } from './find.ts'
import { readZone } from './hours.ts'
import { supportPage } from './pages.tsx'
import { supportJson } from './wire.ts'

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
  const country = readCountry(query.country) ?? tenant?.country ?? visit.region
  const kind = readKind(query.kind) ?? 'technical'
  const language = readLanguage(query.language) ?? locale.language
  // Some browsers name a zone that nobody knows; the page must not fail for that.
  const zone = readZone(query.zone ?? '') ?? 'UTC'
  const support = await findSupport(db, act.now, { tenantId, user: session?.user, country, kind, language })
  return { country, kind, language, zone, ...support }
}

function readCountry(text = ''): string | undefined {
  if (text === '') return undefined
  if (!/^[A-Za-z]{2}$/.test(text)) throw refuse('choice_unknown', { field: 'country' })
  return text.toUpperCase()
}

function readKind(text = ''): SupportKind | undefined {
  const kind = supportKinds.find(one => one === text)
  if (text !== '' && !kind) throw refuse('choice_unknown', { field: 'kind' })
  return kind
}

function readLanguage(text = ''): string | undefined {
  if (text === '') return undefined
  try {
    return new Intl.Locale(text).toString()
  } catch {
    throw refuse('choice_unknown', { field: 'language' })
  }
}
