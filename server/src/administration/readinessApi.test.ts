import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../act.ts'
import { DAY, HOUR } from '../clock.ts'
import { assignRole, findTenantId, findUserByName, listUsers, readName, type User } from '../directory/index.ts'
import { lock, spend } from '../limits/index.ts'
import { blockMethods, methodsOf } from '../methods/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { readinessOf } from '../readiness/index.ts'
import { askOne, inTenant, type Trx } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')

const act = (): Act => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'operator' },
  trail: { correlationId: services.random.uuid(services.clock()) },
})
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
const userOf = (name: string) => inside(async trx => (await findUserByName(trx, acme, name))!)
const readinessPath = (name: string) => `/users/${name}/authentication/resetReadiness`
const unblockPath = (name: string) => `/users/${name}/authentication/unblock`
const helpdesk = await api.as('helpdesk@acme.example')
const admin = await api.as('admin@acme.example')
const readiness = async (name: string) => {
  const { status, json } = await helpdesk('GET', readinessPath(name))
  assert.equal(status, 200, name)
  return json
}
/** Fails proofs of a name from a stranger's browser until it is blocked. */
const failProofs = (name: string, times: number) =>
  inside(async trx => {
    for (let time = 0; time < times; time++)
      await spend(trx, act(), { tenantId: acme, kind: 'proofs', name, browser: 'other' }, `wrong ${time}`)
  })

test('the reasons are those of the reset itself, for every account of the demonstration', async () => {
  for (const domain of ['acme.example', 'globex.example', 'initech.example']) {
    const tenantId = await findTenantId(store, domain)
    const { users, told } = await inTenant(store, tenantId, async trx => {
      const users = await listUsers(trx, tenantId)
      return { users, told: await readinessOf(trx, act(), users) }
    })
    assert.deepEqual(
      told.map(({ userId }) => userId),
      users.map(({ id }) => id),
    )
    for (const [place, { userPrincipalName }] of users.entries()) {
      const { json } = await server.browser().post('/reset', { username: userPrincipalName })
      const refusal = json.state === 'refused' ? json.refusal.code : null
      assert.equal(told[place]?.refusal, refusal, userPrincipalName)
    }
  }
})

test('a help desk reads kinds, no values, and why a sign-in would fail', async () => {
  const own = await readiness('registered@acme.example')
  const { policyId, methodsRegistered, '@odata.context': _, ...rest } = own
  assert.match(policyId, /^[0-9a-f-]{36}$/)
  assert.deepEqual([...methodsRegistered].sort(), ['email', 'mobilePhone', 'officePhone', 'securityQuestions'])
  assert.deepEqual(rest, {
    isEnabled: true,
    isRegistered: true,
    isCapable: true,
    refusal: null,
    gatesRequired: 1,
    blocks: [],
    signIn: null,
    temporaryPasswordExpiresDateTime: null,
    failingChannels: [],
    failingMethods: [],
    disabledDateTime: null,
    groupsThatOpen: [],
  })
  const fresh = await readiness('new@acme.example')
  assert.deepEqual(
    [fresh.isEnabled, fresh.isRegistered, fresh.isCapable, fresh.refusal],
    [true, false, false, 'SSPR_0014'],
  )
  // Those of the demonstration were never on.
  const disabled = await readiness('disabled@acme.example')
  assert.deepEqual([disabled.signIn, disabled.disabledDateTime], ['disabled', null])
  const turn = (accountEnabled: boolean) => admin('PATCH', '/users/signer@acme.example', { accountEnabled })
  const before = services.clock().getTime()
  await turn(false)
  await admin('PATCH', '/users/signer@acme.example', { department: 'Sales' })
  const since = Date.parse((await readiness('signer@acme.example')).disabledDateTime)
  assert.ok(since >= before && since <= services.clock().getTime())
  await turn(true)
  assert.equal((await readiness('signer@acme.example')).disabledDateTime, null)
  const onpremises = await readiness('onpremises@acme.example')
  assert.deepEqual([onpremises.refusal, onpremises.isRegistered, onpremises.isCapable], ['SSPR_0010', true, false])
  const locked = await readiness('locked@acme.example')
  assert.deepEqual([locked.signIn, locked.blocks], ['blocked', [{ kind: 'lock', browser: null, until: null }]])
  const temporary = await readiness('temporary@acme.example')
  assert.equal(temporary.signIn, null)
  assert.ok(new Date(temporary.temporaryPasswordExpiresDateTime).getTime() > services.clock().getTime() + 71 * HOUR)
})

