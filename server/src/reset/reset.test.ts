// This file is long because a reset has many ends, and each is told from its beginning.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { record } from '../audit/index.ts'
import { alarmOfGuessing, noteGuess, publicId, tellOfBlock } from '../challenges/index.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'
import { keyring, supportCode } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import { findTriesLeft, lock, spend } from '../limits/index.ts'
import { removeMethods, saveMethod } from '../methods/index.ts'
import { refusedPassword, verifyPassword } from '../passwords/index.ts'
import type { MethodKind, ResetPolicySettings } from '../policies/index.ts'
import { Refusal } from '../refusals.ts'
import { findSession, rememberDevice } from '../sessions/index.ts'
import { inTenant, removeDue } from '../store/index.ts'
import {
  answerTo,
  isFamiliar,
  meansAt,
  type NewPerson,
  newTrail,
  PASSWORD,
  readEvents,
  readNotices,
  SECRET,
  stage,
  waitingCode,
  watchedHasher,
  wrongCode,
} from '../testing/people.ts'
import { askAdministrators, contactAdministrator, helpdeskOf } from './contact.ts'
import { expiredJourneys } from './expiry.ts'
import { unlockAccount } from './finish.ts'
import {
  beginChoice,
  choosePassword,
  giveProof,
  lockJourney,
  openJourney,
  requestChallenge,
  startReset,
} from './index.ts'
import type { Journey } from './journey.ts'
import type { Asker } from './open.ts'
import { chooseProblem } from './verify.ts'

const { store, cast } = await stage()
const settings: Partial<ResetPolicySettings> = {
  enabled: true,
  gates: 1,
  methods: ['mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'],
  questions: ['one', 'two', 'three', 'four', 'five'].map(id => ({ id, text: `Question ${id}?` })),
  unlockAllowed: true,
}
const signsNobodyIn = { ...settings, signInAfterReset: false }
const acme = await cast.tenant('acme.example', signsNobodyIn)
const globex = await cast.tenant('globex.example', settings)
const twoGates = await cast.tenant('two.acme.example', { ...settings, gates: 2 })
const NEW = 'Another password 2'
const everything = {
  email: 'own@mail.example',
  mobilePhone: '+12065550110',
  officePhone: '+12065550111',
  questions: ['one', 'two', 'three', 'four', 'five'],
}

let people = 0
const somebody = async (person: NewPerson = {}, tenantId = acme, domain = 'acme.example') => {
  await cast.forgetSends()
  return cast.person(tenantId, `person${people++}@${domain}`, { registered: everything, ...person })
}

/** One journey in one browser, and its steps. */
async function begin(username: string, at = 0, browserToken: string = meansAt().random.token(), deviceCookie?: string) {
  const { tenantId, id } = await startReset(store, meansAt(at), {
    username,
    browserToken,
    language: 'en',
  })
  const asker = { browserToken, deviceCookie }
  const trail = { ...newTrail(), correlationId: id }
  const find = (when = at, locked = false, as: Asker = asker) =>
    inTenant(store, tenantId, trx => (locked ? lockJourney : openJourney)(trx, meansAt(when), { tenantId, id }, as))
  const open = async (when = at) => {
    const found = await find(when)
    assert.ok(found)
    return found
  }
  const step = async <T>(
    when: number,
    work: (journey: Journey, trx: Parameters<typeof openJourney>[0]) => Promise<T>,
  ) =>
    inTenant(store, tenantId, async trx => {
      const found = await lockJourney(trx, meansAt(when), { tenantId, id }, asker)
      assert.ok(found)
      return work(found, trx)
    })
  return {
    id,
    tenantId,
    asker,
    trail,
    find,
    open,
    problem: (problem: 'forgot' | 'unlock', when = at) =>
      step(when, (journey, trx) => chooseProblem(trx, { ...meansAt(when), trail }, journey, problem)),
    ask: (kind: MethodKind, more: { phoneNumber?: string; channel?: 'sms' | 'voice' } = {}, when = at) =>
      step(when, async (journey, trx) => {
        const method = journey.recorded.find(one => one.kind === kind)?.id ?? 'none'
        const asked = await requestChallenge(trx, { ...meansAt(when), trail }, journey, {
          method: publicId(meansAt(), id, method),
          ...more,
        })
        return 'retryAfter' in asked ? `${asked.outcome} ${asked.retryAfter}` : asked.outcome
      }),
    /** Answers the open challenge, rightly or wrongly. */
    async prove(right = true, when = at, hasher = cast.hasher) {
      const journey = await open(when)
      const challenge = journey.facts.challenges.open
      assert.ok(challenge, 'a challenge is open')
      const code = await waitingCode(store, tenantId, challenge.id)
      const proof = challenge.questions
        ? { answers: challenge.questions.map(question => ({ question, answer: right ? answerTo(question) : 'wrong' })) }
        : { code: right ? code! : wrongCode(code) }
      return (
        await giveProof(
          store,
          { ...meansAt(when), trail },
          { ...cast, hasher },
          { journey, challenge: challenge.id, proof },
        )
      ).outcome
    },
    async password(newPassword = NEW, when = at, hasher = cast.hasher, journey?: Journey) {
      const found = journey ?? (await open(when))
      const choice = await inTenant(store, tenantId, trx => beginChoice(trx, meansAt(when), cast.checks, found))
      return choosePassword(
        store,
        { ...meansAt(when), trail },
        { ...cast.checks, hasher },
        {
          ...choice,
          newPassword,
          asker,
        },
      )
    },
    unlock: async (when = at) =>
      unlockAccount(store, { ...meansAt(when), trail }, cast.checks, { journey: await open(when), asker }),
    /** Asks for help, and mails the administrators; also returns the number of jobs. */
    async contact(when = at) {
      const asked = await step(when, (journey, trx) => contactAdministrator(trx, { ...meansAt(when), trail }, journey))
      const { rows } = await store.pool.query(
        `delete from latchkey_jobs._private_jobs where task_id =
         (select id from latchkey_jobs._private_tasks where identifier = 'ask-administrators') returning payload`,
      )
      // A job runs at least once, and may run again.
      for (const { payload } of [...rows, ...rows])
        await askAdministrators(store, { ...meansAt(when), trail: { correlationId: payload.journeyId } }, payload)
      return [asked, rows.length]
    },
  }
}

