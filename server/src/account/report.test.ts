import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Trail } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import { DAY, MINUTE } from '../clock.ts'
import { getUser, readName, type User } from '../directory/index.ts'
import { methodsOf, saveMethod, unblockMethods } from '../methods/index.ts'
import { isReported } from '../passwords/index.ts'
import {
  checkMayChange,
  confirmMethods,
  mustProve,
  openSecurityInfo,
  ownId,
  provable,
  securityInfoOf,
} from '../registration/index.ts'
import { findSession, rememberDevice, type Session } from '../sessions/index.ts'
import { signIn } from '../signin/index.ts'
import { askOne, inTenant, type Trx } from '../store/index.ts'
import {
  isFamiliar,
  isLocked,
  meansAt,
  newTrail,
  PASSWORD,
  readEvents,
  readNotices,
  stage,
  watchedHasher,
} from '../testing/people.ts'
import { listOwnActivity } from './activity.ts'
import { reportActivity } from './index.ts'
import { findReport } from './report.ts'

const { store, cast } = await stage()
const settings = { enabled: true, gates: 1, registrationRequired: true } as const
const acme = await cast.tenant('acme.example', settings)
await cast.person(acme, 'admin@acme.example', { roles: ['Global Administrator'], preferredLanguage: 'fr' })
await cast.person(acme, 'helpdesk@acme.example', { roles: ['Helpdesk Administrator'] })
const both = { email: 'own@mail.example', mobilePhone: '+12065550110' }
const REPORTED = MINUTE

const inside = <T>(user: User, work: (trx: Trx) => Promise<T>) => inTenant(store, user.tenantId, work)

/** An event of the account from another browser. Returns its id. */
async function happened(user: User, activity: Activity, more: { reason?: string; trail?: Trail; at?: number } = {}) {
  const trail = more.trail ?? { ...newTrail(), address: '198.51.100.9' }
  const target = { id: user.id, name: user.userPrincipalName }
  const before = await idsOf(user)
  const act = { ...meansAt(more.at), actor: { kind: 'user', ...target }, trail } as const
  await inside(user, trx =>
    record(trx, act, { activity, result: 'success', ...(more.reason && { reason: more.reason }), target }),
  )
  return (await idsOf(user)).find(id => !before.includes(id))!
}

const idsOf = async (user: User) =>
  (
    await inside(user, trx =>
      trx.selectFrom('audit_events').select('id').where('tenant_id', '=', user.tenantId).execute(),
    )
  ).map(({ id }) => id)

const report = (session: Session, id: string, at = REPORTED) =>
  inside(session.user, trx => reportActivity(trx, meansAt(at), session, id))
const look = (session: Session, id: string) =>
  inside(session.user, trx => findReport(trx, meansAt(REPORTED), session, id))
const locked = (user: User) =>
  inside(user, trx => isLocked(trx, meansAt(REPORTED), user.tenantId, readName(user.userPrincipalName).folded))
const blockedKinds = async (user: User) =>
  (await inside(user, trx => askOne(trx, methodsOf(meansAt(REPORTED), user))))
    .filter(({ blockedAt }) => blockedAt)
    .map(({ kind }) => kind)

