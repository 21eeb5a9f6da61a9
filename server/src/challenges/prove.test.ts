// This file is long because it tries one act, giving a proof, in every way that people and guessers have.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { DAY, MINUTE, SECOND } from '../clock.ts'
import { createHasher, HashingBusy, openHash } from '../crypto/index.ts'
import { raiseSecurityEpoch, type User } from '../directory/index.ts'
import type { Browser } from '../limits/index.ts'
import { methodsOf, newKey, type Proof } from '../methods/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import {
  answerTo,
  blockedFor,
  meansAt,
  stage,
  waitingCode,
  watchedHasher,
  whileFull,
  wrongCode,
} from '../testing/people.ts'
import { proveAlone } from '../testing/proofs.ts'
import { type ChallengeOwner, challengesOf, compareNumber, issueChallenge } from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const globex = await cast.tenant('globex.example')
const QUESTIONS = ['one', 'two', 'three', 'four', 'five']

let people = 0
/** Somebody new, with everything on record. */
async function somebody(tenantId = acme) {
  const name = `person${people++}@${tenantId === acme ? 'acme' : 'globex'}.example`
  const key = newKey()
  const user = await cast.person(tenantId, name, {
    password: false,
    registered: {
      email: `${name.split('@')[0]}@mail.example`,
      mobilePhone: '+12065550110',
      authenticatorCode: key,
      questions: QUESTIONS,
    },
  })
  return { user, key }
}

const newOwner = (): ChallengeOwner => ({ purpose: 'session', sessionId: meansAt().random.uuid(meansAt().now) })

async function issue(user: User, owner: ChallengeOwner, kind: MethodKind = 'email', at = 0) {
  const means = meansAt(at)
  return inTenant(store, user.tenantId, async trx => {
    const method = (await askOne(trx, methodsOf(means, user))).find(one => one.kind === kind)
    const channel = kind === 'email' ? 'email' : kind === 'mobilePhone' ? 'sms' : null
    return issueChallenge(trx, means, {
      owner,
      user,
      kind,
      channel,
      method: method!,
      questionsToReset: 3,
      browser: 'other',
      language: 'en',
    })
  })
}

interface Given {
  at?: number
  browser?: Browser
  hasher?: typeof cast.hasher
  onAccepted?: () => Promise<void>
  accepted?: unknown[]
}

const prove = (user: User, owner: ChallengeOwner, challengeId: string, proof: Proof, given: Given = {}) =>
  proveAlone(
    store,
    meansAt(given.at),
    { ...cast, ...(given.hasher && { hasher: given.hasher }) },
    {
      ...{ user, browser: given.browser ?? 'other', owner, challengeId, proof },
      async change() {
        given.accepted?.push(challengeId)
        await given.onAccepted?.()
      },
    },
  )

/** How many failures the audit log tells of. */
async function failuresOf(user: User): Promise<number> {
  const told = await store.pool.query(
    "select count(*)::integer as n from latchkey.audit_events where activity = 'proof.failed' and target_id = $1",
    [user.id],
  )
  return told.rows[0].n
}

const outcomeOf = async (proved: ReturnType<typeof prove>) => (await proved).outcome

async function counted(user: User, challengeId?: string) {
  return inTenant(store, user.tenantId, async trx => {
    const counter = await trx
      .selectFrom('counters')
      .select('failures')
      .where('tenant_id', '=', user.tenantId)
      .where('kind', '=', 'proofs')
      .where('subject', '=', meansAt().keys.mac('name', user.tenantId, user.userPrincipalName))
      .where('browser', '=', 'other')
      .executeTakeFirst()
    const challenge = await trx
      .selectFrom('challenges')
      .select('attempts')
      .where('tenant_id', '=', user.tenantId)
      .where('id', '=', challengeId ?? '00000000-0000-0000-0000-000000000000')
      .executeTakeFirst()
    return { failures: counter?.failures ?? 0, attempts: challenge?.attempts }
  })
}

const appCode = (key: string, at: number) =>
  new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: meansAt(at).now.getTime() })

