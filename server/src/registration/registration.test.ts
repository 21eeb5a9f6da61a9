// This file is long because security info has many doors, and the same rules are tried at each of them.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { Secret, TOTP } from 'otpauth'
import { DAY, MINUTE, SECOND } from '../clock.ts'
import type { User } from '../directory/index.ts'
import { findTriesLeft } from '../limits/index.ts'
import {
  blockMethods,
  findNoticeAddresses,
  isPrefilled,
  keepMethod,
  markPasskeys,
  methodsOf,
  openValue,
  type Proof,
  removeMethods,
  saveMethod,
  withFilledIn,
} from '../methods/index.ts'
import { addPasskey, findPasskey, removePasskeys } from '../passkeys/index.ts'
import {
  changeSignInPolicy,
  type MethodKind,
  methodKinds,
  type ResetPolicySettings,
  type SignInPolicy,
} from '../policies/index.ts'
import { Refusal } from '../refusals.ts'
import { endSession, findSession, type Session, strengthOf } from '../sessions/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import {
  answerTo,
  meansAt,
  type NewPerson,
  readEvents,
  readNotices,
  STEPPED,
  stage,
  waitingCode,
  watchedHasher,
  wrongCode,
} from '../testing/people.ts'
import {
  beginRegistration,
  confirmMethods,
  finishRegistration,
  giveSessionProof,
  nextRequirement,
  noteReset,
  openSecurityInfo,
  ownId,
  provable,
  requestSessionChallenge,
  securityInfoOf,
} from './index.ts'
import { type NewMethod, registerQuestions } from './register.ts'
import { putOff, removeMethod } from './review.ts'
import { noteProofs } from './secondStep.ts'

const { store, cast } = await stage()
const QUESTIONS = ['one', 'two', 'three', 'four', 'five']
const settings: Partial<ResetPolicySettings> = {
  enabled: true,
  gates: 1,
  methods: ['mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'],
  questions: QUESTIONS.map(id => ({ id, text: `Question ${id}?` })),
  questionsToRegister: 3,
  questionsToReset: 3,
  registrationRequired: true,
  prefilledDataCounts: true,
  reconfirmAfterDays: 180,
}
const acme = await cast.tenant('acme.example', settings)
const phone = { mobilePhone: '+12065550110' }
const email = { email: 'first@mail.example' }

let people = 0
const somebody = (person: NewPerson = {}, tenantId = acme, domain = 'acme.example') =>
  cast.person(tenantId, `person${people++}@${domain}`, { password: false, ...person })

const refused = (code: string, field?: string) => (error: unknown) =>
  error instanceof Refusal && error.code === code && (field === undefined || error.field === field)

const inside = <T>(user: User, work: Parameters<typeof inTenant<T>>[2]) => inTenant(store, user.tenantId, work)
const begin = (session: Session, asked: NewMethod, at = 0) =>
  inside(session.user, trx => beginRegistration(trx, meansAt(at), session, { ...asked, language: 'en' }))
const finish = (session: Session, challenge: string, code: string, at = 0) =>
  finishRegistration(store, meansAt(at), cast, {
    session,
    challenge,
    proof: { code },
    deviceCookie: undefined,
  })
async function register(session: Session, asked: NewMethod, at = 0) {
  const { challenge } = await begin(session, asked, at)
  return finish(session, challenge.id, (await waitingCode(store, session.tenantId, challenge.id))!, at)
}
/** Gives a proof. The session goes on under its new id, as in a browser. */
async function give(session: Session, challenge: string, proof: Proof, at = 0) {
  const given = { session, challenge, proof, deviceCookie: undefined }
  const done = await giveSessionProof(store, meansAt(at), cast, given)
  if (done.renewed) Object.assign(session, await findSession(store, meansAt(at), done.renewed.sessionCookie))
  return done
}
/** Proves one of the session's registered methods, or by `among` another that it takes. */
async function prove(session: Session, at = 0, kind = 'email', among = provable) {
  const issued = await inside(session.user, async trx => {
    const standing = await openSecurityInfo(trx, meansAt(at), session)
    const method = among(standing.info).find(one => one.kind === kind)!
    return requestSessionChallenge(trx, meansAt(at), session, {
      method: ownId(meansAt(), session, method.id),
      language: 'en',
      browser: 'other',
    })
  })
  assert.ok(issued.outcome === 'issued')
  const { id, questions } = issued.challenge
  const proof = questions
    ? { answers: questions.map(question => ({ question, answer: answerTo(question) })) }
    : { code: (await waitingCode(store, session.tenantId, id))! }
  return give(session, id, proof, at)
}
const infoOf = (user: User, at = 0) => inside(user, trx => askOne(trx, securityInfoOf(meansAt(at), user)))
const valuesOf = async (user: User) =>
  Object.fromEntries(
    (await inside(user, trx => askOne(trx, methodsOf(meansAt(), user)))).map(one => [
      one.kind,
      openValue(meansAt(), one),
    ]),
  )
const idOf = async (session: Session, kind: string) => {
  const method = (await infoOf(session.user)).recorded.find(one => one.kind === kind)!
  return ownId(meansAt(), session, method.id)
}
const answers = (...questions: string[]) => ({
  answers: questions.map(question => ({ question, answer: answerTo(question) })),
  deviceCookie: undefined,
})