test('whom no policy lets reset is told with the groups that would, and is let in by one of them', async () => {
  const globex = await testApi(server, 'globex.example').as('admin@globex.example')
  const name = 'outside@globex.example'
  const { refusal, groupsThatOpen } = (await globex('GET', readinessPath(name))).json
  const [{ id, displayName }, ...others] = groupsThatOpen
  assert.deepEqual([refusal, displayName, others], ['SSPR_0013', 'Reset users', []])
  const { json: user } = await globex('GET', `/users/${name}?$select=id`)
  const reference = { '@odata.id': `${services.origin}/v1.0/directoryObjects/${user.id}` }
  assert.equal((await globex('POST', `/groups/${id}/members/$ref`, reference)).status, 204)
  const inside = (await globex('GET', readinessPath(name))).json
  assert.deepEqual([inside.refusal, inside.groupsThatOpen], ['SSPR_0014', []])
  assert.equal((await globex('DELETE', `/groups/${id}/members/${user.id}/$ref`)).status, 204)
  // An exclusion would keep them out in the group, too.
  const { json: listed } = await globex('GET', '/policies/passwordResetPolicies')
  const policy = listed.value.find((one: { isDefault: boolean }) => !one.isDefault)
  const { json: other } = await globex('POST', '/groups', { displayName: 'Never' })
  assert.equal((await globex('POST', `/groups/${other.id}/members/$ref`, reference)).status, 204)
  const path = `/policies/passwordResetPolicies/${policy.id}`
  assert.equal((await globex('PATCH', path, { excludedGroups: [other.id] })).status, 204)
  assert.deepEqual((await globex('GET', readinessPath(name))).json.groupsThatOpen, [])
})

test('an administrator is told of two gates, and a method that cools off is registered but not capable', async () => {
  const { json } = await admin('GET', readinessPath('admin@acme.example'))
  assert.equal(json.gatesRequired, 2)
  await inside(trx => changeDefaultPolicy(trx, act(), acme, { coolingOffHours: 48 }))
  const { isRegistered, isCapable, refusal } = await readiness('signer@acme.example')
  await inside(trx => changeDefaultPolicy(trx, act(), acme, { coolingOffHours: 0 }))
  assert.deepEqual([isRegistered, isCapable, refusal], [true, false, 'SSPR_0014'])
})

test('a temporary password that is over is told', async t => {
  const later = await testServer({ context: t, beside: server })
  later.clock.advance(73 * HOUR)
  const ask = await testApi(later).as('helpdesk@acme.example')
  const { json } = await ask('GET', readinessPath('temporary@acme.example'))
  assert.equal(json.signIn, 'temporary_password_expired')
})

test('blocks are told with their end, and lifted by kind', async () => {
  const name = 'stale@acme.example'
  await failProofs(name, 5)
  const [block, ...others] = (await readiness(name)).blocks
  assert.deepEqual([block.kind, block.browser, others], ['proofs', 'other', []])
  const lasts = new Date(block.until).getTime() - services.clock().getTime()
  assert.ok(lasts > DAY - 120_000 && lasts <= DAY + 1_000, String(lasts))
  assert.equal((await helpdesk('POST', unblockPath(name), { kinds: ['phoneNumber'] })).status, 204)
  assert.equal((await readiness(name)).blocks.length, 1)
  const lifted = await helpdesk('POST', unblockPath(name))
  assert.equal(lifted.status, 204)
  assert.deepEqual((await readiness(name)).blocks, [])
  const [event] = await inside(trx =>
    trx
      .selectFrom('audit_events')
      .select(['activity', 'actor_name', 'target_name', 'details'])
      .where('tenant_id', '=', acme)
      .where('correlation_id', '=', lifted.headers.get('request-id')!)
      .execute(),
  )
  assert.deepEqual(event, {
    activity: 'user.unblocked',
    actor_name: 'helpdesk@acme.example',
    target_name: name,
    details: { kinds: 'password,proofs,phoneNumber', lifted: '1', methods: '0' },
  })
  assert.equal((await helpdesk('POST', unblockPath('locked@acme.example'))).status, 204)
  const { signIn, blocks } = await readiness('locked@acme.example')
  assert.deepEqual([signIn, blocks], [null, []])
})