test('a right code is accepted once; the repeat of it changes nothing and counts nowhere', async () => {
  const { user } = await somebody()
  const owner = newOwner()
  const { id } = await issue(user, owner)
  const code = await waitingCode(store, acme, id)
  const accepted: unknown[] = []
  await prove(user, owner, id, { code: wrongCode(code) })
  assert.deepEqual(await counted(user, id), { failures: 1, attempts: 1 })
  assert.equal(await outcomeOf(prove(user, owner, id, { code: code! }, { accepted })), 'accepted')
  assert.deepEqual(await counted(user, id), { failures: 1, attempts: 1 }, 'a right code gives its attempt back')
  assert.equal(await waitingCode(store, acme, id), undefined, 'the code is gone')
  for (let n = 0; n < 7; n++)
    assert.deepEqual(await prove(user, owner, id, { code: code! }, { accepted }), { outcome: 'repeated' })
  assert.equal(await outcomeOf(prove(user, owner, id, { code: wrongCode(code) })), 'expired')
  assert.deepEqual(await counted(user, id), { failures: 1, attempts: 1 })
  assert.deepEqual(accepted, [id])
  const { open, passed } = await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, owner)))
  assert.deepEqual([open, passed.map(({ kind }) => kind)], [undefined, ['email']])
})

test('a code is taken as people and keyboards write it', async () => {
  const { user } = await somebody()
  const write: ((code: string) => string)[] = [
    code => ` ${code.slice(0, 3)} ${code.slice(3)} `,
    code => `${code.slice(0, 3)}-${code.slice(3)}`,
    code => code.replace(/\d/g, digit => String.fromCodePoint(0xff10 + Number(digit))),
    code => `${code}\u00a0`,
    code => `\u2068${code}\u2069\u200b`,
    code => code.replace(/\d/g, digit => String.fromCodePoint(0x660 + Number(digit))),
    code => `${code.slice(0, 3)}–${code.slice(3)}`,
  ]
  for (const written of write) {
    const owner = newOwner()
    const { id } = await issue(user, owner)
    const code = written((await waitingCode(store, acme, id))!)
    assert.equal(await outcomeOf(prove(user, owner, id, { code })), 'accepted', JSON.stringify(code))
  }
  const owner = newOwner()
  const { id } = await issue(user, owner)
  const code = (await waitingCode(store, acme, id))!
  // A text that is no code guesses at nothing and is not counted.
  for (const wrong of ['', code.slice(1), `${code}0`, `0${code}`, `${code},${wrongCode(code)}`, 'no code', '①②③④⑤⑥'])
    assert.equal(await outcomeOf(prove(user, owner, id, { code: wrong })), 'malformed', wrong)
  assert.equal(await outcomeOf(prove(user, owner, id, { code })), 'accepted')
})

test('lesson 20: of fifty right codes at once one is accepted, and none is called wrong', async () => {
  for (let round = 0; round < 3; round++) {
    const { user } = await somebody()
    const owner = newOwner()
    const { id } = await issue(user, owner)
    const code = (await waitingCode(store, acme, id))!
    const accepted: unknown[] = []
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => outcomeOf(prove(user, owner, id, { code }, { accepted }))),
    )
    assert.equal(outcomes.filter(outcome => outcome === 'accepted').length, 1)
    assert.deepEqual(accepted, [id])
    assert.ok(
      outcomes.every(outcome => ['accepted', 'repeated', 'expired'].includes(outcome)),
      String(outcomes),
    )
    assert.equal((await counted(user)).failures, 0)
    assert.equal(await outcomeOf(prove(user, owner, id, { code })), 'repeated')
  }
})

test('lesson 21: of fifty wrong codes at once five are counted, and the challenge is used up', async () => {
  for (let round = 0; round < 3; round++) {
    const { user } = await somebody()
    const owner = newOwner()
    const { id } = await issue(user, owner)
    const code = await waitingCode(store, acme, id)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => outcomeOf(prove(user, owner, id, { code: wrongCode(code) }))),
    )
    assert.equal(outcomes.filter(outcome => outcome === 'incorrect').length, 5)
    assert.equal(outcomes.filter(outcome => outcome === 'expired').length, 45)
    assert.equal(await failuresOf(user), 5)
    assert.deepEqual(await counted(user, id), { failures: 5, attempts: 5 })
  }
})

