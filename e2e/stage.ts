import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { findTenantId, type User } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { newAuthenticator, registerPasskey } from '../server/src/testing/authenticator.ts'
import { newBrowser } from '../server/src/testing/passkeyOwners.ts'
import type { TestBrowser, TestServer } from '../server/src/testing/server.ts'

/** One page in one state, which can be opened any number of times, in any language. */
export interface Scene {
  name: string
  /** The pattern of the route that draws it; undefined for pages of problems, which belong to none. */
  route: string | undefined
  path: string
  /** The browser that opens it. */
  browser: TestBrowser
  /** The act on the page that brings it into its state. */
  act?: ((tab: Page) => Promise<void>) | undefined
  /** It loads itself again after some seconds, or leads on by itself. */
  waits?: true
  /** It belongs to a journey, so a help desk must be able to find it by its code. */
  journey?: true
}

/** A reset that was begun, and the browser that began it. */
export interface BegunReset {
  browser: TestBrowser
  id: string
  path: string
  // biome-ignore lint/suspicious/noExplicitAny: a journey as its JSON form has it
  json: any
}

/** Brings journeys and sessions to where pages show them, through the JSON form. */
export interface Stage {
  server: TestServer
  signIn(name: string): Promise<TestBrowser>
  /** Puts a passkey on record for this person. */
  givePasskey(user: User): Promise<void>
  beginReset(name: string): Promise<BegunReset>
  /** Asks for a code and waits until it was sent. Returns the challenge's id. */
  challenge(reset: BegunReset, kind: string, more?: Record<string, string>): Promise<string>
  /** Asks for a code by mail and gives it back. */
  pass(reset: BegunReset, address: string): Promise<void>
  /** Sets the delivery of a challenge. */
  deliver(challengeId: string, delivery: 'pending' | 'sent' | 'failed'): Promise<void>
  /** Ends a journey's time. */
  expire(reset: BegunReset): Promise<void>
}

export function openStage(server: TestServer): Stage {
  const inEveryTenant = async (work: Parameters<typeof inTenant<void>>[2]) => {
    for (const domain of ['acme.example', 'globex.example'])
      await inTenant(server.store, await findTenantId(server.store, domain), work)
  }
  const send = async (browser: TestBrowser, path: string, json?: unknown) => {
    const answer = await browser.post(path, json)
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.text}`)
    return answer.json
  }
  const deliver: Stage['deliver'] = async (challengeId, delivery) => {
    const end = performance.now() + 60_000
    let settled = false
    while (!settled && performance.now() < end) {
      await inEveryTenant(async trx => {
        const set = trx.updateTable('challenges').set({ delivery }).where('id', '=', challengeId)
        const done = await set.where('delivery', '!=', 'pending').executeTakeFirst()
        if (done.numUpdatedRows > 0n) settled = true
      })
      if (!settled) await sleep(20)
    }
    if (!settled) throw new Error('The code was not sent within a minute')
  }
  const stage: Stage = {
    server,
    deliver,
    async signIn(name) {
      const browser = server.browser()
      await send(browser, '/signin', { username: name, password: PASSWORD })
      return browser
    },
    async givePasskey(user) {
      await registerPasskey(await newBrowser(server, user), newAuthenticator())
    },
    async beginReset(name) {
      const browser = server.browser()
      const json = await send(browser, '/reset', { username: name })
      return { browser, id: json.id, path: `/reset/${json.id}`, json }
    },
    async challenge({ browser, path, json }, kind, more = {}) {
      const { id: method } = json.methods.find((one: { kind: string }) => one.kind === kind)
      const { challenge } = await send(browser, `${path}/challenges`, { method, ...more })
      if (challenge.delivery) await deliver(challenge.id, 'sent')
      return challenge.id
    },
    async pass(reset, address) {
      const [before] = await server.outbox()
      const challenge = await stage.challenge(reset, 'email')
      await send(reset.browser, `${reset.path}/proofs`, { challenge, code: await server.code(address, before) })
    },
    expire: ({ id }) =>
      inEveryTenant(async trx => {
        await trx.updateTable('journeys').set({ expires_at: server.clock.now() }).where('id', '=', id).execute()
      }),
  }
  return stage
}

/** Fills in fields by their form names and sends the form, which comes back with its errors. */
export const refuse = (fields: Record<string, string>) => async (tab: Page) => {
  for (const [name, value] of Object.entries(fields)) await tab.locator(`[name="${name}"]`).fill(value)
  await tab.locator('main form .button-primary').first().click()
  await tab.locator('.error-summary').waitFor()
}

/** The same, as a browser without script sends it: a script that looks at the fields first would stop it. */
export const refuseUnchecked = (fields: Record<string, string>) => async (tab: Page) => {
  for (const [name, value] of Object.entries(fields)) await tab.locator(`[name="${name}"]`).fill(value)
  await tab
    .locator('main form')
    .first()
    .evaluate(form => (form as unknown as { submit(): void }).submit())
  await tab.locator('.error-summary').waitFor()
}

/** Shows a scene in a tab with the cookies of the scene's browser. */
export async function openScene(tab: Page, { services }: TestServer, scene: Scene): Promise<void> {
  const context = tab.context()
  await context.clearCookies()
  await context.addCookies([...scene.browser.cookies].map(([name, value]) => ({ name, value, url: services.origin })))
  // A page that goes on by itself would do so during the check.
  if (scene.waits)
    await tab.route('**/*', async route => {
      if (route.request().url().includes('/assets/onward-')) return route.fulfill({ contentType: 'text/javascript' })
      const response = await route.fetch({ maxRedirects: 0 })
      const { refresh: _, ...headers } = response.headers()
      await route.fulfill({ response, headers })
    })
  await tab.goto(scene.path)
  await scene.act?.(tab)
  // What is still on its way through it would fail the page that comes next.
  if (scene.waits) await tab.unrouteAll({ behavior: 'wait' })
}
