// Long: each test grants everything that there is to grant, and then looks for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changePassword, reportActivity } from './account/index.ts'
import { record } from './audit/index.ts'
import { deliverCode, publicId } from './challenges/index.ts'
import { MINUTE } from './clock.ts'
import type { User } from './directory/index.ts'
import { claimLink, getLink, issueLink } from './links/index.ts'
import { methodsOf, openValue, saveMethod } from './methods/index.ts'
import { type Message, type Senders, sendNotice } from './notifications/index.ts'
import { recordsOf } from './oidc/index.ts'
import { claimPass, issuePass, preparePassword, readPasswordRules, setPassword } from './passwords/index.ts'
import type { MethodKind } from './policies/index.ts'
import {
  beginRegistration,
  checkMayChange,
  finishRegistration,
  giveSessionProof,
  openSecurityInfo,
  ownId,
  provable,
  requestSessionChallenge,
} from './registration/index.ts'
import {
  beginChoice,
  choosePassword,
  giveProof,
  lockJourney,
  openJourney,
  requestChallenge,
  startReset,
} from './reset/index.ts'
import { findSession, lockSession, rememberDevice, type Session } from './sessions/index.ts'
import { askOne, inTenant, type Trx } from './store/index.ts'
import { chooseMethods } from './testing/methodsPolicy.ts'
import { isFamiliar, meansAt, newTrail, PASSWORD, readNotices, stage, waitingCode } from './testing/people.ts'
import { loadWords } from './words/index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example', {
  enabled: true,
  gates: 2,
  methods: ['email', 'mobilePhone', 'authenticatorCode'],
})
const words = loadWords()
const NEW = 'Another passphrase 27!'
const keepingIn = (sent: Message[]) => ({
  gateway: 'here',
  send: async (message: Message) => {
    sent.push(message)
    return {}
  },
})
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)

/** A reset in a browser of its own. */
async function begin(user: User) {
  const { tenantId } = user
  const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, tenantId, work)
  const asker = { browserToken: meansAt().random.token(), deviceCookie: undefined }
  const { id } = await startReset(store, meansAt(), {
    username: user.userPrincipalName,
    browserToken: asker.browserToken,
    language: 'en',
  })
  const trail = { ...newTrail(), correlationId: id }
  const open = async () => {
    const journey = await inside(trx => openJourney(trx, meansAt(), { tenantId, id }, asker))
    assert.ok(journey)
    return journey
  }
  const ask = async (kind: MethodKind) => {
    await inside(async trx => {
      const journey = await lockJourney(trx, meansAt(), { tenantId, id }, asker)
      const method = journey?.recorded.find(one => one.kind === kind)
      assert.ok(journey && method)
      await requestChallenge(trx, { ...meansAt(), trail }, journey, {
        method: publicId(meansAt(), id, method.id),
        ...(kind === 'mobilePhone' && { channel: 'sms', phoneNumber: openValue(meansAt(), method)! }),
      })
    })
    const { open: challenge } = (await open()).facts.challenges
    assert.ok(challenge)
    const code = await waitingCode(store, tenantId, challenge.id)
    assert.ok(code)
    return { challenge: challenge.id, proof: { code } }
  }
  const prove = async (given: Awaited<ReturnType<typeof ask>>, journey = open()) =>
    (await giveProof(store, { ...meansAt(), trail }, cast, { journey: await journey, ...given })).outcome
  const finish = async (journey = open()) => {
    const found = await journey
    const choice = await inTenant(store, tenantId, trx => beginChoice(trx, meansAt(), cast.checks, found))
    return choosePassword(store, { ...meansAt(), trail }, cast.checks, { ...choice, newPassword: NEW, asker })
  }
  return { id, open, ask, prove, finish }
}