test('what a session requires follows from what is on record, the gates, the role and the policy', async () => {
  const domain = 'table.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  const both = { ...phone, ...email }
  const states = {
    nothing: {},
    'one prefilled': { prefilled: email },
    'both prefilled': { prefilled: both },
    'one registered': { registered: email },
    'one of each': { registered: email, prefilled: phone },
    'both registered': { registered: both },
    'both stale': { registered: both, registeredAgo: 200 * DAY },
    'one number twice': { registered: { ...phone, officePhone: phone.mobilePhone } },
    'an office phone too': { registered: { ...phone, officePhone: '+12065550111' } },
  } satisfies Record<string, NewPerson>
  type State = keyof typeof states
  type Need = 'register' | 'confirm' | null
  // Each line: the requirement of people for one gate and two, where prefilled data counts, then where it does not;
  // then of administrators.
  const expected: Record<State, [Need, Need, Need, Need, Need]> = {
    nothing: ['register', 'register', 'register', 'register', 'register'],
    'one prefilled': ['confirm', 'register', 'register', 'register', 'register'],
    'both prefilled': ['confirm', 'confirm', 'register', 'register', 'register'],
    'one registered': [null, 'register', null, 'register', 'register'],
    'one of each': [null, 'confirm', null, 'register', 'register'],
    'both registered': [null, null, null, null, null],
    'both stale': ['confirm', 'confirm', 'confirm', 'confirm', 'confirm'],
    'one number twice': [null, 'register', null, 'register', 'register'],
    'an office phone too': [null, null, null, null, 'register'],
  }
  const users = new Map<State, [User, User]>()
  for (const [state, person] of Object.entries(states) as [State, NewPerson][])
    users.set(state, [
      await somebody(person, tenantId, domain),
      await somebody({ ...person, roles: ['Billing Administrator'] }, tenantId, domain),
    ])
  let evaluated = 0
  const check = async (changes: Partial<ResetPolicySettings>, need: (state: State, administrator: boolean) => Need) => {
    await cast.policy(tenantId, { ...settings, ...changes })
    for (const [state, pair] of users)
      for (const [place, user] of pair.entries()) {
        const found = await inside(user, trx => nextRequirement(trx, meansAt(), user, STEPPED))
        assert.equal(
          found.requires,
          need(state, place === 1),
          `${state}, ${place ? 'administrator' : 'person'}: ${JSON.stringify(changes)}`,
        )
        evaluated++
      }
  }
  for (const [place, changes] of (
    [
      { gates: 1, prefilledDataCounts: true },
      { gates: 2, prefilledDataCounts: true },
      { gates: 1, prefilledDataCounts: false },
      { gates: 2, prefilledDataCounts: false },
    ] as const
  ).entries()) {
    await check(changes, (state, administrator) => expected[state][administrator ? 4 : place]!)
    await check({ ...changes, registrationRequired: false }, () => null)
  }
  // People who may not reset have nothing to register; administrators always may.
  await check({ enabled: false }, (state, administrator) => (administrator ? expected[state][4] : null))
  const never = { reconfirmAfterDays: 0 }
  await check(never, (state, administrator) => (state === 'both stale' ? null : expected[state][administrator ? 4 : 0]))
  assert.equal(evaluated, 10 * 18)
})

test('data grows stale to the day, and an office phone never does', async () => {
  const stale = await somebody({ registered: { ...email, officePhone: '+12065550111' } })
  assert.equal((await infoOf(stale, 180 * DAY - 1)).reconfirmDue, false)
  assert.equal((await infoOf(stale, 180 * DAY)).reconfirmDue, true)
  const office = await somebody({ registered: { officePhone: '+12065550111' } })
  assert.equal((await infoOf(office, 900 * DAY)).reconfirmDue, false)
  const info = await infoOf(office)
  assert.deepEqual(
    info.entries.map(entry => [entry.kind, entry.state, entry.editable, entry.removable]),
    [
      ['passkey', 'missing', true, false],
      ['mobilePhone', 'missing', true, false],
      ['officePhone', 'registered', false, false],
      ['email', 'missing', true, false],
      ['securityQuestions', 'missing', true, false],
      ['authenticatorCode', 'missing', true, false],
    ],
  )
  const without = await infoOf(await somebody())
  assert.ok(!without.entries.some(({ kind }) => kind === 'officePhone'), 'what only others can set is not asked for')
})

test('a first phone, address, app and set of questions are on record once they are proved', async () => {
  const user = await somebody({ mail: 'work@acme.example' })
  const session = await cast.session(meansAt(), user, 'register')
  const { challenge } = await begin(session, { kind: 'email', address: ' Own@Mail.example ' })
  const code = (await waitingCode(store, acme, challenge.id))!
  assert.deepEqual(await valuesOf(user), {})
  assert.equal((await finish(session, challenge.id, wrongCode(code))).outcome, 'incorrect')
  assert.deepEqual(await valuesOf(user), {})
  const done = await finish(session, challenge.id, code)
  assert.equal(done.outcome, 'accepted')
  assert.deepEqual(await valuesOf(user), { email: 'Own@mail.example' })
  assert.deepEqual(
    (await readNotices(store, acme)).filter(notice => notice.variables.username === user.userPrincipalName),
    [
      {
        template: 'security_info_added',
        to: 'work@acme.example',
        language: 'en',
        variables: {
          organization: 'acme',
          username: user.userPrincipalName,
          at: meansAt().now.toISOString(),
          address: '192.0.2.7',
          kind: 'email',
        },
      },
    ],
    'the new address does not hear of itself',
  )

  // The required step is finished: the session goes on under another id, and the old cookie is dead.
  const next = await findSession(store, meansAt(), done.changed?.sessionCookie)
  assert.equal(next?.requires, null)
  assert.equal(await findSession(store, meansAt(), session.cookie), undefined)
  await assert.rejects(begin(session, { kind: 'authenticatorCode' }), refused('not_signed_in'))

  assert.equal((await prove(next!)).outcome, 'accepted')
  const app = await begin(next!, { kind: 'authenticatorCode' })
  const key = new URL(app.otpauthUri!).searchParams.get('secret')!
  assert.match(app.otpauthUri!, /^otpauth:\/\/totp\/acme:person\d+%40acme\.example\?issuer=acme&secret=[A-Z2-7]{32}/)
  const totp = new TOTP({ secret: Secret.fromBase32(key) })
  const now = meansAt(MINUTE).now.getTime()
  assert.equal((await finish(next!, app.challenge.id, totp.generate({ timestamp: now }), MINUTE)).outcome, 'accepted')
  assert.equal((await valuesOf(user)).authenticatorCode, key)
  const method = await idOf(next!, 'authenticatorCode')
  const asked = await inside(user, trx =>
    requestSessionChallenge(trx, meansAt(MINUTE), next!, { method, language: 'en', browser: 'other' }),
  )
  assert.ok(asked.outcome === 'issued')
  const replay = (at: number) =>
    give(next!, asked.challenge.id, { code: totp.generate({ timestamp: now + at }) }, MINUTE)
  assert.equal((await replay(0)).outcome, 'incorrect', 'the code that registered the app is used up')
  assert.equal((await replay(30 * SECOND)).outcome, 'accepted')

  const { changed } = await register(next!, { kind: 'mobilePhone', phoneNumber: '+1 206 555 0110', channel: 'sms' })
  assert.equal(changed, undefined, 'nothing was required any more')
  await registerQuestions(store, meansAt(), cast.hasher, { session: next!, ...answers('one', 'two', 'three') })
  assert.deepEqual(Object.keys(await valuesOf(user)).sort(), [
    'authenticatorCode',
    'email',
    'mobilePhone',
    'securityQuestions',
  ])
  assert.equal((await infoOf(user)).registered, 4)
})

