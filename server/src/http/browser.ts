import { DAY, secondsOf } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import type { Visit } from './visit.ts'

/** How many tenants a browser's journeys may be in at once; more than one only where somebody has several accounts. */
const TENANTS_AT_MOST = 4

/** Seconds that the cookie lasts at least, and at most, for the longest journey that it binds. */
const LASTS = DAY / 1_000
const LONGEST = 90 * LASTS

/** What binds journeys to a browser: its secret, and the tenants of its journeys, newest first. */
interface JourneyBrowser {
  token: string | undefined
  tenants: string[]
}

const partsOf = (visit: Visit) => (visit.cookies.get('browser') ?? '').split('.')

/** The browser of a visit; without a secret where it has begun no journey. */
export function readJourneyBrowser(visit: Visit): JourneyBrowser {
  const [token = '', ...tenants] = partsOf(visit)
  if (!/^[\w-]{43}$/.test(token)) return { token: undefined, tenants: [] }
  return { token, tenants: tenants.filter(id => isUuid(id)).slice(0, TENANTS_AT_MOST) }
}

/**
 * Remembers in the browser, under its secret, that it has a journey in this tenant. `lasts`: seconds. A shorter journey
 * does not end the cookie of a longer one, whose end the cookie tells behind the letter u.
 */
export function keepJourneyBrowser(visit: Visit, token: string, tenantId: string, lasts = LASTS) {
  const tenants = [tenantId, ...readJourneyBrowser(visit).tenants.filter(id => id !== tenantId)].slice(
    0,
    TENANTS_AT_MOST,
  )
  const now = secondsOf(visit.act.now)
  const until = partsOf(visit).find(part => /^u[0-9a-z]{1,8}$/.test(part))
  const longest = until ? Number.parseInt(until.slice(1), 36) - now : 0
  const stays = Math.min(Math.max(lasts, longest), LONGEST)
  const parts = [token, ...tenants, ...(stays > LASTS ? [`u${(now + stays).toString(36)}`] : [])]
  visit.cookies.set('browser', parts.join('.'), stays)
}