test('lesson 21: the same wrong code counts once, made again or fifty times at once', async () => {
  const { user } = await somebody()
  const owner = newOwner()
  const { id } = await issue(user, owner)
  const code = (await waitingCode(store, acme, id))!
  const wrong = wrongCode(code)
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () => outcomeOf(prove(user, owner, id, { code: wrong }))),
  )
  assert.ok(outcomes.every(outcome => outcome === 'incorrect'))
  const spaced = await prove(user, owner, id, { code: `${wrong.slice(0, 3)} ${wrong.slice(3)}` })
  assert.ok(spaced.outcome === 'incorrect' && spaced.left === 4)
  assert.deepEqual(await counted(user, id), { failures: 1, attempts: 1 })
  assert.equal(await failuresOf(user), 1)
  // Other challenges do not recognize it, and the attempt that began a block is not judged again.
  const others = Array.from({ length: 3 }, () => wrongCode(code))
  for (const other of others) await prove(user, owner, id, { code: other })
  const next = await issue(user, owner)
  const last = await prove(user, owner, next.id, { code: wrong })
  assert.ok(last.outcome === 'incorrect' && last.left === 0)
  assert.equal(await outcomeOf(prove(user, owner, next.id, { code: wrong })), 'blocked')
  assert.deepEqual(await counted(user, next.id), { failures: 5, attempts: 1 })
})

test('lesson 21: the same wrong code of an app counts once in its time step, and again in each later one', async () => {
  const { user, key } = await somebody()
  const owner = newOwner()
  const { id } = await issue(user, owner, 'authenticatorCode')
  const STEP = 30 * SECOND
  // It is right in the fourth step: repeats until then would be four guesses for the price of one.
  const code = appCode(key, 4 * STEP)
  for (let step = 0; step < 3; step++) {
    for (const at of [step * STEP, (step + 1) * STEP - SECOND])
      assert.equal(await outcomeOf(prove(user, owner, id, { code }, { at })), 'incorrect', `${at}`)
    assert.deepEqual(await counted(user, id), { failures: step + 1, attempts: step + 1 })
  }
})

test('the same wrong answers count once, in whatever order, and draw no other questions', async () => {
  const { user } = await somebody()
  const owner = newOwner()
  const { id, questions } = await issue(user, owner, 'securityQuestions')
  const answers = (questions ?? []).map(question => ({ question, answer: 'Wrong  Marsh' }))
  const first = await prove(user, owner, id, { answers })
  assert.ok(first.outcome === 'incorrect')
  const draws = new Set<string>()
  for (let n = 0; n < 6; n++) {
    const again = answers.map(({ question }) => ({ question, answer: 'wrong marsh' })).reverse()
    const outcome = await prove(user, owner, id, { answers: again })
    assert.ok(outcome.outcome === 'incorrect' && outcome.left === 4)
    draws.add(String(outcome.challenge.questions))
  }
  assert.deepEqual([...draws], [String(first.challenge.questions)])
  assert.deepEqual(await counted(user, id), { failures: 1, attempts: 1 })
})