test('what cannot be registered is refused before anything is sent', async () => {
  const user = await somebody()
  const session = await cast.session(meansAt(), user)
  const number = (phoneNumber: string): NewMethod => ({ kind: 'mobilePhone', phoneNumber, channel: 'sms' })
  await assert.rejects(begin(session, number('2065550110')), refused('phone_invalid', 'phoneNumber'))
  for (const address of ['a@mail.example,b@mail.example', 'nobody'])
    await assert.rejects(begin(session, { kind: 'email', address }), refused('email_invalid', 'address'))
  await assert.rejects(
    begin(session, { kind: 'email', address: user.userPrincipalName.toUpperCase() }),
    refused('email_is_this_account'),
  )
  await begin(session, { kind: 'email', address: 'colleague@acme.example' })
  const few = registerQuestions(store, meansAt(), cast.hasher, { session, ...answers('one', 'two') })
  await assert.rejects(few, refused('questions_too_few'))
  assert.deepEqual(await valuesOf(user), {})

  const strict = 'strict.acme.example'
  const tenantId = await cast.tenant(strict, { enabled: true, methods: ['email'], ownDomainEmailAllowed: false })
  const other = await cast.session(meansAt(), await somebody({}, tenantId, strict))
  await assert.rejects(begin(other, { kind: 'email', address: `colleague@${strict}` }), refused('email_own_domain'))
  await assert.rejects(begin(other, number('+12065550110')), refused('method_unavailable', 'kind'))
  await assert.rejects(
    registerQuestions(store, meansAt(), cast.hasher, { session: other, ...answers('one', 'two', 'three') }),
    refused('method_unavailable'),
  )
  const admin = await somebody({ roles: ['Global Administrator'] })
  await assert.rejects(
    registerQuestions(store, meansAt(), cast.hasher, {
      session: await cast.session(meansAt(), admin),
      ...answers('one', 'two', 'three'),
    }),
    refused('method_unavailable'),
  )
})

test('lesson 15: a first registration needs a password typed within fifteen minutes', async () => {
  const user = await somebody()
  const session = await cast.session(meansAt(), user)
  const asked: NewMethod = { kind: 'email', address: 'own@mail.example' }
  await begin(session, asked, 15 * MINUTE - 1)
  await assert.rejects(begin(session, asked, 15 * MINUTE), refused('proof_needed'))
  const questions = registerQuestions(store, meansAt(15 * MINUTE), cast.hasher, { session, ...answers(...QUESTIONS) })
  await assert.rejects(questions, refused('proof_needed'))
  // A registration that began in time and finished too late saves nothing.
  const { challenge } = await begin(session, asked, 14 * MINUTE)
  const code = (await waitingCode(store, acme, challenge.id))!
  await assert.rejects(finish(session, challenge.id, code, 15 * MINUTE), refused('proof_needed'))
  assert.deepEqual(await valuesOf(user), {})
})

test('lesson 14: once something is registered, a password is not enough to add, change or remove', async () => {
  const user = await somebody({ registered: { ...email, questions: ['one', 'two', 'three'] } })
  const session = await cast.session(meansAt(), user)
  const own = await idOf(session, 'email')
  const remove = (at: number) => inside(user, trx => removeMethod(trx, meansAt(at), session, own))
  const add: NewMethod = { kind: 'mobilePhone', phoneNumber: '+12065550110', channel: 'sms' }
  const change: NewMethod = { kind: 'email', address: 'second@mail.example' }
  const all = async (at: number) => {
    await assert.rejects(begin(session, add, at), refused('proof_needed'))
    await assert.rejects(begin(session, change, at), refused('proof_needed'))
    await assert.rejects(remove(at), refused('proof_needed'))
    const questions = registerQuestions(store, meansAt(at), cast.hasher, { session, ...answers(...QUESTIONS) })
    await assert.rejects(questions, refused('proof_needed'))
  }
  await all(0)
  assert.equal((await prove(session, MINUTE, 'securityQuestions')).outcome, 'accepted')
  await all(16 * MINUTE)
  const { challenge } = await begin(session, add, 15 * MINUTE)
  const code = (await waitingCode(store, acme, challenge.id))!
  await assert.rejects(finish(session, challenge.id, code, 16 * MINUTE), refused('proof_needed'))
  assert.equal((await finish(session, challenge.id, code, 16 * MINUTE - 1)).outcome, 'accepted')
  assert.deepEqual(Object.keys(await valuesOf(user)).sort(), ['email', 'mobilePhone', 'securityQuestions'])
  // The proof is this session's: another one of the same person, or a colleague's, has none.
  await assert.rejects(begin(await cast.session(meansAt(), user), add, MINUTE), refused('proof_needed'))
})