test('a report ends everything but the session that makes it, blocks what was used, and is said beforehand', async () => {
  const user = await cast.person(acme, 'person@acme.example', { registered: both, mail: 'work@acme.example' })
  const mine = await cast.session(meansAt(), user)
  const theirs = await cast.session(meansAt(), user)
  const device = await inside(user, trx => rememberDevice(trx, meansAt(), user))
  const trail = newTrail()
  await happened(user, 'reset.proof_passed', { reason: 'email', trail })
  const id = await happened(user, 'reset.finished', { trail })

  const announced = await look(mine, id)
  assert.deepEqual(
    [announced?.made, announced?.password, announced?.methods, announced?.canReset],
    [false, true, ['email'], true],
  )
  assert.deepEqual([await locked(user), await blockedKinds(user)], [false, []], 'looking changes nothing')

  const done = await report(mine, id)
  assert.ok(done.outcome === 'reported' && done.sessionCookie)
  for (const { cookie } of [mine, theirs]) assert.equal(await findSession(store, meansAt(), cookie), undefined)
  const session = await findSession(store, meansAt(), done.sessionCookie)
  assert.ok(session)
  const now = await cast.again(user)
  assert.equal(await inside(user, trx => isFamiliar(trx, meansAt(), now, device)), false)
  assert.deepEqual([await locked(user), await blockedKinds(user)], [true, ['email']])

  const told = (await readNotices(store, acme)).map(({ template, to, language }) => `${template} ${to} ${language}`)
  assert.deepEqual(told.sort(), [
    'account_reported admin@acme.example fr',
    'account_reported helpdesk@acme.example en',
    'activity_reported own@mail.example en',
    'activity_reported work@acme.example en',
  ])
  const [{ variables } = { variables: {} as Record<string, string> }] = await readNotices(store, acme)
  assert.deepEqual([variables.reported, variables.username], ['reset.finished', 'person@acme.example'])

  // A second report does nothing more, also at the same moment.
  const again = await Promise.all([report(session, id), report(session, id)])
  assert.deepEqual(
    again.map(one => one.outcome === 'reported' && one.sessionCookie),
    [undefined, undefined],
  )
  assert.equal((await cast.again(user)).securityEpoch, now.securityEpoch)
  assert.equal((await readNotices(store, acme)).length, told.length)
  const lines = await inside(user, trx => listOwnActivity(trx, session, 10))
  assert.deepEqual(lines.map(line => [line.activity, line.reported]).slice(0, 2), [
    ['account.reported', false],
    ['reset.finished', true],
  ])
})

test('two reports of one event at once: one holds', async () => {
  const user = await cast.person(acme, 'twice@acme.example', { registered: both })
  const id = await happened(user, 'signin.succeeded')
  for (let round = 0; round < 3; round++) {
    const mine = await cast.session(meansAt(), await cast.again(user))
    const other = await cast.session(meansAt(), await cast.again(user))
    const before = (await cast.again(user)).securityEpoch
    const outcomes = await Promise.all([report(mine, id), report(other, id)])
    assert.equal((await cast.again(user)).securityEpoch, round === 0 ? before + 1 : before)
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'ended').length, round === 0 ? 1 : 0)
  }
  assert.equal(
    (await readEvents(store, acme)).filter(line => line === 'account.reported success signin.succeeded').length,
    1,
  )
})

test('what whoever it was had in hand is blocked, and what was changed since is not', async () => {
  const cases: [
    string,
    { act: Activity; reason?: string; also?: [Activity, string]; own?: true; at?: number },
    { password: boolean; methods: string[] },
  ][] = [
    ['signed-in', { act: 'signin.succeeded' }, { password: true, methods: [] }],
    [
      'stepped-up',
      { act: 'signin.succeeded', also: ['proof.passed', 'mobilePhone'] },
      { password: true, methods: ['mobilePhone'] },
    ],
    [
      'planted',
      { act: 'securityInfo.saved', reason: 'email', also: ['proof.passed', 'mobilePhone'] },
      { password: false, methods: ['email', 'mobilePhone'] },
    ],
    [
      'here',
      { act: 'securityInfo.saved', reason: 'email', also: ['proof.passed', 'mobilePhone'], own: true },
      { password: false, methods: ['email'] },
    ],
    [
      'unlocked',
      { act: 'reset.unlocked', also: ['reset.proof_passed', 'email'] },
      { password: false, methods: ['email'] },
    ],
    ['changed', { act: 'password.changed', own: true }, { password: true, methods: [] }],
    [
      'long-ago',
      { act: 'reset.finished', also: ['reset.proof_passed', 'email'], at: -DAY },
      { password: false, methods: [] },
    ],
  ]
  for (const [name, { act, reason, also, own, at }, expected] of cases) {
    const user = await cast.person(acme, `${name}@acme.example`, { registered: both })
    const mine = await cast.session(meansAt(), user)
    const trail = own ? { ...newTrail(), correlationId: mine.correlationId } : newTrail()
    if (also) await happened(user, also[0], { reason: also[1], trail, at: at ?? 0 })
    const id = await happened(user, act, { trail, at: at ?? 0, ...(reason && { reason }) })
    const done = await report(mine, id)
    assert.ok(done.outcome === 'reported', name)
    assert.deepEqual(
      [done.report.password, done.report.methods.toSorted()],
      [expected.password, expected.methods],
      name,
    )
    assert.deepEqual(
      [await locked(user), (await blockedKinds(user)).toSorted()],
      [expected.password, expected.methods],
      name,
    )
  }
  // The office phone with the number of the mobile one is the same way in under another name.
  const user = await cast.person(acme, 'shared@acme.example', {
    registered: { mobilePhone: '+12065550110', officePhone: '+12065550110', email: 'own@mail.example' },
  })
  const trail = newTrail()
  await happened(user, 'reset.proof_passed', { reason: 'mobilePhone', trail })
  await report(await cast.session(meansAt(), user), await happened(user, 'reset.unlocked', { trail }))
  assert.deepEqual(await blockedKinds(user), ['mobilePhone', 'officePhone'])
})

