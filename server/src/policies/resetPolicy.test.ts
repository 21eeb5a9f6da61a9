import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isAdministrator, roles } from '../access/index.ts'
import {
  addMember,
  createGroup,
  createUser,
  findAccount,
  getRole,
  NOBODYS_TENANT,
  nobody,
  type User,
} from '../directory/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import {
  addPolicy,
  changeDefaultPolicy,
  listPolicies,
  PolicyError,
  type ResetPolicySettings,
  resetPolicy,
} from './index.ts'
import { questionIds } from './questions.ts'
import { checkSettings } from './settings.ts'

const { store, cast } = await stage()
const means = meansAt()
/** What fits this person; for nobody in particular where there is none. */
const policyOf = async (trx: Trx, tenantId: string, user: User | undefined) =>
  (await findAccount(trx, { id: (user ?? nobody(tenantId)).id })).policy
const code = (expected: string) => (error: unknown) => error instanceof PolicyError && error.code === expected

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
    'recovery codes alone': { methods: ['recoveryCode'] },
    'recovery codes and one for two gates': { gates: 2, methods: ['email', 'recoveryCode'] },
    'a negative age': { reconfirmAfterDays: -1 },
    'an age beyond two years': { reconfirmAfterDays: 731 },
    'a script for a help desk': { helpdesk: 'javascript:alert(1)' },
    'two lines': { helpdesk: 'help@acme.example\nbcc:other' },
  }
  for (const [what, changes] of Object.entries(bad))
    assert.throws(
      () => checkSettings(resetPolicy, { ...resetPolicy.defaults, ...changes }),
      code('policy_invalid'),
      what,
    )
  assert.throws(() => checkSettings(resetPolicy, { ...resetPolicy.defaults, unknown: true }), code('policy_invalid'))
  assert.throws(() => checkSettings(resetPolicy, {}), code('policy_invalid'))

  const good: Partial<ResetPolicySettings>[] = [
    { reconfirmAfterDays: 0 },
    { reconfirmAfterDays: 730 },
    { questionsToRegister: 3, questionsToReset: 3, methods: ['securityQuestions'], questions: ask(20) },
    { methods: ['securityQuestions'], questions: questionIds.slice(0, 20).map(id => ({ id })) },
    { gates: 2, methods: ['authenticatorCode', 'email', 'mobilePhone'] },
    { gates: 2, methods: ['officePhone', 'email'] },
    { methods: ['authenticatorCode', 'email'] },
    { methods: ['authenticatorCode', 'recoveryCode'] },
    { gates: 2, methods: ['mobilePhone', 'email', 'recoveryCode'] },
    { helpdesk: 'https://help.acme.example/?a=b' },
    { helpdesk: 'help@acme.example' },
  ]
  for (const changes of good) checkSettings(resetPolicy, { ...resetPolicy.defaults, ...changes })

  const tenantId = await cast.tenant('settings.acme.example', { enabled: true, gates: 2 })
  const change = (changes: object) =>
    inTenant(store, tenantId, trx => changeDefaultPolicy(trx, means, tenantId, changes))
  await assert.rejects(change({ gates: 3 }), code('policy_invalid'))
  const [policy] = await inTenant(store, tenantId, trx => listPolicies(trx, tenantId))
  assert.deepEqual(policy?.settings, { ...resetPolicy.defaults, enabled: true, gates: 2 })
  assert.equal((await change({ notifyUsers: false })).gates, 2)
})

test('the questions that a policy can name are those that have words', () => {
  const file = new URL('../../../locales/en/questions.json', import.meta.url)
  assert.deepEqual([...questionIds].sort(), Object.keys(JSON.parse(readFileSync(file, 'utf8'))).sort())
})

test('the first policy in order that fits is a user’s, through groups of groups and circles of them', async () => {
  const tenantId = await cast.tenant('policies.acme.example')
  const inside = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(store, tenantId, work)
  const group = (name: string) => inside(trx => createGroup(trx, means, tenantId, { displayName: name }))
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
        settings: { ...resetPolicy.defaults, enabled: true, ...settings },
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
  // Another tenant's user and group of the same ids say nothing here.
  const elsewhere = await cast.tenant('elsewhere.acme.example')
  await inTenant(store, elsewhere, async trx => {
    const alike = { ...means, random: { ...means.random, uuid: () => direct!.id } }
    const userPrincipalName = 'alike@elsewhere.acme.example'
    await createUser(trx, alike, elsewhere, { displayName: 'Alike', userPrincipalName })
    const theirs = await createGroup(trx, means, elsewhere, { displayName: 'excluded' })
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
    assert.deepEqual(methods, ['passkey', 'mobilePhone', 'email', 'authenticatorCode', 'recoveryCode'], role)
  }
  assert.equal(administrators, 33, 'the 27 roles of §2.9, and six more that may write something')
  for (const role of ['Global Reader', 'Directory Readers', 'Guest Inviter', 'Reports Reader'] as const)
    assert.equal(isAdministrator({ roles: [role] }), false, role)
  assert.ok(isAdministrator({ roles: ['Directory Readers', 'Billing Administrator'] }))
  assert.equal(getRole('global administrator'), 'Global Administrator')
  assert.throws(() => getRole('Emperor'), { name: 'DirectoryError', code: 'role_unknown' })
})