test('lesson 12: after a reset its own gates change nothing, while the person has a method that it did not use', async () => {
  const key = 'JBSWY3DPEHPK3PXP'
  const resetBy = async (person: NewPerson, gate: MethodKind) => {
    const user = await somebody(person)
    const { recorded } = await infoOf(user)
    await inside(user, trx => noteReset(trx, user, recorded, [recorded.find(({ kind }) => kind === gate)!.id]))
    return cast.session(meansAt(), user)
  }
  const ways = async ({ user }: Session) => provable(await infoOf(user)).map(({ kind }) => kind)
  const email2: NewMethod = { kind: 'email', address: 'second@mail.example' }
  const proveApp = async (session: Session, at: number) => {
    const method = await idOf(session, 'authenticatorCode')
    const issued = await inside(session.user, trx =>
      requestSessionChallenge(trx, meansAt(at), session, { method, language: 'en', browser: 'other' }),
    )
    assert.ok(issued.outcome === 'issued')
    const code = new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: meansAt(at).now.getTime() })
    return give(session, issued.challenge.id, { code }, at)
  }

  const robbed = await resetBy({ registered: { ...phone, authenticatorCode: key } }, 'mobilePhone')
  assert.deepEqual(await ways(robbed), ['authenticatorCode'])
  const method = await idOf(robbed, 'mobilePhone')
  await assert.rejects(
    inside(robbed.user, trx =>
      requestSessionChallenge(trx, meansAt(), robbed, { method, language: 'en', browser: 'other' }),
    ),
    refused('method_unavailable'),
  )
  const app = await idOf(robbed, 'authenticatorCode')
  const remove = () => inside(robbed.user, trx => removeMethod(trx, meansAt(), robbed, app))
  await assert.rejects(remove(), refused('proof_needed'))
  await assert.rejects(begin(robbed, { kind: 'authenticatorCode' }), refused('proof_needed'))
  assert.equal((await proveApp(robbed, 0)).outcome, 'accepted')
  assert.deepEqual(await ways(robbed), ['mobilePhone', 'authenticatorCode'], 'the owner has proved themselves')
  await remove()

  const filledIn = await resetBy({ registered: email, prefilled: phone }, 'email')
  assert.deepEqual(await ways(filledIn), ['mobilePhone'], 'their own number would take its place')
  await assert.rejects(begin(filledIn, email2), refused('proof_needed'))

  // Whoever has nothing else, or what no person can replace, proves as ever.
  const alone = await resetBy({ registered: email }, 'email')
  assert.deepEqual(await ways(alone), ['email'])
  await prove(alone)
  assert.equal((await register(alone, email2)).outcome, 'accepted')
  const office = await resetBy({ registered: { ...email, officePhone: '+12065550111' } }, 'email')
  assert.deepEqual(await ways(office), ['officePhone', 'email'])
  await prove(office)
  assert.equal(
    (await register(office, { kind: 'mobilePhone', phoneNumber: phone.mobilePhone, channel: 'sms' })).outcome,
    'accepted',
  )
  assert.deepEqual(
    (await infoOf(office.user)).step.methods.map(({ kind }) => kind),
    ['officePhone'],
    'and the step asks for it',
  )
})

test('nobody is asked to register who could only prove what a reset has left', async () => {
  const domain = 'left.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, gates: 2 })
  const user = await somebody({ registered: email, prefilled: phone }, tenantId, domain)
  const required = async () => (await inside(user, trx => nextRequirement(trx, meansAt(), user, STEPPED))).requires
  assert.equal(await required(), 'confirm')
  const { recorded } = await infoOf(user)
  const reset = () =>
    inside(user, trx => noteReset(trx, user, recorded, [recorded.find(({ kind }) => kind === 'email')!.id]))
  await reset()
  assert.equal(await required(), null)
  const row = async () => {
    const query = sql<{
      place: string
    }>`select ctid::text as place from accounts where tenant_id = ${tenantId} and id = ${user.id}`
    return (await inside(user, trx => query.execute(trx))).rows[0]!.place
  }
  const before = await row()
  await reset()
  assert.equal(await row(), before, 'the next reset by the same ways writes nothing')
})

test('a method that the policy no longer offers still proves its owner, who could change nothing else', async () => {
  const domain = 'stranded.acme.example'
  const tenantId = await cast.tenant(domain, { enabled: true, methods: ['email'] })
  const user = await somebody({ registered: email }, tenantId, domain)
  await cast.policy(tenantId, { methods: ['mobilePhone'] })
  const session = await cast.session(meansAt(), user, 'register')
  const asked: NewMethod = { kind: 'mobilePhone', phoneNumber: '+12065550110', channel: 'sms' }
  await assert.rejects(begin(session, asked), refused('proof_needed'))
  assert.equal((await prove(session)).outcome, 'accepted')
  assert.equal((await register(session, asked)).outcome, 'accepted')
  const prefilled = await somebody({ prefilled: email }, tenantId, domain)
  const other = await cast.session(meansAt(), prefilled)
  const ways = await inside(prefilled, async trx => provable((await openSecurityInfo(trx, meansAt(), other)).info))
  assert.deepEqual(ways, [], 'what others filled in never does')
})