test('only what succeeded in one’s own account can be reported, and not the sign-in that one sits in', async () => {
  const user = await cast.person(acme, 'limits@acme.example', { registered: both })
  const colleague = await cast.person(acme, 'colleague@acme.example', { registered: both })
  const globex = await cast.tenant('globex.example', settings)
  const stranger = await cast.person(globex, 'person@globex.example', { registered: both })
  const mine = await cast.session(meansAt(), user)
  const none = [
    await happened(colleague, 'signin.succeeded'),
    await happened(stranger, 'signin.succeeded'),
    await happened(user, 'signin.failed'),
    await happened(user, 'reset.started'),
    await happened(user, 'user.unblocked'),
    await happened(user, 'signin.succeeded', { trail: { ...newTrail(), correlationId: mine.correlationId } }),
    'ffffffff-ffff-7fff-8fff-ffffffffffff',
    '00000000-0000-7000-8000-000000000000',
    'nothing',
    '',
  ]
  for (const id of none) {
    assert.equal(await look(mine, id), undefined, id)
    assert.deepEqual(await report(mine, id), { outcome: 'unknown' }, id)
  }
  assert.equal((await cast.again(user)).securityEpoch, user.securityEpoch)
  const own = await happened(user, 'signin.succeeded')
  await store.pool.query('update users set account_enabled = false where id = $1', [user.id])
  assert.deepEqual(await report(mine, own), { outcome: 'ended' }, 'lesson 50: switched off meanwhile')
})

test('lesson 14: blocked methods prove nothing, still have to be proved around, and are free once set up anew', async () => {
  const user = await cast.person(acme, 'only@acme.example', { registered: { email: 'own@mail.example' } })
  const mine = await cast.session(meansAt(), user)
  const trail = newTrail()
  await happened(user, 'reset.proof_passed', { reason: 'email', trail })
  const id = await happened(user, 'reset.finished', { trail })
  assert.equal((await look(mine, id))?.canReset, false, 'and it is said before')
  const done = await report(mine, id)
  assert.ok(done.outcome === 'reported' && done.sessionCookie)
  const session = (await findSession(store, meansAt(REPORTED), done.sessionCookie))!
  const standing = () => inside(user, trx => openSecurityInfo(trx, meansAt(REPORTED), session))
  const { info } = await standing()
  assert.equal(info.registered, 0)
  assert.equal((await look(session, id))?.canReset, false)
  const [email] = info.recorded
  const confirm = inside(user, trx =>
    confirmMethods(trx, meansAt(REPORTED), session, {
      methods: [ownId(meansAt(), session, email!.id)],
      deviceCookie: undefined,
    }),
  )
  await assert.rejects(confirm, { code: 'not_editable' }, 'looking at it does not make it right')
  assert.deepEqual(provable((await standing()).info), [])
  assert.equal(mustProve(info), true, 'or a report would open the way to registering something else')
  assert.throws(() => checkMayChange({ session, info }, meansAt(REPORTED)), { code: 'proof_needed' })
  await inside(user, trx =>
    saveMethod(trx, meansAt(REPORTED), user, { kind: 'email', source: 'person', value: 'own@mail.example' }),
  )
  assert.deepEqual(await blockedKinds(user), [])
  assert.equal((await inside(user, trx => askOne(trx, securityInfoOf(meansAt(REPORTED), user)))).registered, 1)
  // Afterwards the report tells what still holds.
  assert.deepEqual((await look(session, id))?.methods, [])

  const other = await cast.person(acme, 'lifted@acme.example', { registered: both })
  const used = await happened(other, 'proof.passed', { reason: 'mobilePhone' })
  await report(await cast.session(meansAt(), other), used)
  assert.deepEqual(await blockedKinds(other), ['mobilePhone'])
  assert.equal(await inside(other, trx => unblockMethods(trx, other)), 1)
  assert.deepEqual(await blockedKinds(other), [])
})

