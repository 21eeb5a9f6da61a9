import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inTenant, type Trx } from '../store/index.ts'
import { testDatabase } from '../testing/database.ts'
import { castIn, meansAt } from '../testing/people.ts'
import {
  addMember,
  addPolicy,
  assignRole,
  changeDefaultPolicy,
  createGroup,
  createTenant,
  createUser,
  DirectoryError,
  defaultSettings,
  findAccount,
  findHelpers,
  findOtherAdministrators,
  findTenantId,
  findUserByName,
  getRole,
  listPolicies,
  listTenants,
  listUsers,
  NOBODYS_TENANT,
  nobody,
  type ResetPolicySettings,
  readName,
  roles,
  type User,
} from './index.ts'
import { checkUserPrincipalName } from './names.ts'
import { checkSettings } from './policies.ts'
import { questionIds } from './questions.ts'
import { isAdministrator } from './roles.ts'

const store = await testDatabase()
const cast = await castIn(store)
const means = meansAt()
/** What fits this person; for nobody in particular where there is none. */
const policyOf = async (trx: Trx, tenantId: string, user: User | undefined) =>
  (await findAccount(trx, tenantId, { id: (user ?? nobody(tenantId)).id })).policy
const code = (expected: string) => (error: unknown) => error instanceof DirectoryError && error.code === expected

test('a user principal name has the letters and lengths of §4.1', () => {
  const local = (length: number) => 'a'.repeat(length)
  const good = [
    'person@acme.example',
    "o'neil.first-last_2!#^~@acme.example",
    'PERSON@ACME.Example',
    '.person@acme.example',
    `${local(64)}@acme.example`,
    `a@${'b'.repeat(40)}.example`,
  ]
  const bad = [
    '',
    'person',
    '@acme.example',
    'person@',
    'person@acme',
    'person.@acme.example',
    'per son@acme.example',
    'person@person@acme.example',
    'person+tag@acme.example',
    'person%acme.example@mail.example',
    'pérson@acme.example',
    'person\u0000@acme.example',
    'person@acme.example\n',
    'person@-acme.example',
    'person@acme-.example',
    'person@acme..example',
    'person@acme.example.',
    `${local(65)}@acme.example`,
    `a@${'b'.repeat(41)}.example`,
  ]
  for (const name of good) checkUserPrincipalName(name)
  for (const name of bad) assert.throws(() => checkUserPrincipalName(name), code('user_principal_name_invalid'), name)
})

test('lesson 33: a look-alike of a name is another name; case, width, outer spaces and what is not drawn make none', async () => {
  const tenantId = await cast.tenant('names.acme.example')
  const user = await cast.person(tenantId, 'Kim.Iris@names.acme.example', { password: false })
  const find = async (typed: string) => {
    const name = readName(typed)
    const found = await findTenantId(store, name.domain)
    return (await inTenant(store, found, trx => findUserByName(trx, found, name.folded)))?.id
  }
  for (const same of [
    'kim.iris@names.acme.example',
    '  KIM.IRIS@NAMES.ACME.EXAMPLE\t',
    'ｋim.iris@names.acme.example',
    'kim.iris＠ｎames.acme.example',
    'ＫＩＭ．ＩＲＩＳ＠ＮＡＭＥＳ．ＡＣＭＥ．ＥＸＡＭＰＬＥ',
    'kim.iris@names。acme｡example',
    'kim.iris\u200b@names.acme.example',
    '\u2068kim.iris@names.acme.example\u2069',
    'kim.iris@names.acme.example\u200e',
  ])
    assert.equal(await find(same), user.id, same)
  const alike = [
    '\u212aim.iris@names.acme.example', // Kelvin sign
    'кim.iris@names.acme.example', // Cyrillic
    'kım.iris@names.acme.example', // without its dot
    'kİm.iris@names.acme.example',
    'kim.irıs@names.acme.example',
    'kim.iri\u017f@names.acme.example', // long s
    'kim.iris@names.a\u0441me.example',
    'kim.iris@names.acme.example.',
  ]
  for (const typed of alike) assert.equal(await find(typed), undefined, typed)
})

test('a name that no domain can have leads to nobody, whatever stands in it', async () => {
  for (const domain of ['', 'unknown.example', 'a\u0000b.example', '\ud800.example', "x' or '1'='1", 'a'.repeat(5_000)])
    assert.equal(await findTenantId(store, domain), NOBODYS_TENANT, JSON.stringify(domain.slice(0, 20)))
})