test('what the policy no longer offers can be removed by its owner, and counts for nothing', async () => {
  const domain = 'leftover.acme.example'
  const tenantId = await cast.tenant(domain, { enabled: true, methods: ['email', 'mobilePhone'] })
  const old = { registered: email, registeredAgo: 200 * DAY }
  const user = await somebody({ ...old, prefilled: { ...phone, officePhone: '+12065550111' } }, tenantId, domain)
  const session = await cast.session(meansAt(), user)
  const entries = async () =>
    (await infoOf(user)).entries.map(one => `${one.kind} ${one.state} ${one.editable} ${one.removable}`)
  for (const changes of [{ methods: ['mobilePhone' as const] }, { enabled: false }]) {
    await cast.policy(tenantId, changes)
    const info = await infoOf(user)
    assert.deepEqual([info.registered, info.reconfirmDue], [0, false], 'it neither counts nor grows old')
    assert.equal((await entries()).at(-1), 'email registered false true')
    assert.ok(!(await entries()).some(entry => entry.startsWith('officePhone')), 'nor is it what others filled in')
  }
  const passkey = 'passkey missing true false'
  assert.deepEqual(await entries(), [passkey, 'email registered false true'])
  await cast.policy(tenantId, { enabled: true })
  assert.deepEqual(await entries(), [passkey, 'mobilePhone prefilled true false', 'email registered false true'])
  const required = await inside(user, trx => nextRequirement(trx, meansAt(), user, STEPPED))
  assert.equal(required.requires, 'confirm', 'of what is offered, one way was filled in')

  await prove(session)
  await assert.rejects(
    begin(session, { kind: 'email', address: 'new@mail.example' }),
    refused('method_unavailable', 'kind'),
  )
  const own = await idOf(session, 'email')
  await inside(user, trx => removeMethod(trx, meansAt(), session, own))
  assert.deepEqual(await entries(), [passkey, 'mobilePhone prefilled true false'])
})

test('a session’s proof is by a registered method, through its own channel, and counts where all proofs do', async () => {
  const user = await somebody({
    registered: { ...email, ...phone },
    prefilled: { authenticatorCode: 'JBSWY3DPEHPK3PXP' },
  })
  const session = await cast.session(meansAt(), user)
  const ask = (asked: { method: string; channel?: 'sms' | 'voice'; phoneNumber?: string }, as = session) =>
    inside(user, trx => requestSessionChallenge(trx, meansAt(), as, { ...asked, language: 'en', browser: 'other' }))
  const unavailable = refused('method_unavailable')
  await assert.rejects(ask({ method: 'x' }), unavailable)
  // What others filled in may be a second step, and guards nothing.
  const filledIn = await idOf(session, 'authenticatorCode')
  const app = await ask({ method: filledIn })
  assert.ok(app.outcome === 'issued')
  const totp = new TOTP({ secret: Secret.fromBase32('JBSWY3DPEHPK3PXP') })
  const byApp = totp.generate({ timestamp: meansAt().now.getTime() })
  const passed = await give(session, app.challenge.id, { code: byApp })
  assert.deepEqual([passed.outcome, session.provedAt], ['accepted', null])
  await assert.rejects(ask({ method: await idOf(session, 'email'), channel: 'sms' }), unavailable)
  const other = await cast.session(meansAt(), user)
  await assert.rejects(ask({ method: await idOf(other, 'email') }), unavailable, 'ids differ from session to session')
  const mobilePhone = await idOf(session, 'mobilePhone')
  assert.deepEqual(await ask({ method: mobilePhone, phoneNumber: '+12065550111' }), { outcome: 'mismatch' })
  const issued = await ask({ method: mobilePhone, phoneNumber: '+12065550110', channel: 'voice' })
  assert.ok(issued.outcome === 'issued' && issued.challenge.channel === 'voice')

  const code = (await waitingCode(store, acme, issued.challenge.id))!
  const { id } = issued.challenge
  assert.equal((await give(other, id, { code })).outcome, 'expired')
  assert.equal((await give(session, id, { code: wrongCode(code) })).outcome, 'incorrect')
  // A code that was sent for a proof registers nothing, nor the other way round.
  assert.equal((await finish(session, issued.challenge.id, code)).outcome, 'expired')
  const before = session.id
  assert.equal((await give(session, id, { code })).outcome, 'accepted')
  assert.deepEqual(session.provedAt, meansAt().now)
  assert.notEqual(session.id, before)
  assert.equal(await findSession(store, meansAt(), session.cookie), undefined)
  assert.equal((await give(session, id, { code })).outcome, 'repeated')
  assert.equal((await findSession(store, meansAt(), other.cookie))?.provedAt, null)
})

test('lesson 21: answers of a session that ends while they are judged are no failure where they are right, and one where they are wrong', async () => {
  for (const right of [true, false]) {
    const user = await somebody({ registered: { questions: QUESTIONS } })
    const session = await cast.session(meansAt(), user)
    const method = await idOf(session, 'securityQuestions')
    const issued = await inside(user, trx =>
      requestSessionChallenge(trx, meansAt(), session, { method, language: 'en', browser: 'other' }),
    )
    assert.ok(issued.outcome === 'issued')
    const { id, questions } = issued.challenge
    const counter = { tenantId: acme, kind: 'proofs', name: user.userPrincipalName, browser: 'other' } as const
    const triesLeft = () => inside(user, trx => findTriesLeft(trx, meansAt(), counter))
    const meanwhile: number[] = []
    const hasher = watchedHasher(cast.hasher, async () => {
      meanwhile.push(await triesLeft())
      await inside(user, trx => endSession(trx, session))
    })
    const proof = { answers: questions!.map(question => ({ question, answer: right ? answerTo(question) : 'wrong' })) }
    const given = { session, challenge: id, proof, deviceCookie: undefined }
    await assert.rejects(giveSessionProof(store, meansAt(), { ...cast, hasher }, given), refused('not_signed_in'))
    assert.deepEqual([meanwhile[0], await triesLeft()], [4, right ? 5 : 4])
  }
})