test('a sign-in that was being judged while the report was made neither opens a session nor lifts the lock', async () => {
  const user = await cast.person(acme, 'racing@acme.example', { registered: both })
  const mine = await cast.session(meansAt(), user)
  const id = await happened(user, 'signin.succeeded')
  let reported = false
  const hasher = watchedHasher(cast.hasher, async () => {
    if (!reported) assert.equal((await report(mine, id)).outcome, 'reported')
    reported = true
  })
  const attempt = () =>
    signIn(
      store,
      meansAt(REPORTED),
      { ...cast.checks, hasher },
      {
        username: user.userPrincipalName,
        password: PASSWORD,
        deviceCookie: undefined,
        sessionCookie: undefined,
        language: 'en',
      },
    )
  const first = await attempt()
  const cookie = first.outcome === 'signed-in' ? first.sessionCookie : undefined
  assert.equal(await findSession(store, meansAt(REPORTED), cookie), undefined)
  assert.equal(await locked(user), true)
  assert.deepEqual(await attempt(), { outcome: 'incorrect', retryAfter: undefined })
})

test('many reports in a day do not fill the administrators’ mailboxes, and each still holds', async () => {
  const quiet = await cast.tenant('quiet.example', settings)
  const user = await cast.person(quiet, 'person@quiet.example', { registered: both })
  const first = await report(await cast.session(meansAt(), user), await happened(user, 'signin.succeeded'))
  assert.equal(first.outcome, 'reported', 'nobody administers the tenant, and nothing breaks')
  await cast.person(quiet, 'admin@quiet.example', { roles: ['Global Administrator'] })
  for (let n = 0; n < 7; n++) {
    const epoch = (await inside(user, trx => getUser(trx, quiet, user.id))).securityEpoch
    const done = await report(
      await cast.session(meansAt(), await cast.again(user)),
      await happened(user, 'signin.succeeded'),
    )
    assert.equal(done.outcome, 'reported')
    assert.equal((await cast.again(user)).securityEpoch, epoch + 1)
  }
  const alerts = (await readNotices(store, quiet)).filter(({ template }) => template === 'account_reported')
  assert.equal(alerts.length, 4, 'five a day, the first of them to nobody')
})

test('a reported password stays reported, and its successor is not, whichever clock has jumped', async () => {
  for (const [name, wasSet, isSet] of [
    ['ahead', 40 * DAY, 2 * MINUTE],
    ['behind', 0, -DAY],
  ] as const) {
    const user = await cast.person(acme, `${name}@acme.example`, { registered: both })
    const setAt = (at: number) =>
      inside(user, trx =>
        trx
          .updateTable('passwords')
          .set({ set_at: meansAt(at).now })
          .where('tenant_id', '=', acme)
          .where('user_id', '=', user.id)
          .execute(),
      )
    await setAt(wasSet)
    const id = await happened(user, 'signin.succeeded')
    const done = await report(await cast.session(meansAt(), user), id)
    assert.ok(done.outcome === 'reported' && done.report.password, name)
    assert.equal(await inside(user, trx => isReported(trx, user)), true, name)
    await setAt(isSet)
    assert.equal(await inside(user, trx => isReported(trx, user)), false, name)
  }
})
