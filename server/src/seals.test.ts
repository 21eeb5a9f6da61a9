import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Act } from './act.ts'
import { type ChallengeOwner, issueChallenge, judgeNumber } from './challenges/index.ts'
import { type Keyring, keyring, systemRandom } from './crypto/index.ts'
import type { User } from './directory/index.ts'
import { lock } from './limits/index.ts'
import { methodsOf, newSheet, saveCodes, saveMethod } from './methods/index.ts'
import { findRefusals, preparePassword, readPasswordRules, setPassword, verifyPassword } from './passwords/index.ts'
import { changeProtection } from './policies/index.ts'
import { countAllSeals, resealAll, seals } from './runtime/seals.ts'
import { askOne, inTenant } from './store/index.ts'
import { answerTo, meansAt, PASSWORD, SECRET, START, stage } from './testing/people.ts'
import { proveAlone } from './testing/proofs.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
await inTenant(store, acme, trx => changeProtection(trx, acme, { passwordHistory: 3 }))
const QUESTIONS = ['one', 'two', 'three']
const NEWER = 'a newer secret that only tests have: 5d'
const NEXT_PASSWORD = 'Kestrel over marsh 43'

const meansOf = (keys: Keyring): Act => ({ ...meansAt(), now: START, random: systemRandom, keys })
const sealWith = (keys: Keyring) => resealAll(store, meansOf(keys))

async function signIn(name: string, password: string, keys = meansAt().keys) {
  const browserOf = () => ({ sql: sql`null`, read: () => 'familiar' as const })
  const asked = { tenantId: acme, name, password, browserOf }
  return (await verifyPassword(store, meansOf(keys), cast.checks, asked, async () => 'in')).right
}

async function answer(user: User, keys = meansAt().keys) {
  const means = meansOf(keys)
  const owner: ChallengeOwner = { purpose: 'session', sessionId: systemRandom.uuid(START) }
  const { id, questions } = await inTenant(store, acme, async trx => {
    const method = (await askOne(trx, methodsOf(means, user))).find(one => one.kind === 'securityQuestions')!
    const rest = { channel: null, questionsToReset: 3, browser: 'familiar', language: 'en' } as const
    return issueChallenge(trx, means, { owner, user, kind: 'securityQuestions', method, ...rest })
  })
  const answers = questions!.map(question => ({ question, answer: answerTo(question) }))
  const { outcome } = await proveAlone(store, means, cast, {
    user,
    browser: 'familiar',
    owner,
    challengeId: id,
    proof: { answers },
  })
  return outcome
}

/** Makes a sheet of recovery codes. Returns its first ones. */
function makeCodes(user: User): Promise<string[]> {
  const { key, codes } = newSheet(meansAt())
  return inTenant(store, acme, async trx => {
    const sheet = { kind: 'recoveryCode', source: 'person', value: key } as const
    const id = await saveMethod(trx, meansAt(), user, sheet)
    await saveCodes(trx, { tenantId: acme, id }, { key, codes })
    return codes
  })
}

async function giveCode(user: User, code: string, keys: Keyring) {
  const means = meansOf(keys)
  const owner: ChallengeOwner = { purpose: 'session', sessionId: systemRandom.uuid(START) }
  const { id } = await inTenant(store, acme, async trx => {
    const method = (await askOne(trx, methodsOf(means, user))).find(one => one.kind === 'recoveryCode')!
    return issueChallenge(trx, means, {
      ...{ owner, user, kind: 'recoveryCode', method, channel: null, browser: 'familiar', language: 'en' },
    })
  })
  const given = { user, browser: 'familiar', owner, challengeId: id, proof: { code } } as const
  return (await proveAlone(store, means, cast, given)).outcome
}

async function knowsNumber(user: User, keys: Keyring) {
  const means = meansOf(keys)
  const recorded = await inTenant(store, acme, trx => askOne(trx, methodsOf(means, user)))
  const method = recorded.find(one => one.kind === 'mobilePhone')!
  return judgeNumber(means, method, acme, '+12065550110').outcome
}

const somebody = (name: string) =>
  cast.person(acme, name, { registered: { mobilePhone: '+12065550110', questions: QUESTIONS } })

/** Another password for a person, whose first one stays as history. */
async function changePassword(user: User) {
  const means = meansAt()
  const rules = await inTenant(store, acme, trx => readPasswordRules(trx, means, user, 'reset'))
  const judged = await preparePassword(store, means, cast.checks, { rules, newPassword: NEXT_PASSWORD })
  assert.ok('prepared' in judged)
  await inTenant(store, acme, trx => setPassword(trx, means, user, { ...judged.prepared, mustChange: false }))
}

/** The rows as an older version left them. */
async function unseal(user: User) {
  const { keys } = meansAt()
  const places = [
    ['passwords', 'hash', 'hash_sealed', 'password', () => user.id],
    ['password_history', 'hash', 'hash_sealed', 'former-password', (row: { id: string }) => row.id],
    [
      'security_answers',
      'answer_hash',
      'answer_sealed',
      'answer',
      (row: { question: string }) => `${user.id} ${row.question}`,
    ],
  ] as const
  for (const [table, plain, sealed, purpose, idOf] of places) {
    const { rows } = await store.pool.query(`select * from ${table} where user_id = $1`, [user.id])
    assert.ok(rows.length > 0)
    for (const row of rows) {
      const hash = keys.open({ purpose, tenantId: acme, rowId: idOf(row) }, row[sealed])
      await store.pool.query(`update ${table} set ${plain} = $1, ${sealed} = null where ${sealed} = $2`, [
        hash,
        row[sealed],
      ])
    }
  }
}