test('confirming takes over what was filled in, and makes old proofs new', async () => {
  const user = await somebody({ prefilled: { ...phone, ...email } })
  const session = await cast.session(meansAt(), user, 'confirm')
  const confirm = (as: Session, ids: string[], at = 0) =>
    inside(as.user, trx => confirmMethods(trx, meansAt(at), as, { methods: ids, deviceCookie: undefined }))
  const ids = [await idOf(session, 'mobilePhone'), await idOf(session, 'email')]
  await assert.rejects(confirm(session, ids, 15 * MINUTE), refused('proof_needed'))
  await assert.rejects(confirm(session, [ids[0]!, 'x']), refused('not_found'))
  assert.equal((await infoOf(user)).registered, 0, 'all or nothing')
  const changed = await confirm(session, ids)
  const info = await infoOf(user)
  assert.deepEqual([info.registered, info.recorded.map(one => isPrefilled(one, false))], [2, [false, false]])
  assert.deepEqual(await valuesOf(user), { ...phone, ...email })
  assert.equal((await findSession(store, meansAt(), changed?.sessionCookie))?.requires, null)
  assert.equal(await findSession(store, meansAt(), session.cookie), undefined)

  const stale = await somebody({ registered: email, registeredAgo: 200 * DAY })
  const old = await cast.session(meansAt(), stale, 'confirm')
  const renewed = await confirm(old, [await idOf(old, 'email')])
  assert.ok(renewed)
  const [method] = (await infoOf(stale)).recorded
  assert.deepEqual([method?.confirmedAt, method?.createdAt], [meansAt().now, meansAt(-200 * DAY).now])

  // Taking over is registering: where something is registered already, a password is not enough, and the owner hears of it.
  const mixed = await somebody({ registered: email, registeredAgo: 200 * DAY, prefilled: phone })
  const own = await cast.session(meansAt(), mixed, 'confirm')
  await assert.rejects(confirm(own, [await idOf(own, 'mobilePhone')]), refused('proof_needed'))
  await assert.rejects(
    confirm(own, [await idOf(own, 'email'), await idOf(own, 'mobilePhone')]),
    refused('proof_needed'),
  )
  assert.equal((await infoOf(mixed)).registered, 1, 'all or nothing')
  const told = async () =>
    (await readNotices(store, acme))
      .filter(({ variables }) => variables.username === mixed.userPrincipalName)
      .map(({ template, to, variables }) => `${template} ${to} ${variables.kind}`)
  assert.deepEqual(await told(), [])
  await prove(own)
  await confirm(own, [await idOf(own, 'mobilePhone')])
  assert.equal((await infoOf(mixed)).registered, 2)
  assert.deepEqual(await told(), ['security_info_added first@mail.example mobilePhone'])

  // A colleague's method is not to be found by its id.
  const colleague = await cast.session(meansAt(), await somebody({ registered: email }))
  await assert.rejects(confirm(colleague, [await idOf(old, 'email')]), refused('not_found'))
})

test('lesson 34: an administrator proves what others filled in, and never takes it over by looking at it', async () => {
  const user = await somebody({ roles: ['User Administrator'], prefilled: { ...phone, ...email } })
  const session = await cast.session(meansAt(), user, 'register')
  const ids = [await idOf(session, 'email')]
  await assert.rejects(
    inside(user, trx => confirmMethods(trx, meansAt(), session, { methods: ids, deviceCookie: undefined })),
    refused('not_editable', 'methods'),
  )
  assert.equal((await infoOf(user)).registered, 0)
  assert.equal((await register(session, { kind: 'email', address: email.email })).outcome, 'accepted')
  assert.equal((await infoOf(user)).registered, 1)
})

test('lesson 15: whoever replaces or removes, the old address is told', async () => {
  const user = await somebody({ registered: email, preferredLanguage: 'ja' })
  const session = await cast.session(meansAt(), user)
  await prove(session)
  const told = async () =>
    (await readNotices(store, acme))
      .filter(notice => notice.variables.username === user.userPrincipalName)
      .map(({ template, to, language }) => `${template} ${to} ${language}`)
  await register(session, { kind: 'email', address: 'second@mail.example' })
  assert.deepEqual(await told(), ['security_info_changed first@mail.example ja'])
  assert.deepEqual(await valuesOf(user), { email: 'second@mail.example' })
  const own = await idOf(session, 'email')
  await inside(user, trx => removeMethod(trx, meansAt(MINUTE), session, own))
  // The earlier address, too: an attacker who changes the address first must not be the only one to hear of the rest.
  assert.deepEqual((await told()).slice(1).sort(), [
    'security_info_removed first@mail.example ja',
    'security_info_removed second@mail.example ja',
  ])
  assert.deepEqual(await valuesOf(user), {})
  const readers = await inside(user, trx => findNoticeAddresses(trx, meansAt(MINUTE), user, []))
  assert.deepEqual(readers.slice(1).sort(), ['first@mail.example', 'second@mail.example'], 'and of what comes next')
  await assert.rejects(
    inside(user, trx => removeMethod(trx, meansAt(), session, own)),
    refused('not_found'),
  )
})

test('what others filled in stays theirs: it is not removed, and comes back when one’s own goes', async () => {
  const user = await somebody({
    registered: { officePhone: '+12065550111', questions: ['one', 'two', 'three'] },
    prefilled: email,
  })
  const session = await cast.session(meansAt(), user)
  await prove(session, 0, 'securityQuestions')
  const remove = async (kind: string) => {
    const id = await idOf(session, kind)
    return inside(user, trx => removeMethod(trx, meansAt(), session, id))
  }
  await assert.rejects(remove('email'), refused('not_editable'))
  await assert.rejects(remove('officePhone'), refused('not_editable'))
  await register(session, { kind: 'email', address: 'own@mail.example' })
  assert.equal((await valuesOf(user)).email, 'own@mail.example')
  await remove('email')
  assert.equal((await valuesOf(user)).email, 'first@mail.example')
  await remove('securityQuestions')
  const { rows } = await store.pool.query('select count(*)::int as n from security_answers where user_id = $1', [
    user.id,
  ])
  assert.equal(rows[0].n, 0, 'the answers are gone with them')
})

