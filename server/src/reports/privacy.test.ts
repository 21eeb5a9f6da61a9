import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { wrongCode } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'

// Who may see what (self-service password reset, §11), cell by cell, of what reports answer.

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const NAME = 'registered@acme.example'
const TYPED = 'my-password-typed-as-name'
const WRONG = 'Mistyped correct horse 9'

const owner = (await inTenant(store, acme, trx => findUserByName(trx, acme, NAME)))!

// A reset by mail with a wrong code first, a refused password, wrong passwords, and a name that nobody has.
const browser = server.browser()
const { id, methods } = granted(await post(browser, '/reset', { username: NAME }), 201)
const [before] = await server.outbox()
const method = methods.find(({ kind }: { kind: string }) => kind === 'email').id
const { challenge } = granted(await post(browser, `/reset/${id}/challenges`, { method }), 201)
const CODE = await server.code('registered@mail.example', before)
const proof = (code: string) => post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code })
refused(await proof(wrongCode(CODE)), 422, 'code_incorrect')
granted(await proof(CODE))
granted(await post(browser, `/reset/${id}/password`, { newPassword: PASSWORD }))
for (const username of [NAME, `${TYPED}@acme.example`])
  refused(await post(server.browser(), '/signin', { username, password: WRONG }), 401, 'invalid_credentials')
await post(server.browser(), '/reset', { username: `${TYPED}@acme.example` })

/** What no report tells anybody, by the rows of the table. */
const UNTOLD: Record<string, RegExp> = {
  'authentication phone': /\+?1? ?206 ?555 ?01\d\d|46701740605|61491570006/,
  'authentication email': /mail\.example/,
  'chosen questions': /first-dish|"question/,
  answers: /demo answer/,
  passwords: new RegExp(`${PASSWORD}|${WRONG}|argon2id`),
  codes: new RegExp(`"[^"]*\\b${CODE}\\b|\\b${wrongCode(CODE)}\\b`),
  'names of nobody': new RegExp(TYPED),
}

const AUDIT = ['/auditLogs/directoryAudits?$top=1000', '/auditLogs/signIns?$top=1000']
const REPORTS = [
  '/reports/authenticationMethods/userRegistrationDetails',
  `/reports/authenticationMethods/userRegistrationDetails/${owner.id}`,
  '/reports/authenticationMethods/usersRegisteredByMethod',
  '/reports/authenticationMethods/usersRegisteredByFeature',
  '/reports/passwordReset/dailySummaries',
  '/reports/security/dailySummaries',
  '/reports/messages/dailySummaries',
  '/reports/registration/dailySummaries',
  '/reports/attention',
]
const JOURNEYS = ['/reset/journeys', `/reset/journeys/${id}`]

/** Who stands in the columns, and which of the lists they may read. */
const columns: [who: string, ask: () => Promise<AskApi>, open: string[]][] = [
  ['the person themselves', () => api.as(NAME), []],
  ['another person', () => api.as('prefilled@acme.example'), []],
  ['the help desk', () => api.as('helpdesk@acme.example'), JOURNEYS],
  ['an authentication administrator', () => asRole('stale@acme.example', 'Authentication Administrator'), JOURNEYS],
  ['who reads reports', () => asRole('locked@acme.example', 'Reports Reader'), [...AUDIT, ...REPORTS, ...JOURNEYS]],
  ['who keeps applications', () => asRole('signer@acme.example', 'Application Administrator'), REPORTS],
  ['a Global Administrator', () => api.as('admin@acme.example'), [...AUDIT, ...REPORTS, ...JOURNEYS]],
]

async function asRole(name: string, role: Parameters<typeof assignRole>[3]): Promise<AskApi> {
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  await inTenant(store, acme, async trx => {
    const user = await findUserByName(trx, acme, name)
    await assignRole(trx, means, user!.id, role)
  })
  return api.as(name)
}

test('each report is open to whom the table names, and to nobody else', async () => {
  for (const [who, asking, open] of columns) {
    const ask = await asking()
    for (const path of [...AUDIT, ...REPORTS, ...JOURNEYS])
      assert.equal((await ask('GET', path)).status, open.includes(path) ? 200 : 403, `${who}: ${path}`)
  }
})

test('lesson: no report tells anybody a destination, an answer, a code, a password or a name of nobody', async () => {
  const admin = await api.as('admin@acme.example')
  for (const path of [...AUDIT, ...REPORTS, ...JOURNEYS]) {
    const { text } = await admin('GET', path)
    assert.ok(text.length > 20)
    for (const [what, pattern] of Object.entries(UNTOLD)) assert.doesNotMatch(text, pattern, `${what} in ${path}`)
  }
  // What people and audits may know is there: who, when, by which kind of method, from where.
  const { text } = await admin('GET', AUDIT[0]!)
  for (const told of [NAME, 'reset.proof_failed', '127.0.0.1']) assert.ok(text.includes(told), told)
})