test('a domain belongs to one tenant, and a name to one user', async () => {
  const first = await cast.tenant('one.acme.example')
  const make = (domain: string) => {
    const id = means.random.uuid(means.now)
    return inTenant(store, id, trx => createTenant(trx, means, id, { displayName: 'Second', domain }))
  }
  await assert.rejects(make('one.acme.example'), code('domain_taken'))
  await assert.rejects(make('ONE.acme.EXAMPLE'), code('domain_taken'))
  await assert.rejects(make('no domain'), code('domain_invalid'))
  assert.equal((await listTenants(store)).filter(tenant => tenant.displayName === 'Second').length, 0)

  const add = (name: string) =>
    inTenant(store, first, trx => createUser(trx, means, first, { userPrincipalName: name, displayName: 'P' }))
  const user = await add('Person@one.acme.example')
  assert.equal(user.userPrincipalName, 'Person@one.acme.example')
  await assert.rejects(add('pERSON@one.acme.example'), code('user_exists'))
  await assert.rejects(add('person@two.acme.example'), code('domain_invalid'))
  await assert.rejects(add('person@names.acme.example'), code('domain_invalid'))
  assert.equal((await inTenant(store, first, trx => listUsers(trx, first))).length, 1)
})

test('a name that breaks out of its line is refused, whose ever it is', async () => {
  for (const name of ['A\r\nBcc: b@c.example', 'A\u001b[2J', 'A\u0000', 'A\u2028B', 'A\u0085B', ' ', 'a'.repeat(257)]) {
    const tenantId = means.random.uuid(means.now)
    const tenant = { displayName: name, domain: 'lines.example' }
    await assert.rejects(
      inTenant(store, tenantId, trx => createTenant(trx, means, tenantId, tenant)),
      code('text_invalid'),
      name,
    )
  }
})

test('settings out of range, or at odds with one another, are refused and change nothing', async () => {
  const ask = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `q${n}`, text: `Question ${n}?` }))
  const bad: Record<string, Partial<Record<keyof ResetPolicySettings, unknown>>> = {
    gates: { gates: 3 },
    'gates as text': { gates: '1' },
    'no gate': { gates: 0 },
    methods: { methods: [] },
    'two gates and one method': { gates: 2, methods: ['email'] },
    'a method twice': { methods: ['email', 'email'] },
    'an unknown method': { methods: ['passkey?'] },
    'too few to register': { questionsToRegister: 2 },
    'too many to register': { questionsToRegister: 6 },
    'half a question': { questionsToReset: 3.5 },
    'more to reset than registered': { questionsToRegister: 3, questionsToReset: 4 },
    'a question of no known id': { questions: [{ id: 'first-concert' }, { id: 'first-kiss' }] },
    'too many questions': { questions: ask(21) },
    'a question too short': { questions: [{ id: 'own', text: 'ab' }] },
    'a question too long': { questions: [{ id: 'own', text: 'a'.repeat(201) }] },
    'fewer questions than to register': { methods: ['securityQuestions'], questions: ask(4) },
    'a question twice': { methods: ['securityQuestions'], questions: [...ask(5), { id: 'q0', text: 'Again?' }] },
    'the app alone': { methods: ['authenticatorCode'] },
    'the app and one for two gates': { gates: 2, methods: ['authenticatorCode', 'email'] },
    'a negative age': { reconfirmAfterDays: -1 },
    'an age beyond two years': { reconfirmAfterDays: 731 },
    'a script for a help desk': { helpdesk: 'javascript:alert(1)' },
    'two lines': { helpdesk: 'help@acme.example\nbcc:other' },
  }
  for (const [what, changes] of Object.entries(bad))
    assert.throws(() => checkSettings({ ...defaultSettings, ...changes }), code('policy_invalid'), what)
  assert.throws(() => checkSettings({ ...defaultSettings, unknown: true }), code('policy_invalid'))
  assert.throws(() => checkSettings({}), code('policy_invalid'))

  const good: Partial<ResetPolicySettings>[] = [
    { reconfirmAfterDays: 0 },
    { reconfirmAfterDays: 730 },
    { questionsToRegister: 3, questionsToReset: 3, methods: ['securityQuestions'], questions: ask(20) },
    { methods: ['securityQuestions'], questions: questionIds.slice(0, 20).map(id => ({ id })) },
    { gates: 2, methods: ['authenticatorCode', 'email', 'mobilePhone'] },
    { gates: 2, methods: ['officePhone', 'email'] },
    { methods: ['authenticatorCode', 'email'] },
    { helpdesk: 'https://help.acme.example/?a=b' },
    { helpdesk: 'help@acme.example' },
  ]
  for (const changes of good) checkSettings({ ...defaultSettings, ...changes })

  const tenantId = await cast.tenant('settings.acme.example', { enabled: true, gates: 2 })
  const change = (changes: object) =>
    inTenant(store, tenantId, trx => changeDefaultPolicy(trx, means, tenantId, changes))
  await assert.rejects(change({ gates: 3 }), code('policy_invalid'))
  const [policy] = await inTenant(store, tenantId, trx => listPolicies(trx, tenantId))
  assert.deepEqual(policy?.settings, { ...defaultSettings, enabled: true, gates: 2 })
  assert.equal((await change({ notifyUsers: false })).gates, 2)
})