async function passed(user: User, at = 0) {
  const journey = await begin(user.userPrincipalName, at)
  await journey.ask('email')
  assert.equal(await journey.prove(), 'accepted')
  return journey
}

const signIn = (user: User, password: string, at = 0) =>
  verifyPassword(
    store,
    meansAt(at),
    cast.checks,
    {
      tenantId: user.tenantId,
      name: user.userPrincipalName,
      password,
      browserOf: () => ({ sql: sql`null`, read: () => 'other' }),
    },
    async () => true,
  )
const refusalOf = (journey: Journey) => (journey.state === 'refused' ? journey.refusal : undefined)
const refused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code
const unavailable = refused('method_unavailable')

test('a reset goes from name to challenge to proof to password, and each step stands in the audit log', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName.toUpperCase())
  const first = await journey.open()
  assert.ok('methods' in first)
  assert.deepEqual(
    [first.state, first.gatesPassed, first.methods.map(({ kind }) => kind)],
    ['verify', 0, ['mobilePhone', 'officePhone', 'email', 'securityQuestions']],
  )
  assert.equal(first.typedName, user.userPrincipalName.toUpperCase())
  assert.equal(await journey.ask('email'), 'issued')
  assert.equal(await journey.prove(false), 'incorrect')
  assert.equal(await journey.prove(), 'accepted')
  const then = await journey.open()
  assert.deepEqual([then.state, then.gatesPassed], ['choose-password', 1])
  assert.ok('methods' in then)
  assert.ok(!then.methods.some(({ kind }) => kind === 'email'), 'what has passed leaves the list')
  assert.deepEqual(await journey.password('short'), {
    outcome: 'refused',
    refusal: refusedPassword(['password_too_short', 'password_too_simple']),
  })
  assert.equal((await journey.password()).outcome, 'finished')
  assert.equal((await journey.open()).state, 'finished')
  assert.ok((await signIn(user, NEW)).right)
  assert.equal((await signIn(user, PASSWORD)).right, false)
  assert.deepEqual(await readEvents(store, acme, journey.id), [
    'reset.challenge_issued success email email',
    'reset.failed failure password_too_short',
    'reset.finished success',
    'reset.proof_failed failure email',
    'reset.proof_passed success email',
    'reset.started success',
  ])
})

test('lesson 25: a journey opens in the browser that began it, in its tenant, and nowhere else', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  const token: string = journey.asker.browserToken
  for (const browserToken of [undefined, '', meansAt().random.token(), `${token}A`, token.slice(1)]) {
    const as = { browserToken, deviceCookie: undefined }
    assert.equal(await journey.find(0, false, as), undefined, browserToken)
  }
  const elsewhere = await inTenant(store, globex, trx =>
    openJourney(trx, meansAt(), { tenantId: globex, id: journey.id }, journey.asker),
  )
  assert.equal(elsewhere, undefined)
  const asOther = await inTenant(store, globex, trx =>
    openJourney(trx, meansAt(), { tenantId: acme, id: journey.id }, journey.asker),
  )
  assert.equal(asOther, undefined, 'nor from a transaction of another tenant')
  const another = await begin((await somebody()).userPrincipalName)
  assert.equal(await another.find(0, false, journey.asker), undefined)
})

test('a journey lasts fifteen minutes, whatever was passed', async () => {
  const user = await somebody()
  const journey = await passed(user)
  assert.equal((await journey.open(15 * MINUTE - 1)).state, 'choose-password')
  const stale = await journey.open(15 * MINUTE - 1)
  assert.equal((await journey.open(15 * MINUTE)).state, 'expired')
  await assert.rejects(journey.password(NEW, 15 * MINUTE), refused('journey_expired'))
  await assert.rejects(journey.ask('email', {}, 15 * MINUTE), refused('journey_expired'))
  await assert.rejects(journey.password(NEW, 15 * MINUTE, cast.hasher, stale), refused('journey_expired'))
  assert.ok((await signIn(user, PASSWORD)).right)
})

test('lesson 7: no step is open before its time', async () => {
  const user = await somebody({}, twoGates, 'two.acme.example')
  const journey = await begin(user.userPrincipalName)
  let work = 0
  const watched = watchedHasher(cast.hasher, () => void work++)
  await assert.rejects(journey.password(NEW, 0, watched), refused('gates_missing'))
  await assert.rejects(journey.password('short', 0, watched), refused('gates_missing'))
  await assert.rejects(journey.unlock(), refused('gates_missing'))
  await assert.rejects(journey.problem('forgot'), refused('wrong_state'))
  await journey.ask('email')
  await journey.prove()
  await assert.rejects(journey.password(NEW, 0, watched), refused('gates_missing'))
  await assert.rejects(journey.ask('email'), unavailable, 'a method passes one gate')
  await journey.ask('securityQuestions')
  assert.equal(await journey.prove(), 'accepted')
  assert.equal(work, 0, 'nothing was hashed for a password that could not be set')
  await assert.rejects(journey.ask('officePhone'), refused('wrong_state'))
  await assert.rejects(journey.unlock(), refused('wrong_state'))
  assert.equal((await journey.password()).outcome, 'finished')
  for (const again of [() => journey.password(), () => journey.unlock()])
    await assert.rejects(again(), refused('already_finished'))
  await assert.rejects(journey.ask('officePhone'), refused('already_finished'))
})