test('lesson 26: a challenge takes five attempts, five minutes, and no newer one beside it', async () => {
  const { user } = await somebody()
  const guessed = newOwner()
  const one = await issue(user, guessed)
  const code = await waitingCode(store, acme, one.id)
  for (let n = 0; n < 4; n++) await prove(user, guessed, one.id, { code: wrongCode(code) }, { browser: 'familiar' })
  assert.ok((await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, guessed)))).open)
  await prove(user, guessed, one.id, { code: wrongCode(code) })
  assert.equal(await outcomeOf(prove(user, guessed, one.id, { code: code! })), 'expired')
  assert.equal(
    (await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, guessed)))).open,
    undefined,
  )

  const late = newOwner()
  const two = await issue(user, late)
  const lateCode = (await waitingCode(store, acme, two.id))!
  assert.equal(await outcomeOf(prove(user, late, two.id, { code: lateCode }, { at: 5 * MINUTE })), 'expired')
  const before = await counted(user, two.id)
  assert.equal(before.attempts, 0, 'what has expired is not counted')
  assert.equal(await outcomeOf(prove(user, late, two.id, { code: lateCode }, { at: 5 * MINUTE - 1 })), 'accepted')

  const replaced = newOwner()
  const older = await issue(user, replaced)
  const olderCode = (await waitingCode(store, acme, older.id))!
  const newer = await issue(user, replaced)
  assert.equal(await waitingCode(store, acme, older.id), undefined)
  assert.equal(await outcomeOf(prove(user, replaced, older.id, { code: olderCode })), 'expired')
  const newerCode = (await waitingCode(store, acme, newer.id))!
  assert.equal(await outcomeOf(prove(user, replaced, newer.id, { code: newerCode })), 'accepted')
  // A passed challenge stays passed when another is issued.
  await issue(user, replaced, 'mobilePhone')
  const { open, passed } = await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, replaced)))
  assert.deepEqual([open?.kind, passed.length], ['mobilePhone', 1])
})

test('lesson 8: a challenge is answered where it was asked, with its own code', async () => {
  const { user } = await somebody()
  const { user: colleague } = await somebody()
  const { user: stranger } = await somebody(globex)
  const owner = newOwner()
  const other = newOwner()
  const one = await issue(user, owner)
  const two = await issue(user, other)
  const code = (await waitingCode(store, acme, one.id))!
  const otherCode = (await waitingCode(store, acme, two.id))!
  assert.equal(await outcomeOf(prove(user, other, one.id, { code })), 'expired')
  assert.equal(
    await outcomeOf(prove(user, { ...owner, purpose: 'register' } as ChallengeOwner, one.id, { code })),
    'expired',
  )
  assert.equal(await outcomeOf(prove(stranger, owner, one.id, { code })), 'expired')
  const journey: ChallengeOwner = { purpose: 'reset', journeyId: (owner as { sessionId: string }).sessionId }
  assert.equal(await outcomeOf(prove(user, journey, one.id, { code })), 'expired')
  for (const unreadable of ['', 'x', `${one.id}'`, one.id.toUpperCase().slice(1)])
    assert.equal(await outcomeOf(prove(user, owner, unreadable, { code })), 'expired', unreadable)
  assert.deepEqual(await counted(user, one.id), { failures: 0, attempts: 0 }, 'and nothing of it is counted')

  if (otherCode !== code) assert.equal(await outcomeOf(prove(user, owner, one.id, { code: otherCode })), 'incorrect')
  // The hash of the code names its challenge: put into another row, it opens nothing.
  await store.pool.query(
    'update challenges set code_hash = (select code_hash from challenges where id = $1) where id = $2',
    [two.id, one.id],
  )
  assert.equal(await outcomeOf(prove(user, owner, one.id, { code: otherCode })), 'incorrect')
  assert.equal(await outcomeOf(prove(user, other, two.id, { code: otherCode })), 'accepted')
  assert.equal((await counted(colleague)).failures, 0)
})

