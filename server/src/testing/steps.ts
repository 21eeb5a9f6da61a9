import type { TestContext } from 'node:test'
import { changeSignInPolicy, type SignInPolicy, signInPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { granted } from './contract.ts'
import type { Outbox, TestBrowser, TestResponse, TestServer } from './server.ts'

/** A challenge of a session and the code that was sent for it. */
export interface AskedStep {
  challenge: string
  code: string
}

/** Asks for the code of a second step, by mail where it is not said otherwise: text messages are few. */
export async function askStep(server: Outbox, browser: TestBrowser, kind?: string): Promise<AskedStep> {
  const { methods } = granted(await browser.get('/session'))
  const by = (wanted: string) => methods.find((one: { kind: string }) => one.kind === wanted)
  return askProof(server, browser, kind === undefined ? (by('email') ?? methods[0]) : by(kind))
}

/** Asks for a code by this method of a session. */
export async function askProof(server: Outbox, browser: TestBrowser, method: { id: string }): Promise<AskedStep> {
  const before = (await server.outbox())[0]
  const { challenge } = granted(await browser.post('/session/challenges', { method: method.id }), 201)
  const sent = await server.message(one => one.kind === 'code' && (before === undefined || one.id > before.id))
  return { challenge: challenge.id, code: await server.code(sent.to, before) }
}

/** Takes the second step of a sign-in, as its owner does. */
export const takeStep = async (
  server: Outbox,
  browser: TestBrowser,
  more: { rememberBrowser?: boolean } = {},
): Promise<TestResponse> => browser.post('/session/proofs', { ...(await askStep(server, browser)), ...more })

/** Takes it where it is due. */
export async function takeDueStep(server: Outbox, browser: TestBrowser): Promise<void> {
  if (granted(await browser.get('/session')).state === 'second-step') granted(await takeStep(server, browser))
}

/** Changes how a tenant's people sign in, until the test ends. */
export async function chooseSignIn(
  context: TestContext,
  { store }: Pick<TestServer, 'store'>,
  tenantId: string,
  changes: Partial<SignInPolicy>,
): Promise<void> {
  const change = (to: Partial<SignInPolicy>) => inTenant(store, tenantId, trx => changeSignInPolicy(trx, tenantId, to))
  await change(changes)
  context.after(() => change(signInPolicy.defaults))
}
