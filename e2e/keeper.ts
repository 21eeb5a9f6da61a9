import { PASSWORD } from '../server/src/demo/index.ts'
import { assignRole } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { granted, post } from '../server/src/testing/contract.ts'
import type { TestBrowser } from '../server/src/testing/server.ts'
import { actOf, addPerson } from './people.ts'
import type { Stage } from './stage.ts'

/** An administrator, whom the demonstration offers recovery codes, with a new sheet; in a session that was just proved. */
export async function addKeeper({ server, signIn }: Stage, name: string) {
  const address = `${name.split('@')[0]}@mail.example`
  const user = await addPerson(server, name, PASSWORD)
  await inTenant(server.store, user.tenantId, trx => assignRole(trx, actOf(server), user.id, 'Helpdesk Administrator'))
  const browser = await signIn(name)
  const { id: challenge } = granted(await post(browser, '/security-info/challenges', { kind: 'email', address }), 201)
  const code = await server.code(address)
  const email = granted(await post(browser, '/security-info/methods', { challenge, code }), 201)
  // By the address: pages of three languages are made at once, and the newest code may be another person's.
  const [before] = await server.outbox()
  const { challenge: proof } = granted(await post(browser, '/session/challenges', { method: email.id }), 201)
  granted(await post(browser, '/session/proofs', { challenge: proof.id, code: await server.code(address, before) }))
  const { id: sheet, codes } = granted(await post(browser, '/security-info/methods', { kind: 'recoveryCode' }), 201)
  return { browser, sheet: String(sheet), codes: codes as string[] }
}

/** Asks for a recovery code in a session. Returns the challenge's id. */
export const askForCode = async (browser: TestBrowser, sheet: string): Promise<string> =>
  granted(await post(browser, '/session/challenges', { method: sheet }), 201).challenge.id