test('a refused journey opens nothing', async () => {
  for (const name of ['nobody@acme.example', (await somebody({ registered: {} })).userPrincipalName]) {
    const journey = await begin(name)
    assert.equal(refusalOf(await journey.open()), 'SSPR_0014')
    await assert.rejects(journey.ask('email'), refused('wrong_state'))
    await assert.rejects(journey.password(), refused('gates_missing'))
    // A later registration helps the next journey, not this one.
    const user = await somebody({ registered: {} })
    const late = await begin(user.userPrincipalName)
    await inTenant(store, acme, trx =>
      saveMethod(trx, meansAt(), user, { kind: 'email', source: 'person', value: 'late@mail.example' }),
    )
    assert.equal((await late.open()).state, 'refused')
  }
})

test('one number is one gate, however its fields are called', async () => {
  const same = '+12065550110'
  const user = await somebody(
    { registered: { mobilePhone: same, officePhone: same, email: 'own@mail.example' } },
    twoGates,
    'two.acme.example',
  )
  const journey = await begin(user.userPrincipalName)
  await journey.ask('mobilePhone', { phoneNumber: same, channel: 'sms' })
  await journey.prove()
  const after = await journey.open()
  assert.ok('methods' in after)
  assert.deepEqual([after.gatesPassed, after.methods.map(({ kind }) => kind)], [1, ['email']])
  await assert.rejects(journey.ask('officePhone'), unavailable)
  await journey.ask('email')
  await journey.prove()
  assert.equal((await journey.open()).state, 'choose-password')
})

test('a method that is taken away, replaced or disallowed midway no longer counts', async () => {
  const user = await somebody({}, twoGates, 'two.acme.example')
  const journey = await begin(user.userPrincipalName)
  await journey.ask('email')
  await journey.prove()
  await journey.ask('officePhone')
  await journey.prove()
  const ready = await journey.open()
  assert.equal(ready.state, 'choose-password')
  await inTenant(store, twoGates, trx => removeMethods(trx, user, 'email', 'person'))
  assert.equal((await journey.open()).gatesPassed, 1)
  await assert.rejects(journey.password(), refused('gates_missing'))
  await assert.rejects(journey.password(NEW, 0, cast.hasher, ready), refused('gates_missing'), 'nor from an older look')
  await inTenant(store, twoGates, trx =>
    saveMethod(trx, meansAt(), user, { kind: 'email', source: 'person', value: 'other@mail.example' }),
  )
  assert.equal((await journey.open()).gatesPassed, 1, 'an address that was put in its place has not been proved')

  const domain = 'narrowed.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, gates: 1 })
  const narrowed = await passed(await somebody({}, tenantId, domain))
  const before = await narrowed.open()
  await cast.policy(tenantId, { methods: ['mobilePhone', 'securityQuestions'] })
  assert.equal((await narrowed.open()).state, 'verify')
  await assert.rejects(narrowed.password(NEW, 0, cast.hasher, before), refused('gates_missing'))
})

test('lesson 17: a policy that is switched off or asks for more midway holds at once', async () => {
  const domain = 'changing.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  const user = await somebody({}, tenantId, domain)
  const journey = await passed(user)
  const ready = await journey.open()
  await cast.policy(tenantId, { gates: 2 })
  await assert.rejects(journey.password(NEW, 0, cast.hasher, ready), refused('gates_missing'))
  await cast.policy(tenantId, { gates: 1, enabled: false })
  assert.deepEqual([(await journey.open()).state, refusalOf(await journey.open())], ['refused', 'SSPR_0009'])
  await assert.rejects(journey.password(NEW, 0, cast.hasher, ready), refused('gates_missing'))
  assert.ok((await signIn(user, PASSWORD)).right)
  await cast.policy(tenantId, { enabled: true })
  assert.equal((await journey.password()).outcome, 'finished')
})

test('lesson 50: an account that is switched off midway cannot be reset', async () => {
  const user = await somebody()
  const journey = await passed(user)
  const ready = await journey.open()
  await store.pool.query('update users set account_enabled = false where id = $1', [user.id])
  assert.deepEqual([(await journey.open()).state, refusalOf(await journey.open())], ['refused', 'SSPR_0014'])
  await assert.rejects(journey.password(NEW, 0, cast.hasher, ready), refused('gates_missing'))
})

test('lesson 20: of many requests to finish at once one does', async () => {
  const user = await somebody()
  const journey = await passed(user)
  const ready = await journey.open()
  const passwords = Array.from({ length: 12 }, (_, n) => `Another password ${n}`)
  const done = await Promise.allSettled(passwords.map(one => journey.password(one, 0, cast.hasher, ready)))
  const finished = done.flatMap((one, n) => (one.status === 'fulfilled' ? [passwords[n]!] : []))
  assert.equal(finished.length, 1)
  for (const one of done) if (one.status === 'rejected') assert.ok(refused('already_finished')(one.reason))
  assert.ok((await signIn(user, finished[0]!)).right)
  assert.equal((await cast.again(user)).securityEpoch, user.securityEpoch + 1)
})