/** One of each thing that is granted to somebody, in two browsers. */
async function grantAll(user: User) {
  const [mine, theirs] = [await cast.session(meansAt(), user), await cast.session(meansAt(), user)]
  const devices = [
    await inside(trx => rememberDevice(trx, meansAt(), user)),
    await inside(trx => rememberDevice(trx, meansAt(), user)),
  ]
  for (const session of [mine, theirs]) await cast.proved(meansAt(), session)

  const [begun, asked, half, ready] = [await begin(user), await begin(user), await begin(user), await begin(user)]
  assert.equal(await half.prove(await half.ask('email')), 'accepted')
  for (const kind of ['email', 'mobilePhone'] as const)
    assert.equal(await ready.prove(await ready.ask(kind)), 'accepted')
  const open = await asked.ask('email')
  assert.deepEqual(await Promise.all([begun, asked, half, ready].map(async one => (await one.open()).state)), [
    'verify',
    'verify',
    'verify',
    'choose-password',
  ])

  const registration = await inside(trx =>
    beginRegistration(trx, meansAt(), theirs, { kind: 'email', address: 'planted@mail.example', language: 'en' }),
  )
  const registrationCode = (await waitingCode(store, acme, registration.challenge.id))!
  const stepUp = await inside(async trx => {
    const [email] = provable((await openSecurityInfo(trx, meansAt(), theirs)).info)
    return requestSessionChallenge(trx, meansAt(), theirs, {
      method: ownId(meansAt(), theirs, email!.id),
      language: 'en',
      browser: 'other',
    })
  })
  assert.ok(stepUp.outcome === 'issued')
  const stepUpCode = (await waitingCode(store, acme, stepUp.challenge.id))!
  await chooseMethods({ store }, acme, { TemporaryAccessPass: { isUsableOnce: false } })
  const { pass } = await inside(trx => issuePass(trx, meansAt(), user, { minutes: 480, once: false }))
  assert.ok(await inside(trx => claimPass(trx, meansAt(), user, pass)))
  const { token: linkToken } = await inside(trx => issueLink(trx, meansAt(), user, 'reset'))
  const link = await getLink(store, meansAt(), linkToken)
  const records = recordsOf(store, meansAt(), acme)
  const { id: accountId } = user
  await records.save('Grant', `grant of ${user.id}`, { accountId }, { lasts: 3_600, epoch: user.securityEpoch })
  assert.ok(await records.find('Grant', `grant of ${user.id}`))
  return {
    pass,
    linkToken,
    link,
    records,
    mine,
    theirs,
    devices,
    begun,
    asked,
    half,
    ready,
    open,
    registration,
    registrationCode,
    stepUp,
    stepUpCode,
  }
}

/** Earlier grants open nothing, prove nothing and send nothing. */
async function assertEnded(user: User, granted: Awaited<ReturnType<typeof grantAll>>, but: 'ready' | undefined) {
  const { mine, theirs, devices, open, registration, stepUp, pass } = granted
  assert.equal(await inside(trx => claimPass(trx, meansAt(), user, pass)), false, 'an access pass')
  await assert.rejects(getLink(store, meansAt(), granted.linkToken), { code: 'link_expired' }, 'a mailed link')
  await assert.rejects(
    inside(trx =>
      claimLink(trx, { ...meansAt(), actor: { kind: 'anyone', name: user.userPrincipalName } }, granted.link),
    ),
    { code: 'link_expired' },
    'a mailed link, looked at before',
  )
  for (const { cookie, ...session } of [mine, theirs]) {
    assert.equal(await findSession(store, meansAt(), cookie), undefined, 'a session')
    assert.equal(await inside(trx => lockSession(trx, meansAt(), session)), undefined, 'a session, looked at before')
  }
  const now = await cast.again(user)
  for (const device of devices)
    assert.equal(await inside(trx => isFamiliar(trx, meansAt(), now, device)), false, 'a familiar browser')

  assert.equal(await granted.records.find('Grant', `grant of ${user.id}`), undefined, 'what an application was given')
  const late = `late grant of ${user.id}`
  await granted.records.save('Grant', late, { accountId: user.id }, { lasts: 3_600, epoch: user.securityEpoch })
  assert.equal(await granted.records.find('Grant', late), undefined, 'a device that was confirmed before')

  for (const name of ['begun', 'asked', 'half', 'ready'] as const) {
    if (name === but) continue
    assert.equal((await granted[name].open()).state, 'superseded', `a journey: ${name}`)
    await assert.rejects(granted[name].finish(), { name: 'Refusal', code: 'journey_expired' }, `a journey: ${name}`)
  }
  const lateProof = (await granted.asked.open()).facts.challenges.open
  await assert.rejects(
    granted.asked.prove(open),
    { name: 'Refusal', code: 'journey_expired' },
    'the proof of a journey',
  )
  assert.ok(lateProof === undefined || lateProof.id === open.challenge)

  const gone = (work: Promise<{ outcome: string }>) =>
    work.then(
      ({ outcome }) => outcome,
      (error: { code?: string }) => error.code,
    )
  const given = { deviceCookie: undefined }
  assert.match(
    (await gone(
      finishRegistration(store, meansAt(), cast, {
        session: theirs,
        ...given,
        challenge: registration.challenge.id,
        proof: { code: granted.registrationCode },
      }),
    )) ?? '',
    /^(expired|not_signed_in)$/,
    'a registration',
  )
  assert.ok(stepUp.outcome === 'issued')
  assert.match(
    (await gone(
      giveSessionProof(store, meansAt(), cast, {
        session: theirs,
        ...given,
        challenge: stepUp.challenge.id,
        proof: { code: granted.stepUpCode },
      }),
    )) ?? '',
    /^(expired|not_signed_in)$/,
    'the proof of a session',
  )

  // Codes that wait to be sent: their jobs run now.
  const sent: Message[] = []
  const sender = keepingIn(sent)
  const senders: Senders = { email: sender, sms: sender, voice: sender }
  for (const challengeId of [open.challenge, registration.challenge.id, stepUp.challenge.id]) {
    await deliverCode(
      store,
      meansAt(),
      { words, senders, origin: 'https://id.acme.example' },
      { tenantId: acme, challengeId },
    )
    const { rows } = await store.pool.query('select code_sealed from challenges where id = $1', [challengeId])
    assert.equal(rows[0]?.code_sealed ?? null, null, 'not even the sealed code stays')
  }
  assert.deepEqual(sent, [])
  const { rows } = await store.pool.query("select kind from methods where user_id = $1 and kind = 'email'", [user.id])
  assert.equal(rows.length, 1)
}