test('lesson 22: failures of every kind of proof count together, and five block for a day', async () => {
  const { user, key } = await somebody()
  const fail = async (kind: MethodKind, proof: (code: string | undefined) => Proof) => {
    const owner = newOwner()
    const { id } = await issue(user, owner, kind)
    return outcomeOf(prove(user, owner, id, proof(await waitingCode(store, acme, id))))
  }
  const code = (right: string | undefined): Proof => ({ code: wrongCode(right) })
  assert.equal(await fail('email', code), 'incorrect')
  assert.equal(await fail('mobilePhone', code), 'incorrect')
  assert.equal(await fail('authenticatorCode', () => code(appCode(key, 0))), 'incorrect')
  assert.equal(await fail('securityQuestions', () => ({ answers: [] })), 'incorrect')
  assert.equal(await fail('email', () => ({ answers: [] })), 'incorrect')

  const owner = newOwner()
  const { id } = await issue(user, owner)
  const right = (await waitingCode(store, acme, id))!
  const blocked = { outcome: 'blocked', retryAfter: DAY / SECOND }
  assert.deepEqual(await prove(user, owner, id, { code: right }), blocked)
  const familiar = newOwner()
  const mine = await issue(user, familiar)
  const mineCode = (await waitingCode(store, acme, mine.id))!
  assert.equal(
    await outcomeOf(prove(user, familiar, mine.id, { code: mineCode }, { browser: 'familiar' })),
    'accepted',
    'the owner’s own browser is not stopped',
  )
  const tomorrow = newOwner()
  const later = await issue(user, tomorrow, 'email', DAY)
  const laterCode = (await waitingCode(store, acme, later.id))!
  assert.equal(await outcomeOf(prove(user, tomorrow, later.id, { code: laterCode }, { at: DAY })), 'accepted')
})

test('what a proof earns is written with it, or the proof can be given again', async () => {
  const { user } = await somebody()
  const owner = newOwner()
  const { id } = await issue(user, owner)
  const code = (await waitingCode(store, acme, id))!
  const onAccepted = async () => {
    throw new Error('not saved')
  }
  await assert.rejects(prove(user, owner, id, { code }, { onAccepted }), /not saved/)
  assert.equal((await counted(user)).failures, 0, 'a right code is no failure')
  assert.equal(await outcomeOf(prove(user, owner, id, { code })), 'accepted')
})

test('answers that nobody had the time to judge are no failures', async () => {
  const { user } = await somebody()
  const owner = newOwner()
  const { id, questions } = await issue(user, owner, 'securityQuestions')
  const answers = questions!.map(question => ({ question, answer: answerTo(question) }))
  const hasher = await createHasher({ atOnce: 1, waiting: 0 })
  await whileFull(hasher, async () => {
    // More often than the challenge itself can be answered: nothing of it was used up.
    for (let n = 0; n < 8; n++) await assert.rejects(prove(user, owner, id, { answers }, { hasher }), HashingBusy)
  })
  assert.equal((await counted(user)).failures, 0)
  assert.equal(await outcomeOf(prove(user, owner, id, { answers })), 'accepted')
})

test('a code that is voided while it is being judged proves nothing', async () => {
  const { user, key } = await somebody()
  const owner = newOwner()
  const { id } = await issue(user, owner, 'securityQuestions')
  const open = await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, owner)))
  let voided = false
  const hasher = watchedHasher(cast.hasher, async () => {
    if (!voided) await issue(user, owner)
    voided = true
  })
  const answers = open.open!.questions!.map(question => ({ question, answer: answerTo(question) }))
  assert.equal(await outcomeOf(prove(user, owner, id, { answers }, { hasher })), 'expired')
  assert.ok(voided && key)
  assert.equal((await counted(user)).failures, 0, 'nor is it a failure')
  const { passed } = await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, owner)))
  assert.deepEqual(passed, [])
})

test('an app’s code is taken a step early or late, and each step once', async () => {
  const STEP = 30 * SECOND
  const ask = async (user: User, code: string, at: number) => {
    const owner = newOwner()
    const { id } = await issue(user, owner, 'authenticatorCode', at)
    return outcomeOf(prove(user, owner, id, { code }, { at, browser: 'familiar' }))
  }
  const { user, key } = await somebody()
  const now = 10 * STEP
  assert.equal(await ask(user, appCode(key, now - 2 * STEP), now), 'incorrect')
  assert.equal(await ask(user, appCode(key, now + 2 * STEP), now), 'incorrect')
  assert.equal(await ask(user, appCode(key, now - STEP), now), 'accepted')
  assert.equal(await ask(user, appCode(key, now - STEP), now), 'incorrect', 'the same code again')
  assert.equal(await ask(user, appCode(key, now), now), 'accepted')
  assert.equal(await ask(user, appCode(key, now + STEP), now), 'accepted')
  assert.equal(await ask(user, appCode(key, now), now + 1), 'incorrect', 'an older one than the last')
  assert.equal(await ask(user, appCode(key, now + 2 * STEP), now + 2 * STEP), 'accepted')
  const { user: colleague, key: another } = await somebody()
  assert.equal(await ask(colleague, appCode(key, now), now), 'incorrect')
  assert.equal(await ask(colleague, appCode(another, now).slice(1), now), 'malformed')
  const arabic = appCode(another, now).replace(/\d/g, digit => String.fromCodePoint(0x6f0 + Number(digit)))
  assert.equal(await ask(colleague, `\u200e${arabic}`, now), 'accepted')
})