test('lesson 49: of two journeys that finish at once one does, and ends the other', async () => {
  for (let round = 0; round < 4; round++) {
    const user = await somebody()
    const journeys = [await passed(user), await passed(user)]
    const hashed = Promise.withResolvers<void>()
    let waiting = 0
    const hasher = watchedHasher(cast.hasher, async () => {
      if (++waiting === 2) hashed.resolve()
      await hashed.promise
    })
    const done = await Promise.allSettled(journeys.map((one, n) => one.password(`Another password ${n}`, 0, hasher)))
    assert.deepEqual(done.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const late = done.find(one => one.status === 'rejected')
    assert.ok(refused('journey_expired')(late?.reason))
    assert.equal((await cast.again(user)).securityEpoch, user.securityEpoch + 1)
  }
})

test('a finished reset signs in where the policy says so, as one that typed the new password, and proves nothing more', async () => {
  const domain = 'on.acme.example'
  const on = await cast.tenant(domain, { ...settings, registrationRequired: false })
  const user = await somebody({}, on, domain)
  const before = await cast.session(meansAt(), user)
  const journey = await passed(user)
  const done = await journey.password()
  assert.ok(done.outcome === 'finished' && done.signedIn)
  const session = await findSession(store, meansAt(), done.signedIn.sessionCookie)
  assert.deepEqual([session?.user.id, session?.requires, session?.provedAt], [user.id, null, null])
  assert.deepEqual([session?.passwordAt, session?.correlationId], [meansAt().now, journey.id])
  assert.equal(await findSession(store, meansAt(), before.cookie), undefined)
  const events = await readEvents(store, on, journey.id)
  assert.equal(events.filter(event => event === 'signin.succeeded success reset').length, 1)

  // An administrator never; nor does an unlock, which proves no password.
  const boss = await somebody({ roles: ['Exchange Administrator'] }, on, domain)
  const bosses = await passed(boss)
  await bosses.ask('mobilePhone', { phoneNumber: '+12065550110', channel: 'sms' })
  assert.equal(await bosses.prove(), 'accepted')
  const plain = await bosses.password()
  assert.ok(plain.outcome === 'finished')
  assert.equal(plain.signedIn, undefined)
  const locked = await somebody({}, on, domain)
  await inTenant(store, on, trx => lock(trx, meansAt(), on, locked.userPrincipalName))
  const unlocking = await begin(locked.userPrincipalName)
  await unlocking.problem('unlock')
  await unlocking.ask('email')
  await unlocking.prove()
  assert.equal((await unlocking.unlock()).state, 'finished')
  const { rows } = await store.pool.query('select user_id from sessions where tenant_id = $1', [on])
  assert.deepEqual([...new Set(rows.map(row => row.user_id))], [user.id])
})

test('two tabs that finish at once give one session, and what the session must do first stands in it', async () => {
  const domain = 'tabs.acme.example'
  const on = await cast.tenant(domain, { ...settings, gates: 1 })
  const user = await somebody({ registered: { email: 'own@mail.example' }, registeredAgo: 200 * DAY }, on, domain)
  const journey = await passed(user)
  const open = await journey.open()
  const tabs = await Promise.allSettled(
    ['One tab here 1', 'Other tab here 2'].map(one => journey.password(one, 0, cast.hasher, open)),
  )
  const won = tabs.flatMap(tab => (tab.status === 'fulfilled' && tab.value.outcome === 'finished' ? [tab.value] : []))
  assert.equal(won.length, 1)
  const lost = tabs.find(tab => tab.status === 'rejected')
  assert.ok(refused('already_finished')(lost?.reason))
  assert.equal(won[0]?.signedIn?.requires, 'confirm')
  await assert.rejects(journey.password(), refused('already_finished'))
  const { rows } = await store.pool.query('select requires from sessions where user_id = $1', [user.id])
  assert.deepEqual(rows, [{ requires: 'confirm' }])
})

test('lesson 49: finishing ends sessions, browsers and other journeys, forgets failures, and signs nobody in', async () => {
  const user = await somebody({ mail: 'work@acme.example' })
  const session = await cast.session(meansAt(), user)
  const device = await inTenant(store, acme, trx => rememberDevice(trx, meansAt(), user))
  const other = await passed(user)
  const journey = await passed(user)
  for (let n = 0; n < 10; n++) await signIn(user, 'wrong password')
  const done = await journey.password()
  assert.ok(done.outcome === 'finished')
  assert.equal(done.signedIn, undefined)
  const now = await cast.again(user)
  const familiar = (cookie: string) => inTenant(store, acme, trx => isFamiliar(trx, meansAt(), now, cookie))
  assert.equal(await findSession(store, meansAt(), session.cookie), undefined)
  assert.equal(await findSession(store, meansAt(), done.deviceCookie), undefined)
  assert.deepEqual([await familiar(device), await familiar(done.deviceCookie)], [false, true])
  assert.equal((await other.open()).state, 'superseded')
  await assert.rejects(other.password(), refused('journey_expired'))
  assert.ok((await signIn(user, NEW)).right)
  // Lesson 27: not even the hashes of its codes stay.
  const { rows } = await store.pool.query('select count(*)::int as n from challenges where journey_id = $1', [
    journey.id,
  ])
  assert.equal(rows[0].n, 0)
  const told = (await readNotices(store, acme)).filter(one => one.variables.username === user.userPrincipalName)
  assert.deepEqual(told.map(({ template, to }) => `${template} ${to}`).sort(), [
    'password_reset own@mail.example',
    'password_reset work@acme.example',
  ])
  for (const { variables } of told) assert.doesNotMatch(JSON.stringify(variables), /Another|password 2/)
})

test('a colleague’s reset is told to the other administrators, where the policy says so', async () => {
  const domain = 'watchful.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, notifyAdministrators: true })
  const registered = { ...everything, authenticatorCode: 'JBSWY3DPEHPK3PXP' }
  const [first] = [
    await somebody({ roles: ['Global Administrator'], mail: 'first@mail.example', registered }, tenantId, domain),
    await somebody({ roles: ['Global Administrator'], mail: 'second@mail.example' }, tenantId, domain),
    await somebody({ roles: ['Global Reader'], mail: 'reader@mail.example' }, tenantId, domain),
  ]
  const reset = async (user: User) => {
    const journey = await begin(user.userPrincipalName)
    await journey.ask('email')
    await journey.prove()
    if ((await journey.open()).state === 'verify') {
      await assert.rejects(journey.ask('officePhone'), unavailable, 'what a colleague filled in is no gate')
      await journey.ask('mobilePhone', { phoneNumber: everything.mobilePhone, channel: 'sms' })
      await journey.prove()
    }
    await journey.password()
  }
  await reset(first!)
  const told = async () => (await readNotices(store, tenantId)).map(({ template, to }) => `${template} ${to}`).sort()
  assert.deepEqual(await told(), [
    'administrator_reset second@mail.example',
    'password_reset first@mail.example',
    'password_reset own@mail.example',
  ])
  await cast.policy(tenantId, { notifyUsers: false })
  await reset(await somebody({}, tenantId, domain))
  assert.equal((await told()).length, 3, 'people are told where the policy says so')
})

test('unlocking takes the same gates and leaves the password', async () => {
  const user = await somebody()
  const lockNow = () => inTenant(store, acme, trx => lock(trx, meansAt(), acme, user.userPrincipalName))
  assert.equal((await (await begin(user.userPrincipalName)).open()).state, 'verify', 'nothing is locked')
  await lockNow()
  const journey = await begin(user.userPrincipalName)
  assert.equal((await journey.open()).state, 'choose-problem')
  await assert.rejects(journey.ask('email'), refused('wrong_state'))
  await journey.problem('unlock')
  await assert.rejects(journey.problem('forgot'), refused('wrong_state'))
  await assert.rejects(journey.unlock(), refused('gates_missing'))
  await journey.ask('email')
  await journey.prove()
  await assert.rejects(journey.password(), refused('wrong_state'))
  const session = await cast.session(meansAt(), user)
  await journey.unlock()
  assert.equal((await journey.open()).state, 'finished')
  await assert.rejects(journey.unlock(), refused('already_finished'))
  assert.ok((await signIn(user, PASSWORD)).right)
  assert.ok(await findSession(store, meansAt(), session.cookie), 'nothing else has changed')

  await lockNow()
  const forgot = await begin(user.userPrincipalName)
  await forgot.problem('forgot')
  await forgot.ask('email')
  await forgot.prove()
  await assert.rejects(forgot.unlock(), refused('wrong_state'))
  await forgot.password()
  assert.ok((await signIn(user, NEW)).right, 'a reset lifts the lock too')

  await cast.policy(acme, { unlockAllowed: false })
  await lockNow()
  assert.equal((await (await begin(user.userPrincipalName)).open()).state, 'verify', 'where unlocking is not allowed')
  await cast.policy(acme, { unlockAllowed: true })
})

test('five failed proofs block the browser that made them, for this and every other journey', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  for (let n = 0; n < 4; n++) {
    if (n % 2 === 0) await journey.ask(n === 0 ? 'email' : 'officePhone')
    await journey.prove(false)
  }
  await journey.ask('securityQuestions')
  assert.equal(await journey.prove(false), 'incorrect')
  const blocked = await journey.open()
  assert.deepEqual([blocked.state, blocked.state === 'blocked' && blocked.retryAfter], ['blocked', DAY / SECOND])
  const { rows } = await store.pool.query(
    "select count(*)::int from latchkey.audit_events where correlation_id = $1 and activity = 'reset.blocked'",
    [journey.id],
  )
  assert.deepEqual(rows, [{ count: 1 }], 'reports count the reset as blocked')
  await assert.rejects(
    journey.ask('email'),
    (error: unknown) => refused('blocked')(error) && (error as Refusal).retryAfter === DAY / SECOND,
  )
  assert.equal((await (await begin(user.userPrincipalName)).open()).state, 'blocked')
  const cookie = await inTenant(store, acme, trx => rememberDevice(trx, meansAt(), user))
  const familiar = await begin(user.userPrincipalName, 0, meansAt().random.token(), cookie)
  assert.equal((await familiar.open()).state, 'verify')
  const tomorrow = await begin(user.userPrincipalName, DAY)
  assert.equal((await tomorrow.open()).state, 'verify')
  // After every gate, failures elsewhere stop nobody.
  const done = await passed(await somebody())
  const name = (await done.open()).user!.userPrincipalName
  for (let n = 0; n < 5; n++)
    await inTenant(store, acme, trx =>
      spend(trx, meansAt(), { tenantId: acme, kind: 'proofs', name, browser: 'other' }),
    )
  assert.equal((await done.open()).state, 'choose-password')
})