test('a method that its owner reported is lifted only where a caller names it', async () => {
  const name = 'stale@acme.example'
  await inside(async trx => {
    const user = (await findUserByName(trx, acme, name))!
    const recorded = await askOne(trx, methodsOf(act(), user))
    await blockMethods(trx, act(), user, [recorded.find(({ kind }) => kind === 'email')!.id])
  })
  const reported = [{ kind: 'email', browser: null, until: null }]
  assert.deepEqual((await readiness(name)).blocks, reported)
  assert.equal((await helpdesk('POST', unblockPath(name))).status, 204)
  assert.deepEqual((await readiness(name)).blocks, reported)
  assert.equal((await helpdesk('POST', unblockPath(name), { kinds: ['methods'] })).status, 204)
  assert.deepEqual((await readiness(name)).blocks, [])
})

test('a list tells of each person what resetReadiness does, and is filtered by it', async () => {
  const blocked = 'stale@acme.example'
  await failProofs(blocked, 5)
  await inside(trx => lock(trx, act(), acme, 'signer@acme.example'))
  interface Row {
    id: string
    resetState: { isCapable: boolean; refusal: string | null; methodsRegistered: string[]; blockedUntil: string | null }
  }
  const listed = async (filter?: string, ask = admin): Promise<Row[]> => {
    const asked = filter === undefined ? '' : `&$filter=${encodeURIComponent(filter)}`
    const answer = await ask('GET', `/users?$top=999&$select=id,resetState${asked}`)
    assert.equal(answer.status, 200, answer.text)
    return answer.json.value
  }
  const all = await listed()
  assert.ok(all.length > 10)
  for (const { id, resetState } of all) {
    const { isCapable, refusal, policyId, methodsRegistered, blocks } = (await admin('GET', readinessPath(id))).json
    const { blockedUntil, ...told } = resetState
    assert.deepEqual(told, { isCapable, refusal, policyId, methodsRegistered }, id)
    const lasts = blocks.some(({ until }: { until: string | null }) => until === null)
    if (blocks.length === 0) assert.equal(blockedUntil, null)
    else if (lasts) assert.equal(blockedUntil, '9999-12-31T23:59:59.000Z')
    else assert.ok(Math.abs(Date.parse(blockedUntil!) - Date.parse(blocks[0].until)) < 5_000)
    const alone = (await admin('GET', `/users/${id}?$select=id,resetState`)).json
    assert.deepEqual({ ...alone.resetState, blockedUntil }, resetState)
  }
  const now = services.clock().toISOString()
  const namesOf = (rows: Row[]) => rows.map(({ id }) => id).sort()
  const holding: [string, (one: Row['resetState']) => boolean][] = [
    ['resetState/isCapable eq true', one => one.isCapable],
    ['not (resetState/isCapable eq true)', one => !one.isCapable],
    ["resetState/refusal eq 'SSPR_0014'", one => one.refusal === 'SSPR_0014'],
    ["resetState/refusal in ('sspr_0010', 'SSPR_0014')", one => one.refusal !== null],
    ['resetState/refusal eq null', one => one.refusal === null],
    [
      "resetState/methodsRegistered/any(m:m eq 'securityQuestions')",
      one => one.methodsRegistered.includes('securityQuestions'),
    ],
    ['resetState/methodsRegistered/any()', one => one.methodsRegistered.length > 0],
    ['not resetState/methodsRegistered/any()', one => one.methodsRegistered.length === 0],
    [`resetState/blockedUntil ge ${now}`, one => one.blockedUntil !== null],
    ['resetState/blockedUntil ge 9000-01-01T00:00:00Z', one => one.blockedUntil?.startsWith('9999') === true],
  ]
  for (const [filter, holds] of holding) {
    const expected = namesOf(all.filter(({ resetState }) => holds(resetState)))
    assert.ok(expected.length > 0, filter)
    assert.deepEqual(namesOf(await listed(filter)), expected, filter)
    const { text } = await admin('GET', `/users/$count?$filter=${encodeURIComponent(filter)}`)
    assert.equal(text, String(expected.length), filter)
  }
  // Of whom the help desk may not read it, it learns nothing by a filter either.
  const boss = (await userOf('admin@acme.example')).id
  const seen = await listed(undefined, helpdesk)
  assert.deepEqual(
    seen.filter(({ resetState }) => resetState === null).map(({ id }) => id),
    [boss],
  )
  for (const [filter] of holding) assert.ok(!namesOf(await listed(filter, helpdesk)).includes(boss), filter)
  assert.equal((await helpdesk('GET', `/users/${boss}?$select=resetState`)).status, 403)
  const colleague = await api.as('prefilled@acme.example')
  for (const path of [
    '/users?$select=resetState',
    `/users?$filter=${encodeURIComponent('resetState/isCapable eq true')}`,
    `/users/$count?$filter=${encodeURIComponent('resetState/isCapable eq true')}`,
    `/users/${boss}?$select=resetState`,
  ])
    assert.deepEqual([(await colleague('GET', path)).status, path], [403, path])
  const own = await colleague('GET', '/me?$select=resetState')
  assert.equal(own.json.resetState.isCapable, true)
  assert.equal((await admin('GET', '/users/delta?$select=resetState')).status, 400)
  for (const name of [blocked, 'signer@acme.example']) await helpdesk('POST', unblockPath(name))
})