async function readDump(): Promise<string> {
  const { rows } = await store.pool.query("select tablename from pg_tables where schemaname = 'latchkey'")
  const texts = rows.map(({ tablename }) => store.pool.query(`select t::text as text from latchkey.${tablename} t`))
  return (await Promise.all(texts)).flatMap(({ rows }) => rows.map(({ text }) => text)).join('\n')
}

test('every sealed column is sealed anew when the secrets change', async () => {
  const { rows } = await store.pool.query(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = 'latchkey' and column_name like '%_sealed' order by 1`,
  )
  const listed = seals.map(({ table, column }) => `${table}.${column}`).sort()
  assert.deepEqual(listed, rows.map(({ name }) => name).sort())
})

test('a copy of the database without its secrets holds nothing to guess passwords or answers by', async () => {
  const user = await somebody('dumped@acme.example')
  await changePassword(user)
  const now = await cast.again(user)
  assert.doesNotMatch(await readDump(), /p=1\$[\w+/]{20}/)
  await unseal(user)
  assert.match(await readDump(), /p=1\$[\w+/]{20}/)
  assert.ok((await countAllSeals(store, meansAt().keys)).plain >= 5)

  // What an older version left in the clear holds until the job has sealed it, and afterwards.
  const holds = async () => {
    assert.equal(await signIn('dumped@acme.example', NEXT_PASSWORD), true)
    assert.equal(await signIn('dumped@acme.example', 'Another one 3'), false)
    assert.equal(await answer(now), 'accepted')
    const rules = await inTenant(store, acme, trx => readPasswordRules(trx, meansAt(), now, 'reset'))
    assert.deepEqual(findRefusals(cast.checks, rules, PASSWORD), [])
    const again = await preparePassword(store, meansAt(), cast.checks, { rules, newPassword: PASSWORD })
    assert.deepEqual(again, { refused: ['password_in_history'] })
  }
  await holds()
  await sealWith(meansAt().keys)
  await holds()
  assert.doesNotMatch(await readDump(), /p=1\$[\w+/]{20}/)
  assert.equal((await countAllSeals(store, meansAt().keys)).plain, 0)
})

test('lesson 31: an older secret can go once it seals nothing, also when the job was ended midway', async () => {
  const users = []
  for (let n = 0; n < 3; n++) users.push(await somebody(`rotated${n}@acme.example`))
  const rotated = keyring([NEWER, SECRET])
  const before = await countAllSeals(store, rotated)
  assert.deepEqual([before.secrets[0], before.unknown, before.plain], [0, 0, 0])
  assert.ok(before.secrets[1]! > 10)
  assert.equal((await countAllSeals(store, keyring([NEWER]))).unknown, before.secrets[1])

  let left = 4
  const ended: Keyring = {
    ...rotated,
    seal: (place, plain) => {
      if (left-- === 0) throw new Error('ended')
      return rotated.seal(place, plain)
    },
  }
  await assert.rejects(sealWith(ended), /ended/)
  for (const user of users) assert.equal(await signIn(user.userPrincipalName, PASSWORD, rotated), true)

  await sealWith(rotated)
  const after = await countAllSeals(store, rotated)
  assert.deepEqual(after, { secrets: [before.secrets[0]! + before.secrets[1]!, 0], unknown: 0, plain: 0 })
  const alone = keyring([NEWER])
  for (const user of users) {
    assert.equal(await signIn(user.userPrincipalName, PASSWORD, alone), true)
    assert.equal(await answer(user, alone), 'accepted')
    assert.equal(await knowsNumber(user, alone), 'known')
  }
  await assert.rejects(signIn(users[0]!.userPrincipalName, PASSWORD, keyring([SECRET])), /LATCHKEY_SECRETS/)
})

test('lesson 31: a recovery code holds while secrets change, and after the older one has gone', async () => {
  const user = await somebody('with-codes@acme.example')
  const codes = await makeCodes(user)
  const rotated = keyring([NEWER, SECRET])
  assert.equal(await giveCode(user, codes[0]!, rotated), 'accepted')
  await sealWith(rotated)
  const alone = keyring([NEWER])
  assert.equal(await giveCode(user, codes[1]!, alone), 'accepted')
  assert.equal(await giveCode(user, codes[0]!, alone), 'incorrect')
})

test('lesson 31: a password that was reported opens nothing again when the secret of its lock goes', async () => {
  const rotated = keyring([NEWER, SECRET])
  const reported = await Promise.all(['one', 'two'].map(name => somebody(`reported-${name}@acme.example`)))
  const other = await somebody('not-reported@acme.example')
  const lockUnder = (user: User, keys: Keyring) =>
    inTenant(store, acme, trx => lock(trx, meansOf(keys), acme, user.userPrincipalName))
  for (const user of reported) await lockUnder(user, meansAt().keys)
  await lockUnder(reported[1]!, rotated) // once more, under the newer one
  await sealWith(rotated)
  const alone = keyring([NEWER])
  for (const user of reported) assert.equal(await signIn(user.userPrincipalName, PASSWORD, alone), false)
  assert.equal(await signIn(other.userPrincipalName, PASSWORD, alone), true)
})

test('what was altered stays as it is, is told of, and keeps nothing else from being sealed', async () => {
  const broken = await somebody('broken@acme.example')
  const whole = await somebody('whole@acme.example')
  const again = keyring([`${NEWER} again`, NEWER, SECRET])
  await store.pool.query("update passwords set hash_sealed = hash_sealed || '\\x00' where user_id = $1", [broken.id])
  await assert.rejects(sealWith(again))
  assert.equal((await countAllSeals(store, again)).secrets[2], 1)
  assert.equal(await signIn(whole.userPrincipalName, PASSWORD, keyring([`${NEWER} again`])), true)
})