test('the questions that a policy can name are those that have words', () => {
  const file = new URL('../../../locales/en/questions.json', import.meta.url)
  assert.deepEqual([...questionIds].sort(), Object.keys(JSON.parse(readFileSync(file, 'utf8'))).sort())
})

test('the first policy in order that fits is a user’s, through groups of groups and circles of them', async () => {
  const tenantId = await cast.tenant('policies.acme.example')
  const inside = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(store, tenantId, work)
  const group = (name: string) => inside(trx => createGroup(trx, means, tenantId, name))
  const add = (to: string, kind: 'user' | 'group', id: string) =>
    inside(trx => addMember(trx, tenantId, to, { kind, id }))
  const policy = (
    priority: number,
    includedGroups: string[],
    excludedGroups: string[],
    settings: Partial<ResetPolicySettings> = {},
  ) =>
    inside(trx =>
      addPolicy(trx, means, tenantId, {
        displayName: `${priority}`,
        priority,
        includedGroups,
        excludedGroups,
        settings: { ...defaultSettings, enabled: true, ...settings },
      }),
    )
  const person = (name: string) => cast.person(tenantId, `${name}@policies.acme.example`, { password: false })
  const priorityOf = async (user: User | undefined) => {
    const found = await inside(trx => policyOf(trx, tenantId, user))
    const all = await inside(trx => listPolicies(trx, tenantId))
    const one = all.find(({ id }) => id === found.id)
    return one?.isDefault ? 'default' : one?.priority
  }

  const [outside, direct, nested, deep, both] = await Promise.all(
    ['outside', 'direct', 'nested', 'deep', 'both'].map(person),
  )
  const [staff, team, crew, excluded] = await Promise.all(['staff', 'team', 'crew', 'excluded'].map(group))
  assert.equal(await priorityOf(direct), 'default')

  await add(staff!, 'user', direct!.id)
  await add(staff!, 'user', direct!.id)
  await add(staff!, 'group', team!)
  await add(team!, 'user', nested!.id)
  await add(team!, 'group', crew!)
  await add(crew!, 'user', deep!.id)
  await add(crew!, 'user', both!.id)
  await add(crew!, 'group', staff!) // a circle
  await add(excluded!, 'user', both!.id)
  const twenty = await policy(20, [staff!], [excluded!])
  for (const user of [direct, nested, deep]) assert.equal(await priorityOf(user), 20, user!.userPrincipalName)
  for (const user of [outside, both]) assert.equal(await priorityOf(user), 'default', user!.userPrincipalName)

  // An unknown name reads like somebody who may reset and has not registered.
  assert.equal(await priorityOf(undefined), 20)
  const found = await inside(trx => policyOf(trx, tenantId, outside))
  assert.deepEqual([found.settings.enabled, found.enabledForSome, found.administrator], [false, true, false])

  await policy(10, [excluded!], [], { gates: 2 })
  assert.equal(await priorityOf(both), 10)
  assert.equal(await priorityOf(direct), 20)
  await policy(5, [], [team!])
  assert.deepEqual(
    await Promise.all([outside, direct, nested, deep, both].map(priorityOf)),
    // Through the circle, everybody in staff is in crew and so in team.
    [5, 20, 20, 20, 10],
  )
  assert.equal(typeof twenty, 'string')
  // Another tenant's group of the same id says nothing here.
  const elsewhere = await cast.tenant('elsewhere.acme.example')
  await inTenant(store, elsewhere, async trx => {
    const theirs = await createGroup(trx, means, elsewhere, 'excluded')
    await addMember(trx, elsewhere, theirs, { kind: 'user', id: direct!.id })
  })
  assert.equal(await priorityOf(direct), 20)
})