test('both ask for the right over this very person', async () => {
  const colleague = await api.as('prefilled@acme.example')
  const other = await userOf('signer@acme.example')
  await inside(trx => assignRole(trx, act(), other.id, 'User Administrator'))
  for (const [ask, name, code] of [
    [colleague, 'new@acme.example', 'forbidden'],
    [helpdesk, 'admin@acme.example', 'protected_target'],
    [helpdesk, 'signer@acme.example', 'protected_target'],
  ] as const) {
    const read = await ask('GET', readinessPath(name))
    const lift = await ask('POST', unblockPath(name))
    assert.deepEqual([read.status, read.code, lift.status, lift.code], [403, code, 403, code], name)
  }
  const once = await api.as('helpdesk@acme.example', { acr: 'pwd' })
  assert.equal((await once('GET', readinessPath('new@acme.example'))).status, 200)
  assert.equal((await once('POST', unblockPath('new@acme.example'))).status, 401)
  const program = await api.asApplication(['UserAuthenticationMethod.Read.All'])
  assert.equal((await program('GET', readinessPath('new@acme.example'))).status, 200)
  assert.equal((await program('GET', readinessPath('admin@acme.example'))).status, 403)
})

test('many people are judged as each of them alone, in their order', async () => {
  const known = await inside(trx => listUsers(trx, acme))
  await failProofs(readName('registered@acme.example').folded, 5)
  const now = act()
  const each: unknown[] = []
  for (const user of known) each.push(...(await inside(trx => readinessOf(trx, now, [user]))))
  const many: User[] = Array.from({ length: 60 }, () => known).flat()
  assert.ok(many.length > 500)
  const told = await inside(trx => readinessOf(trx, now, many))
  assert.deepEqual(told, Array.from({ length: 60 }, () => each).flat())
})

test('why an administrator acts stands beside the event, in every script, and nothing else does', async () => {
  const name = 'new@acme.example'
  const eventOf = async (headers: Record<string, string>) => {
    const answer = await helpdesk('POST', unblockPath(name), {}, headers)
    assert.equal(answer.status, 204)
    const [event] = await inside(trx =>
      trx
        .selectFrom('audit_events')
        .select('details')
        .where('tenant_id', '=', acme)
        .where('correlation_id', '=', answer.headers.get('request-id')!)
        .execute(),
    )
    const { kinds: _, lifted: __, methods: ___, ...stated } = event!.details as Record<string, string>
    return stated
  }
  assert.deepEqual(await eventOf({ 'latchkey-reason': 'Called back, 50% sure', 'latchkey-ticket': 'INC-4711' }), {
    statedReason: 'Called back, 50% sure',
    ticket: 'INC-4711',
  })
  assert.deepEqual(await eventOf({ 'latchkey-reason': encodeURIComponent('電話で本人を確認') }), {
    statedReason: '電話で本人を確認',
  })
  assert.deepEqual(await eventOf({}), {})
  for (const headers of [
    { 'latchkey-reason': 'x'.repeat(201) },
    { 'latchkey-ticket': 'x'.repeat(65) },
    { 'latchkey-reason': 'one%0Atwo' },
  ] as Record<string, string>[]) {
    const { status, code } = await helpdesk('POST', unblockPath(name), {}, headers)
    assert.deepEqual([status, code], [400, 'reason_invalid'])
  }
})