test('the same app’s code sent many times at once is used up once, and its twins are no failures', async () => {
  const { user, key } = await somebody()
  const owner = newOwner()
  const { id } = await issue(user, owner, 'authenticatorCode')
  const code = appCode(key, 0)
  const accepted: unknown[] = []
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => outcomeOf(prove(user, owner, id, { code }, { accepted }))),
  )
  assert.equal(outcomes.filter(outcome => outcome === 'accepted').length, 1)
  assert.equal(accepted.length, 1)
  assert.ok(!outcomes.includes('incorrect'), String(outcomes))
  assert.equal((await counted(user)).failures, 0)
  assert.equal(await outcomeOf(prove(user, owner, id, { code })), 'repeated')
  // The next code is right too, but was not accepted: a guesser learns nothing here.
  assert.equal(await outcomeOf(prove(user, owner, id, { code: appCode(key, 30 * SECOND) })), 'expired')
  assert.equal(await outcomeOf(prove(user, owner, id, { code: appCode(key, -30 * SECOND) })), 'expired')

  // Two challenges at once: the step is used up by one of them, and the other is refused.
  const { user: second, key: secondKey } = await somebody()
  const owners = [newOwner(), newOwner(), newOwner()]
  const asked = await Promise.all(owners.map(one => issue(second, one, 'authenticatorCode')))
  const proved = await Promise.all(
    asked.map((challenge, at) => outcomeOf(prove(second, owners[at]!, challenge.id, { code: appCode(secondKey, 0) }))),
  )
  assert.deepEqual(proved.sort(), ['accepted', 'incorrect', 'incorrect'])
})

test('other questions are asked after a counted failure, and after nothing else', async () => {
  const ask = async (user: User) => (await issue(user, newOwner(), 'securityQuestions')).questions!.join()
  const orders = new Set<string>()
  const setsOfSomebody: number[] = []
  for (let n = 0; n < 6; n++) {
    const { user } = await somebody()
    const drawn = [await ask(user)]
    for (let failures = 1; failures < 5; failures++) {
      // A new challenge, in this journey or another, asks the same: nobody can wait for questions that they know.
      for (let again = 0; again < 3; again++) assert.equal(await ask(user), drawn.at(-1))
      const owner = newOwner()
      const { id } = await issue(user, owner, 'securityQuestions')
      const proved = await prove(user, owner, id, { answers: [] })
      assert.ok(proved.outcome === 'incorrect')
      const next = proved.challenge.questions!
      assert.equal(new Set(next).size, 3)
      assert.ok(next.every(question => QUESTIONS.includes(question)))
      const { open } = await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, owner)))
      assert.deepEqual(open?.questions, next, 'what is answered next is what was drawn')
      assert.equal(await ask(user), next.join())
      drawn.push(next.join())
    }
    for (const one of drawn) orders.add(one)
    setsOfSomebody.push(new Set(drawn.map(one => one.split(',').sort().join())).size)
    // A failure of any kind changes them, and a code that is right does not.
    const owner = newOwner()
    const mailed = await issue(user, owner)
    await prove(user, owner, mailed.id, { code: (await waitingCode(store, acme, mailed.id))! })
    assert.equal(await ask(user), drawn.at(-1))
  }
  // Thirty draws of sixty possible ones: fewer than fifteen different ones come up less than once in a million runs.
  assert.ok(orders.size >= 15, `${orders.size} of the 60 orders came up`)
  assert.ok(Math.max(...setsOfSomebody) > 1, 'not only their order changes')
})