test('the empty tenant lets nobody reset, and refuses like one where nobody is registered', async () => {
  const policy = await inTenant(store, NOBODYS_TENANT, trx => policyOf(trx, NOBODYS_TENANT, undefined))
  assert.deepEqual([policy.settings.enabled, policy.enabledForSome], [true, false])
})

test('administrators have their own fixed rules, whatever the tenant says', async () => {
  const tenantId = await cast.tenant('administrators.acme.example', {
    enabled: false,
    gates: 1,
    methods: ['securityQuestions'],
    questions: questionIds.slice(0, 5).map(id => ({ id })),
    prefilledDataCounts: true,
  })
  const holding = async (role: (typeof roles)[number]) => {
    const user = await cast.person(tenantId, `${role.replaceAll(' ', '-').toLowerCase()}@administrators.acme.example`, {
      password: false,
      roles: [role],
    })
    return inTenant(store, tenantId, trx => policyOf(trx, tenantId, user))
  }
  let administrators = 0
  for (const role of roles) {
    const { settings, administrator } = await holding(role)
    assert.equal(administrator, isAdministrator({ roles: [role] }), role)
    if (!administrator) {
      assert.equal(settings.enabled, false, role)
      continue
    }
    administrators++
    const { enabled, gates, methods, prefilledDataCounts } = settings
    assert.deepEqual([enabled, gates, prefilledDataCounts], [true, 2, false], role)
    // Neither answers, nor the office phone: a colleague fills it in, and nobody proves it.
    assert.deepEqual(methods, ['mobilePhone', 'email', 'authenticatorCode'], role)
  }
  assert.equal(administrators, 27, 'the roles of §2.9')
  for (const role of ['Global Reader', 'Directory Readers', 'Guest Inviter', 'Reports Reader'] as const)
    assert.equal(isAdministrator({ roles: [role] }), false, role)
  assert.ok(isAdministrator({ roles: ['Directory Readers', 'Billing Administrator'] }))
  assert.equal(getRole('global administrator'), 'Global Administrator')
  assert.throws(() => getRole('Emperor'), code('role_unknown'))
})

test('help is asked of the first level of roles that has somebody enabled, of a hundred people at most', async () => {
  const tenantId = await cast.tenant('helpers.acme.example')
  const name = (local: string) => `${local}@helpers.acme.example`
  const asked = async () =>
    (await inTenant(store, tenantId, trx => findHelpers(trx, tenantId))).map(({ mail }) => mail).sort()
  assert.deepEqual(await asked(), [])
  const add = (local: string, role: (typeof roles)[number], more: object = {}) =>
    cast.person(tenantId, name(local), { password: false, roles: [role], ...more })

  await add('reader', 'Global Reader')
  assert.deepEqual(await asked(), [])
  const global = await add('global', 'Global Administrator', { mail: 'global@mail.example' })
  assert.deepEqual(await asked(), ['global@mail.example'])
  await add('people', 'User Administrator')
  assert.deepEqual(await asked(), [name('people')])
  await add('off', 'Helpdesk Administrator', { accountEnabled: false })
  assert.deepEqual(await asked(), [name('people')])
  const desk = await add('desk', 'Helpdesk Administrator')
  await add('passwords', 'Password Administrator')
  await inTenant(store, tenantId, trx => assignRole(trx, means, tenantId, desk.id, 'Password Administrator'))
  assert.deepEqual(await asked(), [name('desk'), name('passwords')], 'nobody twice')

  await add('global2', 'Global Administrator')
  await add('global3', 'Global Administrator', { accountEnabled: false })
  const others = await inTenant(store, tenantId, trx => findOtherAdministrators(trx, tenantId, global.id))
  assert.deepEqual(
    others.map(({ mail }) => mail),
    [name('global2')],
  )

  await inTenant(store, tenantId, async trx => {
    for (let n = 0; n < 105; n++) {
      const { id } = await createUser(trx, means, tenantId, {
        userPrincipalName: name(`many${n}`),
        displayName: 'One of many',
      })
      await assignRole(trx, means, tenantId, id, 'Password Administrator')
    }
  })
  assert.equal((await asked()).length, 100)
})