const people = { registered: { email: 'own@mail.example', mobilePhone: '+12065550110' } }
const somebody = async (name: string) => {
  await cast.forgetSends()
  return cast.person(acme, `${name}@acme.example`, people)
}

test('lesson 49: a reset ends all that was granted, and the journey’s own codes are gone with it', async () => {
  const user = await somebody('reset')
  const granted = await grantAll(user)
  assert.equal((await granted.ready.finish()).outcome, 'finished')
  await assertEnded(user, granted, 'ready')
  assert.equal((await granted.ready.open()).state, 'finished')
  const { rows } = await store.pool.query('select from challenges where journey_id = $1', [granted.ready.id])
  assert.equal(rows.length, 0, 'lesson 27: nothing of its codes stays')
})

test('lesson 49: a change ends all that was granted but the session that makes it', async () => {
  const user = await somebody('change')
  const granted = await grantAll(user)
  const done = await changePassword(store, meansAt(), cast.checks, {
    session: granted.mine,
    currentPassword: PASSWORD,
    newPassword: NEW,
    deviceCookie: granted.devices[0],
  })
  assert.ok(done.outcome === 'changed')
  await assertEnded(user, granted, undefined)
  assert.equal((await findSession(store, meansAt(), done.sessionCookie))?.user.id, user.id)
})

test('lesson 49: a temporary password ends all that was granted', async () => {
  const user = await somebody('temporary')
  const granted = await grantAll(user)
  const rules = await inside(trx => readPasswordRules(trx, meansAt(), user, 'reset'))
  const judged = await preparePassword(store, meansAt(), cast.checks, { rules, newPassword: NEW })
  assert.ok('prepared' in judged)
  await inside(trx => setPassword(trx, meansAt(), user, { ...judged.prepared, mustChange: true }))
  await assertEnded(user, granted, undefined)
})

test('lesson 49: “this wasn’t me” ends all that was granted but the session that says it', async () => {
  const user = await somebody('reported')
  const granted = await grantAll(user)
  const target = { id: user.id, name: user.userPrincipalName }
  await inside(trx =>
    record(
      trx,
      { ...meansAt(), actor: { kind: 'user', ...target } },
      { activity: 'signin.succeeded', result: 'success', target },
    ),
  )
  const { rows } = await store.pool.query(
    "select id from audit_events where target_id = $1 and activity = 'signin.succeeded'",
    [user.id],
  )
  const session: Session = granted.mine
  const done = await inside(trx => reportActivity(trx, meansAt(MINUTE), session, rows[0].id))
  assert.ok(done.outcome === 'reported' && done.sessionCookie)
  await assertEnded(user, granted, undefined)
  assert.equal((await findSession(store, meansAt(MINUTE), done.sessionCookie))?.user.id, user.id)
})

test('lesson 50: switching an account off ends journeys and codes in the middle, too', async () => {
  const user = await somebody('disabled')
  const { theirs, begun, ready, asked, open } = await grantAll(user)
  await store.pool.query('update users set account_enabled = false where id = $1', [user.id])
  for (const journey of [begun, ready]) {
    assert.equal((await journey.open()).state, 'refused')
    await assert.rejects(journey.finish(), { name: 'Refusal', code: 'gates_missing' })
  }
  await assert.rejects(asked.prove(open), { name: 'Refusal', code: 'wrong_state' })
  assert.equal(await inside(trx => lockSession(trx, meansAt(), theirs)), undefined)
  const fail = { gateway: 'here', send: async () => assert.fail('nothing is to be sent') }
  await deliverCode(
    store,
    meansAt(),
    { words, senders: { email: fail }, origin: 'https://id.acme.example' },
    { tenantId: acme, challengeId: open.challenge },
  )
})

