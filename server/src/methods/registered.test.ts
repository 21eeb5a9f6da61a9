import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createHasher, keyring, type Means, systemRandom } from '../crypto/index.ts'
import {
  assignRole,
  createTenant,
  createUser,
  findPerson,
  type Person,
  readPerson,
  setContactInfo,
  type User,
} from '../directory/index.ts'
import { signInPolicy } from '../policies/index.ts'
import { actorOf, type Session } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { testDatabase } from '../testing/database.ts'
import { newKey, prepareAnswers, saveAnswers, saveMethod } from './index.ts'
import { type Registered, readRegistered } from './registered.ts'

const means: Means = {
  now: new Date(),
  random: systemRandom,
  keys: keyring(['a secret that only tests have: 7d2e9b40']),
}
const acme = systemRandom.uuid(means.now)
const globex = systemRandom.uuid(means.now)
const appKey = newKey()
const importedKey = newKey()
const hashes: string[] = []

const store = await testDatabase()
let person: User
let colleague: User
let administrator: User
let stranger: User

before(async () => {
  const hasher = await createHasher({ atOnce: 2, waiting: 10 })
  const questions = ['first-dish', 'first-sea', 'own'].map(id =>
    id === 'own' ? { id, text: 'Whose rocket?' } : { id },
  )
  const answers = await prepareAnswers(
    hasher,
    { questions, questionsToRegister: 3 },
    questions.map(({ id }, place) => ({ question: id, answer: `secret answer ${place}` })),
  )
  hashes.push(...answers.rows.map(row => row.hash))
  await inTenant(store, acme, async trx => {
    await createTenant(trx, means, acme, { displayName: 'Acme', domain: 'acme.example' })
    const add = (name: string) =>
      createUser(trx, means, acme, { userPrincipalName: `${name}@acme.example`, displayName: 'Some Person' })
    person = await add('person')
    colleague = await add('colleague')
    administrator = await add('administrator')
    await assignRole(trx, means, administrator.id, 'Global Administrator')
    const save = (kind: Parameters<typeof saveMethod>[3]['kind'], source: 'person' | 'administrator', value: string) =>
      saveMethod(trx, means, person, { kind, source, value })
    const fill = (kind: 'mobilePhone' | 'email' | 'officePhone', value: string) =>
      setContactInfo(trx, means, person, { kind, setBy: 'administrator', value })
    await save('mobilePhone', 'person', '+12065550110')
    await fill('mobilePhone', '+46701740605')
    await save('email', 'person', 'own@mail.example')
    await fill('email', 'published@mail.example')
    await fill('officePhone', '+12065550111')
    await save('authenticatorCode', 'person', appKey)
    await save('authenticatorCode', 'administrator', importedKey)
    await saveMethod(trx, means, person, { kind: 'securityQuestions', source: 'person', value: null })
    await saveAnswers(trx, means, person, answers)
    // As a session's user carries it; `createUser` had answered before the role was given.
    administrator = { ...administrator, roles: ['Global Administrator'] }
  })
  await inTenant(store, globex, async trx => {
    await createTenant(trx, means, globex, { displayName: 'Globex', domain: 'globex.example' })
    stranger = await createUser(trx, means, globex, { userPrincipalName: 'stranger@globex.example', displayName: 'S' })
  })
})

/** As the session of this user acts. */
const by = (user: User) =>
  actorOf({
    user,
    signedInBy: 'password',
    passwordAt: means.now,
    provedAt: means.now,
    proofs: [],
    policy: signInPolicy.defaults,
  } as unknown as Session)

/** All that one person may see of another: their entry in the directory, and what they registered. */
type Seen = Person & Registered

const read = (actor: User, userId = person.id, tenantId = actor.tenantId): Promise<Seen | undefined> =>
  inTenant(store, tenantId, async trx => {
    const user = await findPerson(trx, by(actor), userId)
    if (!user) return undefined
    const [entry, registered] = await Promise.all([
      readPerson(trx, means, by(actor), user),
      readRegistered(trx, means, by(actor), user),
    ])
    return entry && { ...entry, ...registered }
  })

