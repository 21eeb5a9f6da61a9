import assert from 'node:assert/strict'
import type { Locator, Page, Route } from 'playwright-core'
import { wordsOf } from './administrator.ts'

// Acts of the administrators' application, and what may go wrong in the middle of each.

/** A form that somebody fills in and sends. */
export interface FormAct {
  name: string
  /** The page where it stands, below `/admin`. */
  path: string
  /** Opens it and types into it. Gives back what was typed, by its fields. */
  type(tab: Page): Promise<[field: Locator, typed: string][]>
  /** The button that sends it. */
  send(tab: Page): Locator
  /** The request that it becomes. */
  request: { method: string; path: RegExp }
  /** It is edited over what was read, and shows what somebody else saved meanwhile. */
  isEdited?: true
  /** Waits until the page tells that it is done. */
  done(tab: Page): Promise<void>
}

const problems = wordsOf('en', 'problems')
const frame = wordsOf('en', 'frame')

const json = (status: number, code: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  json: { error: { code, message: 'As a server or something before it answers.' } },
})

/** What is answered in place of the act, and the sentence that the page says then. */
const ANSWERS = {
  401: { answer: json(401, 'InvalidAuthenticationToken'), says: problems.InvalidAuthenticationToken },
  403: { answer: json(403, 'Authorization_RequestDenied'), says: problems.Authorization_RequestDenied },
  409: {
    answer: json(409, 'Directory_ConcurrencyViolation', { 'retry-after': '60' }),
    says: problems.Directory_ConcurrencyViolation,
  },
  412: { answer: json(412, 'resourceModified'), says: problems.resourceModified },
  // As a proxy that counts requests answers, without a body of ours.
  429: { answer: { status: 429, headers: { 'retry-after': '60' }, body: '' }, says: problems.TooManyRequests },
  500: { answer: { status: 500, body: 'It broke.' }, says: problems.ServiceUnavailable },
} as const

export const faults = ['offline', '401', 'step-up', '403', '409', '412', '429', '500'] as const
export type Fault = (typeof faults)[number]

/** Has the act's request end in something else, until what is given back is called. */
async function intercept(tab: Page, { request }: FormAct, handle: (route: Route) => Promise<void>) {
  const match = (url: URL) => request.path.test(url.pathname)
  const only = (route: Route) => (route.request().method() === request.method ? handle(route) : route.fallback())
  await tab.route(match, only)
  return () => tab.unroute(match, only)
}

/** After a refusal what was typed stands where it was, and the focus is on something of the form. */
async function checkKept(tab: Page, act: FormAct, typed: [Locator, string][], fault: string) {
  for (const [field, value] of typed) assert.equal(await field.inputValue(), value, `${act.name}: ${fault}`)
  const isKept = () => document.activeElement?.closest('main, [role=dialog]') !== null
  await tab.waitForFunction(isKept).catch(() => assert.fail(`${act.name}: the focus is lost after ${fault}`))
}

/** Sends a form that is filled in, meets each of these faults, and finds what was typed after each. */
export async function meetFaults(tab: Page, act: FormAct, typed: [Locator, string][], met: readonly Fault[] = faults) {
  const says = (sentence: string) => tab.getByRole('alert').filter({ hasText: sentence }).waitFor()
  for (const fault of met) {
    if (fault === 'offline') {
      await tab.context().setOffline(true)
      await act.send(tab).press('Enter')
      await says(problems.offline)
      await checkKept(tab, act, typed, fault)
      await tab.context().setOffline(false)
    } else if (fault === 'step-up') {
      const challenge = 'Bearer error="insufficient_user_authentication", max_age="900"'
      const answer = json(401, 'Authentication_StepUpRequired', { 'www-authenticate': challenge })
      const end = await intercept(tab, act, route => route.fulfill(answer))
      await act.send(tab).press('Enter')
      await tab.getByRole('dialog', { name: frame.confirm.title }).waitFor()
      await tab.keyboard.press('Escape')
      await says(problems.Authentication_StepUpRequired)
      await checkKept(tab, act, typed, fault)
      await end()
    } else {
      const { answer, says: sentence } = ANSWERS[fault]
      const end = await intercept(tab, act, route => route.fulfill(answer))
      await act.send(tab).press('Enter')
      if (fault === '412' && act.isEdited) {
        const dialog = tab.getByRole('dialog').filter({ hasText: frame.conflict.title })
        await dialog.waitFor()
        for (const mine of await dialog.getByRole('radio', { name: new RegExp(`^${frame.conflict.mine}`) }).all())
          await mine.check()
        await dialog.getByRole('button', { name: frame.conflict.go }).press('Enter')
        await dialog.waitFor({ state: 'detached' })
      } else await says(sentence)
      await checkKept(tab, act, typed, fault)
      await end()
    }
  }
}

/** Sends the form to a slow server: it is told, a second press sends nothing, and it is done once. */
export async function meetSlowness(tab: Page, act: FormAct) {
  const answered = Promise.withResolvers<void>()
  let sent = 0
  const end = await intercept(tab, act, async route => {
    sent++
    await answered.promise
    await route.fallback()
  })
  const send = act.send(tab)
  await send.press('Enter')
  await send.and(tab.locator('[aria-disabled=true]')).waitFor()
  await send.press('Enter')
  await send.click({ force: true })
  answered.resolve()
  await act.done(tab)
  assert.equal(sent, 1, `${act.name}: it is sent once`)
  await end()
}