test('lesson 21: answers are counted before they are judged, and are no failure where they cannot be', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  const counter = { tenantId: acme, kind: 'proofs', name: user.userPrincipalName, browser: 'other' } as const
  const triesLeft = () => inTenant(store, acme, trx => findTriesLeft(trx, meansAt(), counter))
  await journey.ask('securityQuestions')
  const meanwhile: number[] = []
  const failing = watchedHasher(cast.hasher, async () => {
    meanwhile.push(await triesLeft())
    throw new Error('no hashing')
  })
  await assert.rejects(journey.prove(false, 0, failing), /no hashing/)
  assert.deepEqual([meanwhile[0], await triesLeft()], [4, 5])
  // Right ones that could not be used are none either. Wrong ones stay counted, or an error would be a free guess.
  const unusable = async (right: boolean) => {
    await journey.ask('securityQuestions')
    let away: Promise<unknown> | undefined
    const hasher = watchedHasher(cast.hasher, async () => {
      away ??= store.pool.query('alter table latchkey.audit_events rename to away')
      await away
    })
    await assert.rejects(journey.prove(right, 0, hasher), /audit_events/)
    await store.pool.query('alter table latchkey.away rename to audit_events')
    return triesLeft()
  }
  assert.equal(await unusable(true), 5)
  assert.equal(await unusable(false), 4)
  assert.equal(await journey.prove(), 'accepted')
})

