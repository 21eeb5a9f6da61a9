import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core'
import type { Act } from '../server/src/act.ts'
import { systemRandom } from '../server/src/crypto/index.ts'
import { assignRole, findUserByName } from '../server/src/directory/index.ts'
import { changeDefaultPolicy } from '../server/src/policies/index.ts'
import { inTenant, openStore } from '../server/src/store/index.ts'
import { chromiumPath } from '../tools/browser.ts'
import { weighFirstLoad } from '../tools/firstLoad.ts'
import type { Bench } from './bench.ts'
import { growTo } from './directory.ts'
import { percentile } from './load.ts'
import { table } from './report.ts'

/** How much slower than this machine's the processor of the reader is. */
const SLOWER = 4
const LOADS = 5
const CHANGES = 10
const STEPS = 100
const REACH = { bytes: 260_000, interactive: 2_000, change: 100, step: 8, drawn: 60 }

/**
 * Measures the administrators' application in Chromium: its first load, when it answers, how fast pages change, and how
 * the list of people scrolls. `named`: how many people the company grows to before its list is scrolled.
 */
export async function measureApplication(bench: Bench, named: readonly string[] = []): Promise<string> {
  const [size] = named.map(Number)
  if (size !== undefined && !(Number.isInteger(size) && size > 0)) throw new Error('A size is a number of people')
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const context = await browser.newContext({ baseURL: bench.server.origin, locale: 'fr-FR' })
    await context.addInitScript(watchLongTasks)
    await signIn(bench, context)
    const loads = []
    for (let load = 0; load < LOADS; load++) loads.push(await measureLoad(context))
    const changes = await measureChanges(await context.newPage())
    if (size !== undefined) await grow(bench, size)
    const scroll = await measureScroll(context)
    const median = (times: number[]) =>
      percentile(
        times.toSorted((one, other) => one - other),
        0.5,
      )
    const bytes = loads[0]!.bytes
    const interactive = median(loads.map(one => one.interactive))
    return [
      "The administrators' application",
      table([
        ['', 'median', 'reach'],
        ['first load, bytes by Brotli', String(weighFirstLoad().bytes), String(REACH.bytes)],
        ['with what comes beside it', bytes.toFixed(0), ''],
        [`interactive, processor ${SLOWER} times slower, ms`, interactive.toFixed(0), String(REACH.interactive)],
        ['of it script, layout and style, ms', median(loads.map(one => one.busy)).toFixed(0), ''],
        ['script, layout and style of a scroll step, ms', scroll.step.toFixed(1), String(REACH.step)],
        ['frames a second while scrolling', scroll.frames.toFixed(0), ''],
        ['rows of the list', scroll.listed, ''],
        ['rows in the page, at most', String(scroll.drawn), String(REACH.drawn)],
        ...Object.entries(changes).map(([page, times]) => [
          `to ${page}, ms`,
          median(times).toFixed(0),
          String(REACH.change),
        ]),
      ]),
    ].join('\n')
  } finally {
    await browser.close()
  }
}

/** Keeps when the main thread was last busy for longer than somebody notices. */
function watchLongTasks() {
  const page = globalThis as unknown as { busyUntil: number }
  page.busyUntil = 0
  new PerformanceObserver(list => {
    for (const { startTime, duration } of list.getEntries())
      page.busyUntil = Math.max(page.busyUntil, startTime + duration)
  }).observe({ type: 'longtask', buffered: true })
}

/** Makes somebody a Global Administrator and signs them in, by the pages. */
async function signIn({ ownerUrl, means, application, idle, mailbox }: Bench, context: BrowserContext): Promise<void> {
  const { tenantId } = application
  const person = idle[0]!
  const store = await openStore({ databaseUrl: ownerUrl })
  try {
    const act: Act = { ...means, actor: { kind: 'operator' }, trail: { correlationId: systemRandom.uuid(new Date()) } }
    await inTenant(store, tenantId, async trx => {
      const { id } = (await findUserByName(trx, tenantId, person.name))!
      await assignRole(trx, act, id, 'Global Administrator')
      // Who has one method would be asked for a second one on the way.
      await changeDefaultPolicy(trx, means, tenantId, { registrationRequired: false })
    })
  } finally {
    await store.close()
  }
  const tab = await context.newPage()
  await tab.goto('/admin')
  await tab.locator('input[name=login_hint]').fill(person.name)
  await tab.keyboard.press('Enter')
  await tab.locator('input[name=password]').fill(person.password)
  await tab.keyboard.press('Enter')
  const step = tab.locator('main form button', { hasText: '@' })
  const home = tab.locator('.reach .figure')
  const stay = tab.locator('button[name=stay]').last()
  await step.or(home).or(stay).first().waitFor()
  if (await step.isVisible()) {
    const code = mailbox.nextCode(person.address)
    await step.click()
    await tab.locator('input[name=code]').fill(await code)
    await tab.keyboard.press('Enter')
    await stay.or(home).first().waitFor()
  }
  if (await stay.isVisible()) await stay.click()
  await home.waitFor()
  await tab.close()
}

