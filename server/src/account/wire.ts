import { readBrowser } from '../audit/index.ts'
import type { SignedInVisit } from '../http/index.ts'
import { namePlace } from '../notifications/index.ts'
import type { OwnActivity } from './activity.ts'
import type { OwnApplication } from './applications.ts'
import type { AccountExport } from './leave.ts'
import type { Report } from './report.ts'

/** An event as its owner's clients get it, its place in their language. */
export function activityView({ locale, services }: SignedInVisit, line: OwnActivity) {
  const { id, at, activity, address, userAgent, here, reportable, reported, times } = line
  const place = namePlace(locale, services.places, address)
  const browser = readBrowser(userAgent)
  return {
    id,
    at: at.toISOString(),
    activity,
    address,
    ...(place && { place }),
    browser: browser ? { name: browser.name, ...(browser.system && { system: browser.system }) } : null,
    ...(here && { here }),
    reportable,
    reported,
    ...(times && { count: times.count, firstAt: times.firstAt.toISOString() }),
  }
}

/** One's application (single sign-on, §2). */
export const applicationView = ({ scopes: _, ...application }: OwnApplication) => application

/** The effects of a report. */
export const reportView = ({ line, made, password, methods, canReset }: Report) => ({
  id: line.id,
  reported: made,
  passwordBlocked: password,
  methodsBlocked: methods,
  canReset,
})

/** All that the service holds of somebody, as they take it along. */
export const exportView = (visit: SignedInVisit, { profile, methods, activity, applications }: AccountExport) => ({
  profile,
  methods: methods.map(({ confirmedAt, ...method }) => ({
    ...method,
    confirmedAt: confirmedAt?.toISOString() ?? null,
  })),
  activity: activity.map(line => activityView(visit, line)),
  applications: applications.map(applicationView),
})
