import { readBrowser } from '../audit/index.ts'
import type { OwnActivity, Report } from './index.ts'

/** One event as its owner's clients get it. */
export function activityView({ id, at, activity, address, userAgent, here, reportable, reported }: OwnActivity) {
  const browser = readBrowser(userAgent)
  return {
    id,
    at: at.toISOString(),
    activity,
    address,
    browser: browser ? { name: browser.name, ...(browser.system && { system: browser.system }) } : null,
    ...(here && { here }),
    reportable,
    reported,
  }
}

/** What a report does, or has done. */
export const reportView = ({ line, made, password, methods, canReset }: Report) => ({
  id: line.id,
  reported: made,
  passwordBlocked: password,
  methodsBlocked: methods,
  canReset,
})