test('a challenge from before the person’s doors were closed proves nothing and counts nowhere', async () => {
  const { user } = await somebody()
  const raise = () => inTenant(store, acme, trx => raiseSecurityEpoch(trx, acme, user.id))
  const owner = newOwner()
  const { id } = await issue(user, owner)
  const code = (await waitingCode(store, acme, id))!
  await raise()
  const accepted: unknown[] = []
  // Once with a user read before the change, and once with one read after it.
  assert.equal(await outcomeOf(prove(user, owner, id, { code }, { accepted })), 'expired')
  const now = await cast.again(user)
  assert.equal(await outcomeOf(prove(now, owner, id, { code }, { accepted })), 'expired')
  assert.equal(await outcomeOf(prove(now, owner, id, { code: wrongCode(code) })), 'expired')
  assert.deepEqual([accepted, (await counted(user)).failures], [[], 0])
  // While it was being judged.
  const asked = newOwner()
  const { id: during, questions } = await issue(now, asked, 'securityQuestions')
  const answers = questions!.map(question => ({ question, answer: answerTo(question) }))
  let raised: Promise<unknown> | undefined
  const hasher = watchedHasher(cast.hasher, async () => {
    raised ??= raise()
    await raised
  })
  assert.equal(await outcomeOf(prove(now, asked, during, { answers }, { hasher, accepted })), 'expired')
  assert.deepEqual([accepted, (await counted(user)).failures], [[], 0])
})

test('lesson 45: every drawn question has to be right, in any order, and all are judged whatever the first was', async () => {
  const judge = async (change: (answers: { question: string; answer: string }[]) => typeof answers) => {
    const { user } = await somebody()
    const owner = newOwner()
    const { id, questions } = await issue(user, owner, 'securityQuestions')
    let work = 0
    const hasher = watchedHasher(cast.hasher, () => void work++)
    const answers = change(questions!.map(question => ({ question, answer: answerTo(question) })))
    return [await outcomeOf(prove(user, owner, id, { answers }, { hasher })), work]
  }
  const wrong = (at: number) => (answers: { question: string; answer: string }[]) =>
    answers.map((answer, place) => (place === at ? { ...answer, answer: 'something else' } : answer))
  assert.deepEqual(await judge(answers => answers), ['accepted', 3])
  assert.deepEqual(await judge(answers => answers.reverse()), ['accepted', 3])
  assert.deepEqual(await judge(answers => answers.map(one => ({ ...one, answer: ` ${one.answer.toUpperCase()} ` }))), [
    'accepted',
    3,
  ])
  for (const at of [0, 1, 2]) assert.deepEqual(await judge(wrong(at)), ['incorrect', 3], `the ${at}th`)
  assert.deepEqual(await judge(answers => answers.slice(1)), ['incorrect', 3])
  assert.deepEqual(await judge(answers => [...answers, answers[0]!]), ['incorrect', 3])
  assert.deepEqual(await judge(answers => [answers[0]!, answers[0]!, answers[0]!]), ['incorrect', 3])
  assert.deepEqual(await judge(answers => [...answers.slice(1), { question: 'unasked', answer: '' }]), ['incorrect', 3])
  assert.deepEqual(await judge(answers => [...answers, { question: 'unasked', answer: '' }]), ['incorrect', 3])
  assert.deepEqual(await judge(() => []), ['incorrect', 3])
})