const profile = ['id', 'userPrincipalName', 'displayName', 'givenName', 'surname', 'mail', 'preferredLanguage']
const contactInfo = ['mobilePhone', 'officePhone', 'alternateEmail']
const own = [
  'authenticationPhone',
  'authenticationOfficePhone',
  'authenticationEmail',
  'versions',
  'authenticatorApp',
  'passkeys',
  'recoveryCodes',
  'questions',
]

/** Fails where a secret is in the result. */
function refuseSecrets(found: Seen | undefined) {
  const text = JSON.stringify(found ?? null)
  for (const secret of [appKey, importedKey, ...hashes, 'secret answer', '$argon2', 'sealed', 'value'])
    assert.equal(text.includes(secret), false, `${secret.slice(0, 12)} was shown`)
}

test('oneself: every cell but answers, keys and hashes', async () => {
  const found = await read(person)
  assert.deepEqual(Object.keys(found ?? {}).sort(), [...profile, ...contactInfo, ...own].sort())
  assert.equal(found?.authenticationPhone, '+1 2065550110')
  assert.equal(found?.authenticationEmail, 'own@mail.example')
  assert.equal(found?.mobilePhone, '+46 701740605')
  assert.equal(found?.officePhone, '+1 2065550111')
  assert.equal(found?.alternateEmail, 'published@mail.example')
  assert.match(found?.authenticatorApp ?? '', /^[0-9a-f-]{36}$/)
  assert.deepEqual(found?.questions, [
    { id: 'first-dish', text: null },
    { id: 'first-sea', text: null },
    { id: 'own', text: 'Whose rocket?' },
  ])
  refuseSecrets(found)
})

test('a colleague, administrator or not: contact info, and no trace of what the person registered', async () => {
  for (const actor of [colleague, administrator]) {
    const found = await read(actor)
    assert.deepEqual(Object.keys(found ?? {}).sort(), [...profile, ...contactInfo].sort())
    assert.equal(found?.mobilePhone, '+46 701740605')
    assert.equal(found?.alternateEmail, 'published@mail.example')
    const text = JSON.stringify(found)
    assert.equal(text.includes('own@mail.example'), false)
    assert.equal(text.replace(/\D/g, '').includes('12065550110'), false)
    refuseSecrets(found)
  }
})

test('what nobody filled in is null, and what is not allowed is absent', async () => {
  const mine = await read(colleague, colleague.id)
  for (const key of [
    ...contactInfo,
    'authenticationPhone',
    'authenticationOfficePhone',
    'authenticationEmail',
    'versions',
    'authenticatorApp',
    'recoveryCodes',
  ] as const)
    assert.equal(mine?.[key as keyof Seen], null, key)
  assert.deepEqual([mine?.questions, mine?.passkeys], [[], []])
  const theirs = await read(person, colleague.id)
  assert.deepEqual(Object.keys(theirs ?? {}).sort(), [...profile, ...contactInfo].sort())
})

test('what the person registered never stands in for contact info that nobody filled in', async () => {
  await inTenant(store, acme, trx =>
    saveMethod(trx, means, colleague, { kind: 'mobilePhone', source: 'person', value: '+12065550120' }),
  )
  assert.equal((await read(person, colleague.id))?.mobilePhone, null)
  assert.equal((await read(colleague, colleague.id))?.authenticationPhone, '+1 2065550120')
})

test('somebody of another tenant learns nothing, not even inside the other tenant’s transaction', async () => {
  assert.equal(await read(stranger), undefined)
  assert.equal(await read(stranger, person.id, acme), undefined)
  assert.equal(await read(person, stranger.id), undefined)
  for (const named of [person.id, person.userPrincipalName])
    assert.equal(await inTenant(store, globex, trx => findPerson(trx, by(stranger), named)), undefined)
})

test('people are found by id or by name, in any case; what is neither is nobody', async () => {
  const find = async (named: string) => (await inTenant(store, acme, trx => findPerson(trx, by(colleague), named)))?.id
  for (const named of [person.id, person.id.toUpperCase(), 'person@acme.example', 'PERSON@Acme.example'])
    assert.equal(await find(named), person.id, named)
  for (const named of [
    '',
    'person',
    "' or 1=1 --",
    '../me',
    'nobody@acme.example',
    '\0@acme.example',
    means.random.uuid(means.now),
  ])
    assert.equal(await find(named), undefined, JSON.stringify(named))
})
