import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changePassword } from '../account/index.ts'
import { DAY, SECOND } from '../clock.ts'
import type { User } from '../directory/index.ts'
import { changeProtection, type ProtectionSettings } from '../policies/index.ts'
import { signIn } from '../signin/index.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, PASSWORD, stage, watchedHasher } from '../testing/people.ts'
import { addBannedWords, preparePassword, readPasswordRules, refusedPassword, setPassword } from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme-rockets.example')
let people = 0
const somebody = () => cast.person(acme, `s${++people}@acme-rockets.example`)

const protect = (changes: Partial<ProtectionSettings>) =>
  inTenant(store, acme, trx => changeProtection(trx, acme, changes))

const rulesOf = (user: User, setting: 'change' | 'reset' = 'reset', at = 0) =>
  inTenant(store, user.tenantId, trx => readPasswordRules(trx, meansAt(at), user, setting))

/** Every rule that the password fails; none where it would be set. */
async function judge(
  user: User,
  password: string,
  setting: 'change' | 'reset' = 'reset',
  checks = cast.checks,
  at = 0,
) {
  const rules = await rulesOf(user, setting, at)
  const judged = await preparePassword(store, meansAt(at), checks, { rules, newPassword: password })
  return 'refused' in judged ? judged.refused : []
}

async function set(user: User, password: string, at = 0, mustChange = false) {
  const rules = await rulesOf(user, 'reset', at)
  const judged = await preparePassword(store, meansAt(at), cast.checks, {
    rules: { ...rules, former: [] },
    newPassword: password,
  })
  assert.ok('prepared' in judged, JSON.stringify(judged))
  await inTenant(store, acme, trx => setPassword(trx, meansAt(at), user, { ...judged.prepared, mustChange }))
}

const keptFor = async (user: User) => {
  const { rows } = await store.pool.query('select count(*)::int as kept from password_history where user_id = $1', [
    user.id,
  ])
  return rows[0].kept as number
}

test('names of the person and of the organization are refused from four characters on', async () => {
  const user = await cast.person(acme, 'anna.quenneville@acme-rockets.example', {
    displayName: 'Thistle Sparrow',
    givenName: 'Zoë-Ann',
    surname: 'Ōda',
  })
  const other = await cast.tenant('globex.example')
  await inTenant(store, other, trx => addBannedWords(trx, meansAt(), other, ['windmill']))
  const contains = ['password_contains_name']
  const table: [string, readonly string[]][] = [
    ['Marble zoé-ANN Lantern 4', contains],
    ['Marble Anna.Quennevi11e Lantern', contains],
    ['Marble Acme-R0cket$ Lantern', contains],
    // The local part is one name; a short surname and the display name are none.
    ['Marble Quenneville Lantern 4', []],
    ['Marble Oda Lantern 4', []],
    ['Marble Thistle Lantern 4', []],
    // Another organization's words and names hold there alone.
    ['Marble Globex Lantern 4', []],
    ['Windmill-93x', []],
    ['Rockets-acme', []],
    ['Zoë-Ann-2026', contains],
    ['Quenneville1', []],
    ['Zoë-Ann', ['password_too_short', 'password_contains_name']],
    ['acme-rockets', ['password_too_simple', 'password_contains_name']],
  ]
  for (const [password, refused] of table) assert.deepEqual(await judge(user, password), refused, password)
})

test('the organization’s own words hold at once, for changes and resets, and as long as it enforces them', async () => {
  const user = await somebody()
  for (const setting of ['change', 'reset'] as const) assert.deepEqual(await judge(user, 'Zephyrine-#1x', setting), [])
  await inTenant(store, acme, trx => addBannedWords(trx, meansAt(), acme, ['Zephyrine']))
  for (const setting of ['change', 'reset'] as const)
    assert.deepEqual(await judge(user, 'Z3phyrin3-#1', setting), ['password_banned'])
  await protect({ customBannedWordsEnforced: false })
  assert.deepEqual(await judge(user, 'Z3phyrin3-#1'), [])
  await protect({ customBannedWordsEnforced: true })
})