test('registering can be put off where the policy says so, and only where it was asked for', async () => {
  const user = await somebody()
  const later = (session: Session) => inside(session.user, trx => putOff(trx, meansAt(), session, undefined))
  const session = await cast.session(meansAt(), user, 'register')
  const { sessionCookie } = await later(session)
  assert.equal((await findSession(store, meansAt(), sessionCookie))?.requires, null)
  assert.equal(await findSession(store, meansAt(), session.cookie), undefined)
  await assert.rejects(later(await cast.session(meansAt(), user, null)), refused('wrong_state'))
  await assert.rejects(later(await cast.session(meansAt(), user, 'change-password')), refused('wrong_state'))
  await later(await cast.session(meansAt(), user, 'confirm'))

  const domain = 'must.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, registrationMayBePutOff: false })
  const held = await cast.session(meansAt(), await somebody({}, tenantId, domain), 'register')
  await assert.rejects(later(held), refused('registration_required'))
  assert.ok((await readEvents(store, acme)).includes('securityInfo.put_off success'))
})

test('a step that is half done keeps the session where it is', async () => {
  const domain = 'two.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, gates: 2 })
  const user = await somebody({}, tenantId, domain)
  const session = await cast.session(meansAt(), user, 'register')
  const first = await register(session, { kind: 'email', address: 'own@mail.example' })
  assert.equal(first.changed?.sessionCookie, undefined)
  assert.equal((await findSession(store, meansAt(), session.cookie))?.requires, 'register')
  await prove(session)
  const second = await register(session, { kind: 'mobilePhone', phoneNumber: '+12065550110', channel: 'voice' })
  assert.equal((await findSession(store, meansAt(), second.changed?.sessionCookie))?.requires, null)
  const events = await readEvents(store, tenantId)
  assert.equal(events.filter(event => event === 'securityInfo.registered success').length, 1)
})

test('codes that are asked for and handed in at once wait for one another, and fail only where the session went on under another id', async () => {
  for (let round = 0; round < 8; round++) {
    await cast.forgetSends()
    const user = await somebody({ registered: email })
    const session = await cast.session(meansAt(), user)
    await prove(session)
    const asked: NewMethod = { kind: 'mobilePhone', phoneNumber: '+12065550110', channel: 'sms' }
    const method = await idOf(session, 'email')
    const request = () =>
      inside(user, trx =>
        requestSessionChallenge(trx, meansAt(), session, { method, language: 'en', browser: 'other' }),
      )
    const issued = await request()
    assert.ok(issued.outcome === 'issued')
    const { challenge } = await begin(session, asked)
    const codes = await Promise.all([challenge, issued.challenge].map(({ id }) => waitingCode(store, acme, id)))
    const handIn = () => give({ ...session }, issued.challenge.id, { code: codes[1]! })
    const done = await Promise.allSettled([
      finish(session, challenge.id, codes[0]!),
      begin(session, asked),
      handIn(),
      request(),
      finish(session, challenge.id, codes[0]!),
      begin(session, { kind: 'authenticatorCode' }),
      handIn(),
    ])
    for (const one of done) if (one.status === 'rejected') assert.ok(refused('not_signed_in')(one.reason), one.reason)
    const renewed = [done[2], done[6]].filter(one => one?.status === 'fulfilled' && 'renewed' in one.value)
    assert.ok(renewed.length <= 1, 'two proofs at once make one session')
  }
})

test('nobody is asked to register who could prove nothing first', async () => {
  const user = await somebody({ registered: { ...email, ...phone } })
  const required = async () => (await inside(user, trx => nextRequirement(trx, meansAt(), user, STEPPED))).requires
  const block = (kind: MethodKind) =>
    inside(user, async trx => {
      const method = (await askOne(trx, methodsOf(meansAt(), user))).find(one => one.kind === kind)!
      await blockMethods(trx, meansAt(), user, [method.id])
    })
  await cast.policy(acme, { gates: 2 })
  assert.equal(await required(), null)
  await block('email')
  assert.equal(await required(), 'register', 'the phone proves who they are')
  await block('mobilePhone')
  assert.equal(await required(), null, 'every change asks for a proof that nobody can give')
  await cast.policy(acme, { gates: 1 })
})

test('what a password alone registers is no second step beside an older way, until both are proved in one session', async () => {
  const user = await somebody({ prefilled: phone })
  const older = [phone.mobilePhone]
  const asked = async () => {
    await cast.forgetSends()
    return (await infoOf(user)).step.methods.map(method => openValue(meansAt(), method))
  }
  const step = (session: Session) => prove(session, 0, 'mobilePhone', ({ step }) => step.methods)
  const thief = await cast.session(meansAt(), user)
  await register(thief, { kind: 'email', address: 'planted@mail.example' })
  assert.deepEqual(await asked(), older)
  await prove(thief)
  await register(thief, { kind: 'mobilePhone', phoneNumber: '+12065550111', channel: 'sms' })
  assert.deepEqual(
    await asked(),
    older,
    'a proof of what was planted plants no more, also not in place of the older way',
  )
  const owner = await cast.session(meansAt(), user)
  await step(owner)
  assert.deepEqual(await asked(), older, 'the owner’s step vouches for nothing that they did not prove')
  await prove(owner)
  assert.deepEqual(await asked(), [...older, 'planted@mail.example'])
  await prove(owner, 0, 'mobilePhone')
  assert.deepEqual(await asked(), ['+12065550111', 'planted@mail.example'])
  assert.equal(strengthOf(owner).acr, 'mfa', 'a proof that is no step takes no step’s place')
})