/** Loads Home with nothing kept, and waits for its figure. */
async function measureLoad(context: BrowserContext) {
  const tab = await context.newPage()
  const cdp = await context.newCDPSession(tab)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  await cdp.send('Network.enable')
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true })
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  let bytes = 0
  const files = new Set<string>()
  cdp.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.url.includes('/admin/assets/')) files.add(requestId)
  })
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (files.has(requestId)) bytes += encodedDataLength
  })
  await tab.goto('/admin', { waitUntil: 'commit' })
  await tab.locator('.reach .figure').waitFor()
  const shown = bytes
  const busy = await busyTime(cdp)
  const interactive = await tab.evaluate(
    () =>
      new Promise<number>(resolve =>
        requestAnimationFrame(() =>
          setTimeout(() => {
            const { busyUntil } = globalThis as unknown as { busyUntil: number }
            resolve(Math.max(performance.now(), busyUntil))
          }),
        ),
      ),
  )
  await tab.close()
  return { bytes: shown, interactive, busy }
}

/** Milliseconds of script, layout and style of a tab so far, as its own processor time counts them. */
async function busyTime(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  const of = (name: string) => metrics.find(one => one.name === name)?.value ?? 0
  return 1_000 * (of('ScriptDuration') + of('LayoutDuration') + of('RecalcStyleDuration'))
}

/** Makes the company as large as this, beside those who sign in. */
async function grow({ ownerUrl, means, application }: Bench, size: number): Promise<void> {
  const store = await openStore({ databaseUrl: ownerUrl })
  try {
    await growTo(store, means, application.tenantId, size)
  } finally {
    await store.close()
  }
}

/** Scrolls through the list of people, some rows at each frame. */
async function measureScroll(context: BrowserContext) {
  const tab = await context.newPage()
  const cdp = await context.newCDPSession(tab)
  await tab.goto('/admin/people')
  await tab.locator('.table-body .table-row').first().waitFor()
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await busyTime(cdp)
  const { drawn, took } = await tab.evaluate(async steps => {
    const body = document.querySelector('.table-body')!
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve))
    const start = performance.now()
    let drawn = 0
    for (let step = 0; step < steps; step++) {
      body.scrollBy(0, 120)
      await frame()
      drawn = Math.max(drawn, body.querySelectorAll('.table-row').length)
    }
    return { drawn, took: performance.now() - start }
  }, STEPS)
  const step = ((await busyTime(cdp)) - before) / STEPS
  const listed = (await tab.locator('[role=table]').getAttribute('aria-rowcount')) ?? ''
  await tab.close()
  return { step, drawn, listed, frames: (1_000 * STEPS) / took }
}

/** Goes to and fro between pages whose data is there, and tells how long each takes until it is painted. */
async function measureChanges(tab: Page): Promise<Record<string, number[]>> {
  const pages = ['/people', '/password-reset/policies', '/reports'] as const
  const times: Record<string, number[]> = Object.fromEntries(pages.map(page => [page, []]))
  await tab.goto('/admin')
  await tab.locator('.reach .figure').waitFor()
  const change = (path: string) =>
    tab.evaluate(async to => {
      const link = document.querySelector<HTMLElement>(`.side .nav a[href="/admin${to}"]`)!
      const before = document.querySelector('h1')
      const start = performance.now()
      link.click()
      while (document.querySelector('h1') === before || document.querySelector('h1') === null)
        await new Promise(resolve => requestAnimationFrame(resolve))
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
      return performance.now() - start
    }, path)
  // The first time scripts and data come; they are what the reach leaves out.
  for (let time = 0; time <= CHANGES; time++)
    for (const page of pages) {
      const took = await change(page)
      if (time > 0) times[page]!.push(took)
    }
  return times
}
