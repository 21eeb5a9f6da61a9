import { isUuid } from '../crypto/index.ts'
import type { Visit } from './visit.ts'

/** How many tenants a browser's journeys may be in at once; more than one only where somebody has several accounts. */
const TENANTS_AT_MOST = 4

/** What binds journeys to a browser: its secret, and the tenants of its journeys, newest first. */
interface JourneyBrowser {
  token: string | undefined
  tenants: string[]
}

/** The browser of a visit; without a secret where it has begun no journey. */
export function readJourneyBrowser(visit: Visit): JourneyBrowser {
  const [token = '', ...tenants] = (visit.cookies.get('browser') ?? '').split('.')
  if (!/^[\w-]{43}$/.test(token)) return { token: undefined, tenants: [] }
  return { token, tenants: tenants.filter(id => isUuid(id)).slice(0, TENANTS_AT_MOST) }
}

/** Remembers in the browser, under its secret, that it has a journey in this tenant. `lasts`: seconds, where more than a day. */
export function keepJourneyBrowser(visit: Visit, token: string, tenantId: string, lasts?: number) {
  const tenants = [tenantId, ...readJourneyBrowser(visit).tenants.filter(id => id !== tenantId)].slice(
    0,
    TENANTS_AT_MOST,
  )
  visit.cookies.set('browser', [token, ...tenants].join('.'), lasts)
}