test('lesson 60: a reset is told to every address, old and new, and an administrator’s to the others', async () => {
  const globex = await cast.tenant('globex.example', {
    enabled: true,
    gates: 2,
    methods: ['email', 'mobilePhone'],
    notifyAdministrators: true,
  })
  await cast.person(globex, 'other@globex.example', { roles: ['Global Administrator'], preferredLanguage: 'ja' })
  await cast.forgetSends()
  const user = await cast.person(globex, 'admin@globex.example', {
    ...people,
    roles: ['Global Administrator'],
    mail: 'work@globex.example',
  })
  // A thief of the account has put their own address in place of the owner's.
  await inTenant(store, globex, trx =>
    saveMethod(trx, meansAt(), user, {
      kind: 'email',
      source: 'person',
      value: 'thief@mail.example',
      provedAt: meansAt().now,
    }),
  )
  const reset = await begin(user)
  const codes: string[] = []
  for (const kind of ['email', 'mobilePhone'] as const) {
    const asked = await reset.ask(kind)
    codes.push(asked.proof.code)
    assert.equal(await reset.prove(asked), 'accepted')
  }
  assert.equal((await reset.finish()).outcome, 'finished')
  const notices = await readNotices(store, globex)
  assert.deepEqual(notices.map(({ template, to, language }) => `${template} ${to} ${language}`).sort(), [
    'administrator_reset other@globex.example ja',
    'password_reset own@mail.example en',
    'password_reset thief@mail.example en',
    'password_reset work@globex.example en',
  ])
  const sent: Message[] = []
  const email = keepingIn(sent)
  const { rows } = await store.pool.query('select id from notices where tenant_id = $1', [globex])
  for (const { id: noticeId } of rows)
    await sendNotice(
      store,
      meansAt(),
      { words, senders: { email }, origin: 'https://id.example' },
      { tenantId: globex, noticeId },
    )
  assert.equal(sent.length, 4)
  for (const { to, subject, text, language } of sent) {
    assert.match(text, /192\.0\.2\.7/, 'from where')
    assert.match(text, /2026/, 'when')
    assert.match(text, language === 'en' ? /https:\/\/id\.example\/account\/activity\n/ : /心当たり/, 'what to do')
    // Lesson 51: nothing that opens anything, and nothing of another address.
    for (const secret of [NEW, ...codes, 'mail.example', '2065550110'])
      assert.ok(!`${subject} ${text}`.includes(secret), `${to}: ${secret}`)
  }
})

test('lesson 12: a reset adds nothing to security info and opens no way to change it without a proof', async () => {
  const user = await somebody('factors')
  const before = await inside(trx => askOne(trx, methodsOf(meansAt(), user)))
  const reset = await begin(user)
  for (const kind of ['email', 'mobilePhone'] as const) await reset.prove(await reset.ask(kind))
  await reset.finish()
  const now = await cast.again(user)
  assert.deepEqual(await inside(trx => askOne(trx, methodsOf(meansAt(), now))), before)
  const session = await cast.session(meansAt(), now)
  const standing = await inside(trx => openSecurityInfo(trx, meansAt(), session))
  assert.throws(() => checkMayChange(standing, meansAt()), { code: 'proof_needed' })
})

test('nothing else is granted to a user for a time: a new table that is has to be ended here, too', async () => {
  const tablesWith = async (...columns: string[]) => {
    const { rows } = await store.pool.query(
      `select table_name as name from information_schema.columns
       where table_schema = 'latchkey' and column_name = any($1) group by 1 having count(*) = $2 order by 1`,
      [columns, columns.length],
    )
    return rows.map(({ name }) => name)
  }
  const ended = [
    'access_passes',
    'caller_checks',
    'challenges',
    'device_codes',
    'devices',
    'journeys',
    'mailed_links',
    'provider_records',
    'sessions',
  ]
  // A row of a job, and each message of a subscription, is judged by the maker's rights and epoch of its moment.
  assert.deepEqual(
    await tablesWith('security_epoch'),
    [...ended, 'accounts', 'bulk_jobs', 'subscriptions', 'users'].sort(),
  )
  // A link of who hears of a takeover or a rescue opens nothing of theirs: by it they object alone.
  assert.deepEqual(
    await tablesWith('user_id', 'expires_at'),
    [...ended.slice(1), 'rescue_links', 'takeover_links'].sort(),
  )
})