test('as many earlier passwords are kept as the organization asks for, and none of them comes back', async () => {
  const user = await somebody()
  const passwords = Array.from({ length: 5 }, (_, n) => `Kettle & marsh bird ${n}`)
  await set(user, passwords[0]!)
  assert.equal(await keptFor(user), 0, 'without a history nothing is kept')
  assert.deepEqual(await judge(user, passwords[0]!, 'reset'), [], 'and a reset compares with nothing')

  await protect({ passwordHistory: 2 })
  assert.deepEqual(await judge(user, passwords[0]!, 'reset'), ['password_in_history'])
  assert.deepEqual(await judge(user, passwords[0]!, 'change'), ['password_same'])
  for (const [n, password] of passwords.entries()) if (n > 0) await set(user, password, n)
  assert.equal(await keptFor(user), 2)
  for (const setting of ['change', 'reset'] as const)
    assert.deepEqual(await Promise.all(passwords.map(async password => (await judge(user, password, setting))[0])), [
      undefined,
      undefined,
      'password_in_history',
      'password_in_history',
      setting === 'change' ? 'password_same' : 'password_in_history',
    ])

  let verified = 0
  const watched = { ...cast.checks, hasher: watchedHasher(cast.hasher, what => void (what === 'verify' && verified++)) }
  assert.deepEqual(await judge(user, 'Kettle & marsh bird 9', 'reset', watched), [])
  assert.equal(verified, 3, 'the one there is, and two before it')
  const colleague = await somebody()
  assert.deepEqual(await judge(colleague, passwords[4]!), [], 'a history is a person’s own')

  await protect({ passwordHistory: 0 })
  assert.deepEqual(await judge(user, passwords[3]!), [], 'what is kept counts no longer')
  await set(user, passwords[3]!, 9)
  assert.equal(await keptFor(user), 0, 'and goes with the next password')
})

test('a history holds through the journeys themselves', async () => {
  await protect({ passwordHistory: 1 })
  const user = await somebody()
  let second = 0
  // Each change at its own moment: passwords set in one millisecond have no order.
  const change = async (currentPassword: string, newPassword: string) => {
    const means = meansAt(++second * SECOND)
    const session = await cast.session(means, await cast.again(user))
    const asked = { session, currentPassword, newPassword, deviceCookie: undefined }
    return changePassword(store, means, cast.checks, asked)
  }
  assert.equal((await change(PASSWORD, 'Kettle & marsh bird 1')).outcome, 'changed')
  assert.deepEqual(await change('Kettle & marsh bird 1', PASSWORD), {
    outcome: 'refused',
    refusal: refusedPassword(['password_in_history']),
  })
  assert.equal((await change('Kettle & marsh bird 1', 'Kettle & marsh bird 2')).outcome, 'changed')
  assert.equal((await change('Kettle & marsh bird 2', PASSWORD)).outcome, 'changed', 'only one is kept')
  await protect({ passwordHistory: 0 })
})

test('a password stays for its minimum age, unless it has to be changed or is reset', async () => {
  await protect({ passwordMinimumAgeDays: 2, passwordMaximumAgeDays: 90 })
  const user = await somebody()
  const next = 'Kettle & marsh bird 1'
  const table: [number, 'change' | 'reset', readonly string[]][] = [
    [0, 'change', ['password_too_recent']],
    [2 * DAY - 1, 'change', ['password_too_recent']],
    [0, 'reset', []],
    [2 * DAY, 'change', []],
    [90 * DAY, 'change', []],
  ]
  for (const [at, setting, refused] of table)
    assert.deepEqual(await judge(user, next, setting, cast.checks, at), refused, `${setting} after ${at / DAY} days`)
  assert.deepEqual(await judge(user, 'short', 'change'), [
    'password_too_recent',
    'password_too_short',
    'password_too_simple',
  ])
  await set(user, 'Kettle & marsh bird 2', 0, true)
  assert.deepEqual(await judge(user, next, 'change'), [], 'a temporary one')
  await protect({ passwordMinimumAgeDays: 0, passwordMaximumAgeDays: 0 })
})

test('a password that is too old has to be changed at the next sign-in, and may be at once', async () => {
  const user = await somebody()
  const elsewhere = await cast.person(acme, 'elsewhere@acme-rockets.example', { passwordMasteredIn: 'directory' })
  const excepted = await cast.person(acme, 'excepted@acme-rockets.example', {
    passwordPolicies: 'DisablePasswordExpiration',
  })
  const enter = async (one: User, at: number) => {
    const done = await signIn(store, meansAt(at), cast.checks, {
      username: one.userPrincipalName,
      password: PASSWORD,
      deviceCookie: undefined,
      sessionCookie: undefined,
      language: 'en',
    })
    assert.ok(done.outcome === 'signed-in')
    return done.requires
  }
  assert.equal(await enter(user, 400 * DAY), null, 'by default none grows old')
  await protect({ passwordMinimumAgeDays: 29, passwordMaximumAgeDays: 30 })
  assert.equal(await enter(user, 30 * DAY - 1), null)
  assert.equal(await enter(user, 30 * DAY), 'change-password')
  assert.equal(await enter(elsewhere, 30 * DAY), null, 'its directory says when')
  assert.equal(await enter(excepted, 30 * DAY), null, 'an administrator said that it does not')
  const session = await cast.session(meansAt(30 * DAY), user, 'change-password')
  const asked = { session, currentPassword: PASSWORD, newPassword: 'Kettle & marsh bird 1', deviceCookie: undefined }
  const done = await changePassword(store, meansAt(30 * DAY), cast.checks, asked)
  assert.equal(done.outcome, 'changed')
  await protect({ passwordMinimumAgeDays: 0, passwordMaximumAgeDays: 0 })
})