test('failures that are counted after a rotation of the secrets block a journey that began before it', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  const rotated = { ...meansAt(), keys: keyring(['a newer secret that only tests have', SECRET]) }
  const counter = { tenantId: acme, kind: 'proofs', name: user.userPrincipalName, browser: 'other' } as const
  for (let n = 0; n < 5; n++) await inTenant(store, acme, trx => spend(trx, rotated, counter))
  const found = await inTenant(store, acme, trx =>
    openJourney(trx, rotated, { tenantId: acme, id: journey.id }, journey.asker),
  )
  assert.equal(found?.state, 'blocked')
})

test('a mobile phone is asked for whole, and its channel named', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  const ask = (channel: 'sms' | 'voice', phoneNumber?: string) =>
    journey.ask('mobilePhone', { channel, ...(phoneNumber !== undefined && { phoneNumber }) })
  assert.equal(await ask('sms'), 'mismatch')
  assert.equal(await ask('sms', '+12065550111'), 'mismatch')
  await assert.rejects(journey.ask('mobilePhone', { phoneNumber: '+12065550110' }), unavailable)
  await assert.rejects(journey.ask('email', { channel: 'sms' }), unavailable)
  await assert.rejects(journey.ask('securityQuestions', { channel: 'voice' }), unavailable)
  await assert.rejects(journey.ask('authenticatorCode'), unavailable)
  assert.equal((await journey.open()).facts.challenges.open, undefined)
  assert.equal(await ask('sms', '+1 206 555 0110'), 'issued')
  assert.equal(await ask('voice'), 'issued', 'typed once is enough')
  await journey.ask('email')
  assert.equal(await ask('sms'), 'mismatch', 'for another code to the same number')
  for (let n = 0; n < 4; n++) assert.equal(await ask('sms', '+12065550112'), 'mismatch')
  assert.equal(await ask('sms', '+12065550110'), 'throttled 3600')
})

test('a form that was sent twice asks once', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  const ask = (when: number) =>
    inTenant(store, acme, async trx => {
      const found = (await lockJourney(trx, meansAt(when), { tenantId: acme, id: journey.id }, journey.asker))!
      assert.ok(found.state === 'verify')
      const method = publicId(meansAt(), journey.id, found.methods.find(({ kind }) => kind === 'email')!.id)
      await requestChallenge(trx, { ...meansAt(when), trail: journey.trail }, found, {
        method,
        repeatedWithin: 3 * SECOND,
      })
      return (await openJourney(trx, meansAt(when), { tenantId: acme, id: journey.id }, journey.asker))!.facts
        .challenges.open!.id
    })
  const [one, two] = await Promise.all([ask(0), ask(1)])
  assert.equal(one, two)
  assert.notEqual(await ask(3 * SECOND + 1), one)
})

test('a request for another code holds nothing for which the proof of the last one would wait', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  await journey.ask('email')
  const { open } = (await journey.open()).facts.challenges
  const waiting = async () =>
    (
      await store.pool.query(
        'select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0',
      )
    ).rows.length > 0
  const [locked, blocked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  // As a proof does: first its challenge, then its event.
  const proving = inTenant(store, acme, async trx => {
    await trx.selectFrom('challenges').select('id').where('id', '=', open!.id).forUpdate().execute()
    locked.resolve()
    await blocked.promise
    const actor = { kind: 'anyone', name: user.userPrincipalName } as const
    await record(
      trx,
      { ...meansAt(), actor, trail: journey.trail },
      { activity: 'reset.proof_failed', result: 'failure' },
    )
  })
  await locked.promise
  const asking = journey.ask('email')
  while (!(await waiting())) await sleep(5)
  blocked.resolve()
  await proving
  assert.equal(await asking, 'issued')
})

test('a journey takes thirty passwords that are refused, and then ends', async () => {
  const user = await somebody()
  const journey = await passed(user)
  for (let n = 0; n < 30; n++) assert.equal((await journey.password('short')).outcome, 'refused')
  await assert.rejects(journey.password(), refused('journey_expired'))
  assert.ok((await signIn(user, PASSWORD)).right)
})

test('administrators are asked by mail, with who asks, from where, and what was proved', async () => {
  const domain = 'help.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, gates: 2 })
  await somebody(
    { roles: ['Helpdesk Administrator'], mail: 'desk@mail.example', preferredLanguage: 'fr' },
    tenantId,
    domain,
  )
  const user = await somebody({}, tenantId, domain)
  const requests = async () => (await readNotices(store, tenantId)).filter(({ template }) => template === 'request')

  const journey = await begin(user.userPrincipalName)
  await journey.ask('email')
  await journey.prove()
  assert.deepEqual(await journey.contact(MINUTE), ['now', 1])
  assert.deepEqual(await journey.contact(MINUTE), ['earlier-today', 0], 'once a journey')
  assert.deepEqual(await requests(), [
    {
      template: 'request',
      to: 'desk@mail.example',
      language: 'fr',
      variables: {
        organization: 'help',
        username: user.userPrincipalName,
        at: meansAt(MINUTE).now.toISOString(),
        address: '192.0.2.7',
        proved: 'email',
        supportCode: supportCode(meansAt(), tenantId, journey.id),
      },
    },
  ])
  assert.ok((await readEvents(store, tenantId, journey.id)).includes('reset.contacted success'))

  const elsewhere = await somebody({ passwordMasteredIn: 'directory' }, tenantId, domain)
  assert.deepEqual(await (await begin(elsewhere.userPrincipalName)).contact(), ['now', 1])
  const refused = (await requests()).find(({ variables }) => variables.username === elsewhere.userPrincipalName)
  assert.equal(refused?.variables.refusal, 'SSPR_0010')

  // Unknown names and refused journeys get the same answer, and a job each. A mail goes out only for an existing
  // person.
  const never = await somebody({ registered: {} }, tenantId, domain)
  const off = await somebody({ accountEnabled: false }, tenantId, domain)
  for (const name of [`nobody@${domain}`, off.userPrincipalName, never.userPrincipalName])
    assert.deepEqual(await (await begin(name)).contact(), ['now', 1])
  assert.equal((await requests()).length, 3)
})

