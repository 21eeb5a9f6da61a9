import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE } from './clock.ts'
import { PASSWORD as DEMO_PASSWORD } from './demo/index.ts'
import { assignRole, findAccount, type User } from './directory/index.ts'
import { countGates, findNoticeAddresses, keepFormerAddress, methodsOf, resetMethods } from './methods/index.ts'
import type { MethodKind } from './policies/index.ts'
import {
  beginRegistration,
  checkMayChange,
  confirmMethods,
  finishRegistration,
  giveSessionProof,
  nextRequirement,
  openSecurityInfo,
  ownId,
  provable,
  requestSessionChallenge,
  securityInfoOf,
} from './registration/index.ts'
import { findSession, type Session } from './sessions/index.ts'
import { askOne, inTenant, type Trx } from './store/index.ts'
import { granted, post } from './testing/contract.ts'
import { meansAt, type OnRecord, STEPPED, stage, waitingCode } from './testing/people.ts'
import { testServer } from './testing/server.ts'

// A confirmed number is not a proved one: only a code that came back proves an administrator.
const { store, cast } = await stage()
const QUESTIONS = ['one', 'two', 'three']
const settings = {
  enabled: true,
  gates: 1,
  methods: ['mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'] as MethodKind[],
  questions: QUESTIONS.map(id => ({ id, text: `Question ${id}?` })),
  questionsToRegister: 3,
  questionsToReset: 3,
} as const
const acme = await cast.tenant('acme.example', settings)
const both = { mobilePhone: '+12065550110', email: 'own@mail.example' }
const from = { language: 'en', browser: 'other' as const }
const given = { deviceCookie: undefined }

const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
let people = 0
const somebody = (person: { registered?: OnRecord; prefilled?: OnRecord; mail?: string } = {}, tenantId = acme) =>
  cast.person(tenantId, `person${people++}@acme.example`, { password: false, ...person })
async function promote(user: User) {
  await inside(trx => assignRole(trx, meansAt(), user.id, 'Global Administrator'))
  return cast.again(user)
}
async function takeOver(user: User) {
  const session = await cast.session(meansAt(), user, 'confirm')
  const { recorded } = await inside(trx => askOne(trx, securityInfoOf(meansAt(), user)))
  const methods = recorded.map(({ id }) => ownId(meansAt(), session, id))
  await inside(trx => confirmMethods(trx, meansAt(), session, { methods, ...given }))
}
/** How many gates of a reset what is on record can pass. */
async function gatesOf(user: User) {
  const { policy } = await inside(trx => findAccount(trx, { id: user.id }))
  return countGates(resetMethods(meansAt(), policy, await inside(trx => askOne(trx, methodsOf(meansAt(), user)))))
}
const provableOf = (session: Session) =>
  inTenant(store, session.tenantId, async trx =>
    provable((await openSecurityInfo(trx, meansAt(), session)).info).map(({ kind }) => kind),
  )
const mayChange = (session: Session, at = 0) =>
  inTenant(store, session.tenantId, async trx =>
    checkMayChange(await openSecurityInfo(trx, meansAt(at), session), meansAt(at)),
  )
const requirement = async (user: User) => (await inside(trx => nextRequirement(trx, meansAt(), user, STEPPED))).requires

test('lesson 34: what colleagues filled in and the person found right proves no administrator', async () => {
  const user = await somebody({ prefilled: both, mail: 'work@acme.example' })
  await takeOver(user)
  assert.deepEqual([await gatesOf(user), await requirement(user)], [2, null], 'of a plain user it passes gates')
  const open = await cast.session(meansAt(), await cast.again(user))
  const admin = await promote(user)
  assert.equal(await findSession(store, meansAt(), open.cookie), undefined, 'no open session rises with the role')
  assert.deepEqual([await gatesOf(admin), await requirement(admin)], [0, 'register'])
  const recorded = await inside(trx => askOne(trx, methodsOf(meansAt(), admin)))
  const heard = () => inside(trx => findNoticeAddresses(trx, meansAt(), admin, recorded))
  assert.deepEqual(await heard(), ['work@acme.example'])
  await inside(trx => keepFormerAddress(trx, meansAt(), admin, 'new@mail.example'))
  assert.deepEqual(await heard(), ['work@acme.example'])

  const session = await cast.session(meansAt(), admin, 'register')
  assert.deepEqual(await provableOf(session), [])
  const { challenge } = await inside(trx =>
    beginRegistration(trx, meansAt(), session, { kind: 'email', address: both.email, language: 'en' }),
  )
  const code = (await waitingCode(store, acme, challenge.id))!
  const { changed } = await finishRegistration(store, meansAt(), cast, {
    session,
    challenge: challenge.id,
    proof: { code },
    ...given,
  })
  assert.deepEqual([await gatesOf(admin), await requirement(admin)], [1, 'register'])
  const goesOn = await findSession(store, meansAt(), changed?.sessionCookie)
  assert.deepEqual([goesOn?.requires, await provableOf(goesOn!)], ['register', ['email']])
})