test('lesson 12: a password and what one planted end no older method, also where it guards nothing', async () => {
  const domain = 'answers.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, enabled: false })
  const asking: Partial<SignInPolicy> = { secondStep: 'everyone', secondStepMethods: [...methodKinds] }
  await inTenant(store, tenantId, trx => changeSignInPolicy(trx, tenantId, asking))
  const user = await somebody({ registered: { questions: QUESTIONS } }, tenantId, domain)
  const thief = await cast.session(meansAt(), user)
  const remove = async (session: Session) => {
    const id = await idOf(session, 'securityQuestions')
    return inside(user, trx => removeMethod(trx, meansAt(), session, id))
  }
  const replace = (session: Session) =>
    registerQuestions(store, meansAt(), cast.hasher, { session, ...answers('one', 'two', 'three') })
  const isRefused = async () => {
    await assert.rejects(remove(thief), refused('proof_needed'))
    await assert.rejects(replace(thief), refused('proof_needed'))
  }
  await isRefused()
  await inside(user, trx =>
    saveMethod(trx, meansAt(), user, {
      kind: 'email',
      source: 'person',
      value: 'planted@mail.example',
      provedAt: meansAt().now,
      byPassword: true,
    }),
  )
  await prove(thief)
  assert.deepEqual(thief.provedAt, meansAt().now)
  await isRefused()
  await prove(thief, 0, 'securityQuestions', ({ step }) => step.methods)
  await replace(thief)
  await remove(thief)
})

test('lesson 12: a passkey joins others after a step alone, and of several the proved one is vouched for', async () => {
  const user = await somebody({ registered: { ...phone, questions: QUESTIONS } })
  const keep = () => inside(user, trx => keepMethod(trx, meansAt(), user, 'passkey'))
  const session = await cast.session(meansAt(), user)
  await prove(session, 0, 'securityQuestions')
  await begin(session, { kind: 'passkey' })
  await keep()
  await assert.rejects(begin(session, { kind: 'passkey' }), refused('proof_needed'))
  await prove(session, 0, 'mobilePhone')
  await begin(session, { kind: 'passkey' })

  await inside(user, trx => removeMethods(trx, user, 'passkey', 'person'))
  await keep()
  const owner = { tenantId: acme, userId: user.id }
  const add = (credentialId: string) =>
    inside(user, async trx => {
      const id = await addPasskey(trx, meansAt(), owner, {
        credentialId,
        publicKey: Buffer.alloc(1),
        signCount: 0,
        aaguid: randomUUID(),
        transports: [],
        maySync: false,
        synced: false,
        rpId: 'localhost',
        name: null,
        byPassword: true,
      })
      await markPasskeys(trx, user)
      return id!
    })
  const vouch = async (passkeyId: string) => {
    const given = { channel: null, at: meansAt().now, remember: false }
    await inside(user, trx =>
      noteProofs(trx, meansAt(), user, [
        { kind: 'passkey', passkeyId, isStep: false, ...given },
        { kind: 'mobilePhone', isStep: true, ...given },
      ]),
    )
  }
  const areMarked = async () => {
    const method = (await infoOf(user)).recorded.find(({ kind }) => kind === 'passkey')
    const passkeys = await inside(user, trx =>
      Promise.all(['AAAA', 'BBBB'].map(credentialId => findPasskey(trx, owner, credentialId))),
    )
    return [method, ...passkeys].map(one => one?.byPasswordAt !== null)
  }
  const own = await add('AAAA')
  await add('BBBB')
  await vouch(randomUUID())
  assert.deepEqual(await areMarked(), [true, true, true])
  await vouch(own)
  assert.deepEqual(await areMarked(), [false, false, true])
  await inside(user, async trx => {
    await removePasskeys(trx, owner, own)
    await markPasskeys(trx, user)
  })
  assert.equal((await areMarked())[0], true)
})

test('what is registered after a step, by an access pass or beside no way is one at once', async () => {
  const kindsOf = async (user: User) => (await infoOf(user)).step.methods.map(({ kind }) => kind)
  const begun = async (person: NewPerson) => {
    await cast.forgetSends()
    return cast.session(meansAt(), await somebody({ prefilled: { officePhone: '+12065550112' }, ...person }))
  }
  const address = { kind: 'email', address: 'own@mail.example' } as const
  const stepped = await begun({})
  await prove(stepped, 0, 'officePhone', ({ step }) => step.methods)
  await register(stepped, address)
  const passed = { ...(await begun({})), signedInBy: 'pass' as const }
  await register(passed, address)
  for (const { user } of [stepped, passed]) assert.deepEqual(await kindsOf(user), ['officePhone', 'email'])
  const first = await begun({ prefilled: {} })
  await register(first, address)
  assert.deepEqual(await kindsOf(first.user), ['email'])
  const late = await begun({})
  await prove(late, 0, 'officePhone', ({ step }) => step.methods)
  await inside(late.user, trx =>
    trx
      .updateTable('sessions')
      .set({ password_at: meansAt(16 * MINUTE).now })
      .where('tenant_id', '=', acme)
      .where('id', '=', late.id)
      .execute(),
  )
  await register(late, address, 16 * MINUTE)
  assert.deepEqual(await kindsOf(late.user), ['officePhone'], 'a step of long ago vouches for nothing')
})

test('lesson 12: after a reset by a planted method the step is asked by the older way, and by a waiting one where only that is left', async () => {
  const user = await somebody({ prefilled: phone })
  const session = await cast.session(meansAt(), user)
  await register(session, { kind: 'email', address: 'planted@mail.example' })
  await prove(session)
  await register(session, { kind: 'mobilePhone', phoneNumber: '+12065550113', channel: 'sms' })
  const afterResetBy = (value: string) =>
    inside(user, async trx => {
      const recorded = await askOne(trx, methodsOf(meansAt(), user))
      const gate = withFilledIn(recorded).find(method => openValue(meansAt(), method) === value)!
      await noteReset(trx, user, recorded, [gate.id])
      const { step } = await askOne(trx, securityInfoOf(meansAt(), user))
      return step.methods.map(method => openValue(meansAt(), method))
    })
  assert.deepEqual(await afterResetBy('planted@mail.example'), [phone.mobilePhone])
  assert.deepEqual(await afterResetBy(phone.mobilePhone), ['+12065550113', 'planted@mail.example'])
})