test('an answer whose hash is of an older form still passes, and its hash is renewed', async () => {
  const { user } = await somebody()
  const typed = 'Große Straße 5'
  const old = await cast.hasher.hash('große straße 5')
  await store.pool.query('update security_answers set answer_hash = $2, answer_sealed = null where user_id = $1', [
    user.id,
    old,
  ])
  const judge = async (answer: string) => {
    const owner = newOwner()
    const { id, questions } = await issue(user, owner, 'securityQuestions')
    let work = 0
    const hasher = watchedHasher(cast.hasher, async kind => {
      if (kind === 'verify') work++
    })
    const answers = questions!.map(question => ({ question, answer }))
    return [await outcomeOf(prove(user, owner, id, { answers }, { hasher })), work, questions]
  }
  // Capitals make another letter of ß, which no hash of the older form can know.
  assert.deepEqual((await judge('GROSSE STRASSE 5')).slice(0, 2), ['incorrect', 3])
  const [outcome, work, asked] = await judge(typed)
  assert.deepEqual([outcome, work], ['accepted', 6])
  const { rows } = await store.pool.query(
    'select question, answer_hash as plain, answer_sealed as sealed from security_answers where user_id = $1',
    [user.id],
  )
  for (const row of rows) {
    const renewed = (asked as string[]).includes(row.question)
    const place = { purpose: 'answer', tenantId: acme, rowId: `${user.id} ${row.question}` } as const
    assert.equal(row.plain === old, !renewed)
    assert.equal(await cast.hasher.verify(openHash(meansAt().keys, place, row), 'grosse strasse 5'), renewed)
  }
})

test('the repeat of accepted answers is fine too', async () => {
  const { user } = await somebody()
  const owner = newOwner()
  const { id, questions } = await issue(user, owner, 'securityQuestions')
  const answers = questions!.map(question => ({ question, answer: answerTo(question) }))
  const accepted: unknown[] = []
  for (const outcome of ['accepted', 'repeated', 'repeated'])
    assert.equal(await outcomeOf(prove(user, owner, id, { answers }, { accepted })), outcome)
  assert.equal(await outcomeOf(prove(user, owner, id, { answers: answers.slice(1) })), 'expired')
  assert.equal(accepted.length, 1)
  assert.equal((await counted(user)).failures, 0)
})

test('somebody without answers passes by no answers', async () => {
  const { user } = await somebody()
  const owner = newOwner()
  const { id } = await issue(user, owner, 'securityQuestions')
  await store.pool.query('delete from security_answers where user_id = $1', [user.id])
  assert.equal(await outcomeOf(prove(user, owner, id, { answers: [] })), 'incorrect')
  const { questions } = await issue(user, owner, 'securityQuestions')
  assert.deepEqual(questions, [])
  const again = await inTenant(store, acme, trx => askOne(trx, challengesOf(meansAt(), acme, owner)))
  assert.equal(await outcomeOf(prove(user, owner, again.open!.id, { answers: [] })), 'incorrect')
})

test('a typed number is compared whole, and five wrong ones in an hour are enough', async () => {
  const { user } = await somebody()
  const compare = (typed: string, at = 0, browser: Browser = 'other') =>
    inTenant(store, acme, async trx => {
      const method = (await askOne(trx, methodsOf(meansAt(at), user))).find(({ kind }) => kind === 'mobilePhone')!
      return compareNumber(trx, meansAt(at), { user, browser, method, typed })
    })
  for (let n = 0; n < 8; n++) assert.deepEqual(await compare('+1 (206) 555-0110'), { outcome: 'known' })
  for (const typed of ['', '10', '+1206555011', '2065550110', 'x'.repeat(40), '+', '+1 206 555 0110 0110'])
    assert.deepEqual(
      await compare(typed),
      { outcome: 'mismatch' },
      `${typed} can be nobody’s number, and is not counted`,
    )
  for (const typed of ['+12065550111', '+12065550112', '+46701740605', '+12065550113', '+12065550111'])
    assert.deepEqual(await compare(typed), { outcome: 'mismatch' }, typed)
  assert.deepEqual(await compare('+12065550110'), { outcome: 'throttled', retryAfter: 3600 })
  assert.deepEqual(await compare('+12065550110', 0, 'familiar'), { outcome: 'known' })
  assert.deepEqual(await compare('+12065550110', 60 * MINUTE), { outcome: 'known' })
  const counter = { tenantId: acme, kind: 'proofs', name: user.userPrincipalName, browser: 'other' } as const
  assert.equal(await inTenant(store, acme, trx => blockedFor(trx, meansAt(), counter)), 0, 'a count of its own')
})