test('lesson 34: answers to questions prove no administrator, in a session as little as in a reset', async () => {
  const user = await somebody({ registered: { ...both, questions: QUESTIONS, officePhone: '+12065550111' } })
  const asUser = await cast.session(meansAt(), user)
  assert.deepEqual((await provableOf(asUser)).sort(), ['email', 'mobilePhone', 'officePhone', 'securityQuestions'])
  const admin = await promote(user)
  const session = await cast.session(meansAt(), admin)
  assert.deepEqual((await provableOf(session)).sort(), ['email', 'mobilePhone'])
  const { recorded } = await inside(trx => askOne(trx, securityInfoOf(meansAt(), admin)))
  const idOf = (kind: MethodKind) => ownId(meansAt(), session, recorded.find(one => one.kind === kind)!.id)
  for (const kind of ['securityQuestions', 'officePhone'] as const)
    await assert.rejects(
      inside(trx => requestSessionChallenge(trx, meansAt(), session, { method: idOf(kind), ...from })),
      { name: 'Refusal', code: 'method_unavailable' },
      kind,
    )

  // Without another method it is as if none were on record: a typed password opens the first registration.
  const alone = await promote(await somebody({ registered: { questions: QUESTIONS } }))
  const other = await cast.session(meansAt(), alone, 'register')
  assert.deepEqual(await provableOf(other), [])
  await mayChange(other)
  await assert.rejects(mayChange(other, 15 * MINUTE), { code: 'proof_needed' })
})

test('a proof in a session is as strong as a gate of the person’s own policy', async () => {
  const domain = 'narrow.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  const person = (registered: OnRecord) =>
    cast.person(tenantId, `person${people++}@${domain}`, { password: false, registered })
  const all = await cast.session(meansAt(), await person({ ...both, questions: QUESTIONS }))
  const phone = await cast.session(meansAt(), await person({ mobilePhone: both.mobilePhone, questions: QUESTIONS }))
  const answers = await cast.session(meansAt(), await person({ questions: QUESTIONS }))
  await cast.policy(tenantId, { methods: ['email', 'authenticatorCode'], gates: 1 })
  assert.deepEqual(await provableOf(all), ['email'], 'what is no longer offered does not stand in for what is')
  assert.deepEqual(await provableOf(phone), ['mobilePhone'], 'what is left alone does, but for answers')
  assert.deepEqual(await provableOf(answers), [])
  await cast.policy(tenantId, { methods: ['email', 'securityQuestions'], questionsToReset: 3 })
  assert.deepEqual((await provableOf(all)).sort(), ['email', 'securityQuestions'])
  // Fewer answers than a reset asks for pass no gate, and so prove nothing here.
  await cast.policy(tenantId, {
    questionsToRegister: 5,
    questionsToReset: 4,
    questions: ['one', 'two', 'three', 'four', 'five'].map(id => ({ id, text: `Question ${id}?` })),
  })
  assert.deepEqual(await provableOf(all), ['email'])
})

test('a code that comes back in a session proves the method, and answers prove none', async () => {
  const user = await somebody({ prefilled: both })
  await takeOver(user)
  const session = await cast.session(meansAt(), await cast.again(user))
  const { recorded } = await inside(trx => askOne(trx, securityInfoOf(meansAt(), user)))
  const email = recorded.find(one => one.kind === 'email')!
  const asked = await inside(trx =>
    requestSessionChallenge(trx, meansAt(), session, { method: ownId(meansAt(), session, email.id), ...from }),
  )
  assert.ok(asked.outcome === 'issued')
  const code = (await waitingCode(store, acme, asked.challenge.id))!
  const proof = { session, challenge: asked.challenge.id, proof: { code }, ...given }
  assert.equal((await giveSessionProof(store, meansAt(), cast, proof)).outcome, 'accepted')
  assert.equal(await gatesOf(await promote(user)), 1)
})

test('a reset proves what passed its gates once a password is set, and a journey that was left half-way nothing', async t => {
  const server = await testServer({ context: t })
  const proved = async () => {
    const { rows } = await server.store.pool.query(
      `select kind from latchkey.methods where proved_at is not null and source = 'person' and user_id =
        (select id from latchkey.users where user_principal_name = 'prefilled@acme.example')`,
    )
    return rows.map(({ kind }) => kind)
  }
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: 'prefilled@acme.example', password: DEMO_PASSWORD }))
  const info = granted(await browser.get('/security-info'))
  const methods = info.methods.flatMap((one: { id?: string }) => one.id ?? [])
  granted(await post(browser, '/security-info/confirmations', { methods }))
  const journey = granted(await post(browser, '/reset', { username: 'prefilled@acme.example' }), 201)
  const way = journey.methods.find((one: { kind: string }) => one.kind === 'email').id
  const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method: way }), 201)
  const code = await server.code('prefilled@mail.example')
  granted(await post(browser, `/reset/${journey.id}/proofs`, { challenge: challenge.id, code }))
  assert.deepEqual(await proved(), [])
  granted(await post(browser, `/reset/${journey.id}/password`, { newPassword: 'Kestrel over marsh 43' }))
  assert.deepEqual(await proved(), ['email'])
})