test('a stranger uses up neither the owner’s day nor the company’s hour, and is told when administrators are not asked again', async () => {
  const domain = 'asked.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, gates: 2 })
  await somebody({ roles: ['Helpdesk Administrator'], mail: 'desk@mail.example' }, tenantId, domain)
  const user = await somebody({}, tenantId, domain)
  const requests = async () => (await readNotices(store, tenantId)).filter(({ template }) => template === 'request')
  const ask = async (name: string, at = 0) => (await begin(name, at)).contact(at)
  const askFamiliar = async (at = 0) => {
    const device = await inTenant(store, tenantId, trx => rememberDevice(trx, meansAt(), user))
    return (await begin(user.userPrincipalName, at, meansAt().random.token(), device)).contact(at)
  }

  assert.deepEqual(await ask(user.userPrincipalName), ['now', 1])
  const again = await begin(user.userPrincipalName)
  assert.deepEqual(await again.contact(), ['earlier-today', 0])
  assert.ok((await readEvents(store, tenantId, again.id)).includes('reset.contact_dropped failure'))
  assert.equal((await requests()).length, 1)
  // Known or not, the next twenty-four hours answer alike.
  assert.deepEqual(await ask(`nobody@${domain}`), ['now', 1])
  assert.deepEqual(await ask(`nobody@${domain}`), ['earlier-today', 0])

  for (let n = 2; n < 20; n++) assert.deepEqual(await ask(`nobody${n}@${domain}`), ['now', 1])
  assert.deepEqual(await ask(`another@${domain}`), ['earlier-today', 0], 'twenty in an hour')

  assert.deepEqual(await askFamiliar(), ['now', 1], 'the owner’s browser, in the same hour of the same day')
  const proved = await begin(user.userPrincipalName)
  await proved.ask('email')
  await proved.prove()
  assert.deepEqual(await proved.contact(), ['now', 1], 'and whoever has passed a gate')
  assert.equal((await requests()).length, 3)
  assert.deepEqual(await askFamiliar(), ['earlier-today', 0])

  assert.deepEqual(await ask(`another@${domain}`, HOUR), ['now', 1], 'the day of a name is not used up by the hour')
  assert.deepEqual(await ask(user.userPrincipalName, DAY), ['now', 1])
})

test('strangers ask administrators twenty times an hour, also where thirty ask at the same moment', async () => {
  const domain = 'crowd.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  await somebody({ roles: ['Global Administrator'] }, tenantId, domain)
  const journeys = await Promise.all(Array.from({ length: 30 }, (_, n) => begin(`somebody${n}@${domain}`)))
  const asked = await Promise.all(journeys.map(one => one.contact()))
  assert.equal(asked.filter(([answer]) => answer === 'now').length, 20)
})

test('where a company named nobody, that is told for every name alike, and nothing is sent', async () => {
  const domain = 'lonely.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  await somebody({ roles: ['Global Administrator'], accountEnabled: false }, tenantId, domain)
  const user = await somebody({}, tenantId, domain)
  for (const name of [user.userPrincipalName, `nobody@${domain}`, 'person@unknown.example']) {
    const journey = await begin(name)
    assert.equal((await journey.open()).canContactAdministrator, false, name)
    await assert.rejects(journey.contact(), { code: 'nobody_to_ask' })
  }
  assert.deepEqual(await readNotices(store, tenantId), [])
  await cast.policy(tenantId, { helpdesk: 'https://help.acme.example/reset' })
  assert.equal((await (await begin(user.userPrincipalName)).open()).canContactAdministrator, true)
  await cast.policy(tenantId, { helpdesk: null })
  await somebody({ roles: ['User Administrator'] }, tenantId, domain)
  assert.equal((await (await begin(user.userPrincipalName)).open()).canContactAdministrator, true)
})

test('a help desk is an address to open', async () => {
  const domain = 'desk.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  const user = await somebody({}, tenantId, domain)
  const helpdesk = async () => helpdeskOf(await (await begin(user.userPrincipalName)).open())
  assert.equal(await helpdesk(), undefined)
  await cast.policy(tenantId, { helpdesk: 'https://help.acme.example/reset' })
  assert.equal(await helpdesk(), 'https://help.acme.example/reset')
  await cast.policy(tenantId, { helpdesk: 'help@acme.example' })
  assert.equal(await helpdesk(), 'mailto:help@acme.example')
})

test('a support code is ten letters, the same for a journey, and never six digits in a row', () => {
  const { random, now } = meansAt()
  const tenantId = random.uuid(now)
  let avoided = 0
  const seen = new Set<string>()
  for (let n = 0; n < 20_000; n++) {
    const code = supportCode(meansAtStart, tenantId, `journey ${n}`)
    assert.match(code, /^[0-9A-HJKMNP-TV-Z]{10}$/)
    assert.doesNotMatch(code, /\d{6}/)
    if (/\d{5}/.test(code)) avoided++
    seen.add(code)
  }
  assert.ok(avoided > 50, 'codes close to it do occur')
  assert.equal(seen.size, 20_000)
  assert.equal(supportCode(meansAtStart, tenantId, 'one'), supportCode(meansAt(), tenantId, 'one'))
})
const meansAtStart = meansAt()

test('journeys are removed thirty days after their end, and known as expired until then', async () => {
  const user = await somebody()
  const journey = await begin(user.userPrincipalName)
  const clean = (at: number) => removeDue(store, meansAt(at), [expiredJourneys])
  await clean(30 * DAY + 15 * MINUTE - 1)
  assert.equal((await journey.find(30 * DAY))?.state, 'expired')
  await clean(30 * DAY + 15 * MINUTE)
  assert.equal(await journey.find(), undefined)
})

/** Runs the jobs of this name that wait, twice each, as a crash would. */
async function runJobs<P>(task: string, work: (payload: P) => Promise<void>): Promise<number> {
  const { rows } = await store.pool.query(
    `delete from latchkey_jobs._private_jobs where task_id =
     (select id from latchkey_jobs._private_tasks where identifier = $1) returning payload`,
    [task],
  )
  for (const { payload } of [...rows, ...rows]) await work(payload)
  return rows.length
}

test('the owner is told when a block begins, once a day, and a name of nobody takes the same', async () => {
  const domain = 'told.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  const user = await somebody({ mail: 'mail@mail.example' }, tenantId, domain)
  const told = async () =>
    (await readNotices(store, tenantId)).filter(({ template }) => template === 'proofs_blocked').map(({ to }) => to)
  await runJobs('tell-of-block', async () => {})
  const guess = async (at: number) => {
    const journey = await begin(user.userPrincipalName, at)
    await journey.ask('email', {}, at)
    for (let n = 0; n < 5; n++) {
      assert.equal(await runJobs('tell-of-block', async () => {}), 0)
      await journey.prove(false, at)
    }
    return runJobs('tell-of-block', payload => tellOfBlock(store, meansAt(at), payload as never))
  }
  assert.equal(await guess(0), 1)
  assert.deepEqual((await told()).sort(), ['mail@mail.example', everything.email])
  assert.equal(await guess(DAY), 1)
  assert.equal((await told()).length, 4)
  await tellOfBlock(store, meansAt(), {
    tenantId,
    userId: meansAt().random.uuid(meansAt().now),
    correlationId: tenantId,
  })
  assert.equal((await told()).length, 4)
})

test('who was guessed at for weeks is asked for one gate more by strangers’ browsers, and shown so only after a proof', async () => {
  const domain = 'weeks.acme.example'
  const tenantId = await cast.tenant(domain, { ...settings, gates: 1 })
  const user = await somebody({}, tenantId, domain)
  const single = await somebody({ registered: { email: 'only@mail.example' } }, tenantId, domain)
  for (const { userPrincipalName: name } of [user, single])
    for (let day = 0; day < 4; day++)
      for (let n = 0; n < 5; n++)
        await inTenant(store, tenantId, trx =>
          spend(trx, meansAt(2 * day * DAY), { tenantId, kind: 'proofs', name, browser: 'other' }),
        )
  const at = 14 * DAY
  const journey = await begin(user.userPrincipalName, at)
  assert.equal((await journey.open()).policy.settings.gates, 1, 'as for every name')
  await cast.forgetSends()
  await journey.ask('email')
  assert.equal(await journey.prove(), 'accepted')
  const halfway = await journey.open()
  assert.deepEqual([halfway.state, halfway.policy.settings.gates, halfway.gatesPassed], ['verify', 2, 1])
  await assert.rejects(journey.password(), { code: 'gates_missing' })
  await journey.ask('securityQuestions')
  assert.equal(await journey.prove(), 'accepted')
  assert.equal((await journey.open()).state, 'choose-password')

  const one = await begin(single.userPrincipalName, at)
  await one.ask('email')
  await one.prove()
  assert.equal((await one.open()).state, 'choose-password', 'nobody is asked for what they do not have')

  const device = await inTenant(store, tenantId, trx => rememberDevice(trx, meansAt(at), user))
  const own = await begin(user.userPrincipalName, at, meansAt().random.token(), device)
  await own.ask('email')
  await own.prove()
  assert.equal((await own.open()).state, 'choose-password', 'a familiar browser goes on as ever')
})

test('administrators hear once a day that far more proofs fail than is usual, and captchas get harder', async () => {
  const domain = 'guessed.acme.example'
  const tenantId = await cast.tenant(domain, settings)
  await somebody({ roles: ['Global Administrator'], mail: 'chief@mail.example' }, tenantId, domain)
  const alarms = async () => (await readNotices(store, tenantId)).filter(({ template }) => template === 'guessing')
  const guess = async (many: number, at: number) => {
    for (let n = 0; n < many; n++) await inTenant(store, tenantId, trx => noteGuess(trx, meansAt(at), tenantId))
    await runJobs('alarm-of-guessing', payload => alarmOfGuessing(store, meansAt(at), payload as never))
  }
  await guess(99, 0)
  assert.deepEqual(await alarms(), [])
  await guess(30, 0)
  assert.deepEqual(
    (await alarms()).map(({ to }) => to),
    ['chief@mail.example'],
  )
  await guess(100, 2 * HOUR)
  assert.equal((await alarms()).length, 1)
  await guess(100, 25 * HOUR)
  assert.equal((await alarms()).length, 2)
  assert.ok((await readEvents(store, tenantId)).includes('proofs.alarm success'))
})
