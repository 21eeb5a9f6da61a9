import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Activity, type RecordedAct, record } from '../audit/index.ts'
import { HOUR, MINUTE, plus } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, findTenantId, findUserByName, type User } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { wrongPassword } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import { startHour } from '../testing/state.ts'

const server = await testServer({ roles: ['web'] })
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const ADMIN = 'admin@acme.example'
const admin = await api.as(ADMIN)

const userOf = async (name: string): Promise<User> =>
  (await inTenant(store, acme, trx => findUserByName(trx, acme, `${name}@acme.example`)))!
const [registered, prefilled] = [await userOf('registered'), await userOf('prefilled')]

const act = (more: Partial<RecordedAct> = {}): RecordedAct & Act => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'operator' },
  trail: { correlationId: randomUUID() },
  ...(more as Partial<Act>),
})
const filtered = async (log: string, filter: string, more = '') =>
  (await admin('GET', `/auditLogs/${log}?$filter=${encodeURIComponent(filter)}${more}`)).json.value
const give = (role: Role) => inTenant(store, acme, trx => assignRole(trx, act(), prefilled.id, role))

test('every sign-in is in its log with its outcome, and nothing else is', async () => {
  startHour(server.clock)
  const browser = server.browser()
  const signIn = (username: string, password = PASSWORD) => post(browser, '/signin', { username, password })
  const before = services.clock().toISOString()
  refused(await signIn(registered.userPrincipalName, wrongPassword()), 401, 'invalid_credentials')
  refused(await signIn('nobody-ever@acme.example'), 401, 'invalid_credentials')
  granted(await signIn(registered.userPrincipalName))
  const entries = await filtered('signIns', `createdDateTime ge ${before}`)
  assert.deepEqual(
    entries.map(({ userPrincipalName, status }: Record<string, { errorCode: number }>) => [
      userPrincipalName,
      status!.errorCode,
    ]),
    [
      [registered.userPrincipalName, 0],
      [registered.userPrincipalName, 50126],
    ],
  )
  const [right, wrong] = entries
  assert.deepEqual(
    { ...right, id: 0, createdDateTime: 0, correlationId: 0, deviceDetail: 0 },
    {
      id: 0,
      createdDateTime: 0,
      correlationId: 0,
      deviceDetail: 0,
      userDisplayName: registered.displayName,
      userPrincipalName: registered.userPrincipalName,
      userId: registered.id,
      appId: null,
      appDisplayName: null,
      ipAddress: '127.0.0.1',
      status: { errorCode: 0, failureReason: null, additionalDetails: null },
      location: { city: null, countryOrRegion: null },
      clientAppUsed: 'Browser',
      isInteractive: true,
      conditionalAccessStatus: 'notApplied',
      riskDetail: 'none',
      riskLevelAggregated: 'none',
      riskLevelDuringSignIn: 'none',
      riskState: 'none',
      supportCode: null,
      count: 1,
    },
  )
  assert.equal(wrong.status.failureReason, 'Invalid user name or password.')
  const one = await admin('GET', `/auditLogs/signIns/${right.id}`)
  const { '@odata.context': context, ...row } = one.json
  assert.deepEqual(row, right)
  assert.match(context, /#auditLogs\/signIns\/\$entity$/)
  assert.equal((await admin('GET', `/auditLogs/directoryAudits/${right.id}`)).status, 404)
  for (const id of [randomUUID(), 'x', ADMIN])
    assert.equal((await admin('GET', `/auditLogs/signIns/${id}`)).status, 404)

  // The name that nobody has is counted for its network and hour, and never told.
  for (let n = 0; n < 3; n++) refused(await signIn(`nobody-${n}@acme.example`), 401, 'invalid_credentials')
  const unknown = await filtered('signIns', 'status/errorCode eq 50034')
  assert.equal(unknown.length, 1)
  assert.deepEqual(
    [unknown[0].userPrincipalName, unknown[0].userId, unknown[0].count, unknown[0].ipAddress],
    ['unknown', '00000000-0000-0000-0000-000000000000', 4, '127.0.0.0/24'],
  )
  assert.doesNotMatch((await admin('GET', '/auditLogs/signIns?$top=1000')).text, /nobody-/)
})

test('each filter of sign-ins finds what it names', async () => {
  const now = services.clock()
  const at = (minutes: number) => plus(now, -2 * HOUR + minutes * MINUTE)
  const target = { id: prefilled.id, name: prefilled.userPrincipalName }
  const correlationId = randomUUID()
  const write = (minutes: number, activity: Activity, reason?: string, trail: Partial<Act['trail']> = {}) =>
    inTenant(store, acme, trx =>
      record(trx, act({ now: at(minutes), actor: { kind: 'user', ...target }, trail: { correlationId, ...trail } }), {
        activity,
        result: activity === 'signin.succeeded' ? 'success' : 'failure',
        target,
        ...(reason && { reason }),
      }),
    )
  await write(1, 'signin.failed', 'disabled', { address: '192.0.2.7' })
  await write(2, 'signin.blocked', 'password', { appId: randomUUID(), supportCode: 'ABCDEFGH0J' })
  await write(3, 'signin.succeeded', undefined, { appId: 'latchkey-admin' })
  await write(4, 'signin.failed', 'password')
  const within = `createdDateTime ge ${at(0).toISOString()} and createdDateTime lt ${at(5).toISOString()}`
  const minutesOf = async (filter: string) =>
    (await filtered('signIns', `${within} and (${filter})`)).map(({ createdDateTime }: { createdDateTime: string }) =>
      Math.round((Date.parse(createdDateTime) - at(0).getTime()) / MINUTE),
    )
  for (const [filter, expected] of [
    [`userId eq '${prefilled.id}'`, [4, 3, 2, 1]],
    [`userId eq '${registered.id}'`, []],
    ["userPrincipalName eq 'PREFILLED@ACME.example'", [4, 3, 2, 1]],
    ["userPrincipalName eq 'unknown'", []],
    ["appId eq 'latchkey-admin'", [3]],
    ["ipAddress eq '192.0.2.7'", [1]],
    [`correlationId eq '${correlationId}'`, [4, 3, 2, 1]],
    ['status/errorCode eq 0', [3]],
    ['status/errorCode eq 50053', [2]],
    ['status/errorCode eq 50057', [1]],
    ['status/errorCode eq 50126', [4]],
    ['status/errorCode ne 0', [4, 2, 1]],
    ['status/errorCode eq 7', []],
    ["supportCode eq 'abcde fgh-oj'", [2]],
    ["not (ipAddress eq '192.0.2.7')", [4, 3, 2]],
  ] as const)
    assert.deepEqual(await minutesOf(filter), expected, filter)
  const refusedBy = async (filter: string) =>
    (await admin('GET', `/auditLogs/signIns?$filter=${encodeURIComponent(filter)}`)).code
  assert.equal(await refusedBy("startsWith(userPrincipalName,'p')"), 'filter_operator')
  assert.equal(await refusedBy("clientAppUsed eq 'Browser'"), 'filter_property')
})

test('the directory’s log tells who did what to whom, in Graph’s words', async () => {
  const program = await api.asApplication(['User.Read.All'])
  const target = { id: registered.id, name: registered.userPrincipalName }
  const by = { kind: 'user', id: prefilled.id, name: prefilled.userPrincipalName } as const
  const changes = JSON.stringify({ jobTitle: [null, 'Clerk'], mobilePhone: ['+12065550110', '+12065550111'] })
  const correlationId = randomUUID()
  await inTenant(store, acme, async trx => {
    await record(
      trx,
      act({ actor: by, trail: { correlationId, address: '192.0.2.8', userAgent: 'tool/1', clientRequestId: 'c-1' } }),
      { activity: 'user.changed', result: 'success', target, details: { changes, ticket: '7' } },
    )
    await record(
      trx,
      act({ actor: { kind: 'application', id: program.principalId, name: 'Directory tool' } as RecordedAct['actor'] }),
      { activity: 'group.created', result: 'success', target: { id: randomUUID(), name: 'Clerks' } },
    )
    await record(trx, act(), {
      activity: 'policy.changed',
      result: 'failure',
      reason: 'in_use',
      target: { name: 'Default' },
    })
  })
  const [entry] = await filtered('directoryAudits', `correlationId eq '${correlationId}'`)
  assert.deepEqual(
    { ...entry, id: 0, activityDateTime: 0 },
    {
      id: 0,
      activityDateTime: 0,
      activity: 'user.changed',
      activityDisplayName: 'Update user',
      category: 'UserManagement',
      loggedByService: 'Core Directory',
      operationType: 'Update',
      result: 'success',
      resultReason: null,
      correlationId,
      initiatedBy: {
        user: {
          id: prefilled.id,
          displayName: prefilled.displayName,
          userPrincipalName: prefilled.userPrincipalName,
          ipAddress: '192.0.2.8',
        },
        app: null,
      },
      targetResources: [
        {
          id: registered.id,
          displayName: registered.userPrincipalName,
          type: 'User',
          userPrincipalName: registered.userPrincipalName,
          groupType: null,
          modifiedProperties: [
            { displayName: 'jobTitle', oldValue: null, newValue: '"Clerk"' },
            { displayName: 'mobilePhone', oldValue: '"***"', newValue: '"***"' },
          ],
        },
      ],
      additionalDetails: [
        { key: 'activity', value: 'user.changed' },
        { key: 'userAgent', value: 'tool/1' },
        { key: 'ticket', value: '7' },
        { key: 'clientRequestId', value: 'c-1' },
      ],
      count: 1,
    },
  )
  const [made] = await filtered('directoryAudits', `initiatedBy/app/appId eq '${program.appId.toUpperCase()}'`)
  assert.deepEqual(made.initiatedBy.app, {
    appId: program.appId,
    displayName: 'Directory tool',
    servicePrincipalId: program.principalId,
    servicePrincipalName: null,
  })
  assert.deepEqual(
    [made.activityDisplayName, made.category, made.operationType],
    ['Add group', 'GroupManagement', 'Add'],
  )
  const [changed] = await filtered('directoryAudits', "category eq 'policy' and result eq 'FAILURE'")
  assert.deepEqual(
    [changed.initiatedBy.app.displayName, changed.resultReason, changed.targetResources[0].type],
    ['Latchkey', 'in_use', 'Policy'],
  )
})

test('each filter of the directory’s log finds what it names, and never a sign-in', async () => {
  granted(await post(server.browser(), '/reset', { username: registered.userPrincipalName }), 201)
  const started = async (filter: string) =>
    (await filtered('directoryAudits', filter)).some(
      ({ additionalDetails }: { additionalDetails: { value: string }[] }) =>
        additionalDetails[0]!.value === 'reset.started',
    )
  for (const [filter, expected] of [
    ["startsWith(activityDisplayName,'self-service')", true],
    ["activityDisplayName eq 'Self-service password reset flow activity progress'", true],
    ["activityDisplayName eq 'Sign-in'", false],
    ["startsWith(loggedByService,'Self-service')", true],
    ["loggedByService eq 'Core Directory'", false],
    ["category eq 'UserManagement'", true],
    ["activity eq 'reset.started'", true],
    ["activity in ('user.changed','reset.started')", true],
    ["activity eq 'reset.finished'", false],
    ["activity eq 'no.such'", false],
    [`initiatedBy/user/userPrincipalName eq '${registered.userPrincipalName.toUpperCase()}'`, true],
    ["initiatedBy/user/userPrincipalName eq 'prefilled@acme.example'", false],
    [`targetResources/any(t:t/id eq '${registered.id}')`, true],
    [`not targetResources/any(t:t/id eq '${registered.id}')`, false],
    [`targetResources/any(t:t/id eq '${prefilled.id}')`, false],
    ["result eq 'failure'", false],
    [`initiatedBy/user/id eq '${registered.id}'`, false],
    [`activityDateTime ge ${plus(services.clock(), HOUR).toISOString()}`, false],
  ] as const)
    assert.equal(await started(filter), expected, filter)
  const all = (await admin('GET', '/auditLogs/directoryAudits?$top=1000')).json.value
  const times = all.map(({ activityDateTime }: { activityDateTime: string }) => activityDateTime)
  assert.deepEqual(times, times.toSorted().reverse())
  assert.ok(all.every(({ activityDisplayName }: { activityDisplayName: string }) => activityDisplayName !== 'Sign-in'))
  assert.equal((await admin('GET', '/auditLogs/directoryAudits?$orderby=category')).code, 'orderby_property')
  assert.equal((await admin('GET', '/auditLogs/directoryAudits?$top=1001')).code, 'page_size')
})

test('pages walk the whole log, each entry once', async () => {
  const seen: string[] = []
  for (let path: string | undefined = '/auditLogs/directoryAudits?$top=7&$count=true'; path; ) {
    const { json } = await admin('GET', path)
    seen.push(...json.value.map(({ id }: { id: string }) => id))
    path = json['@odata.nextLink']
  }
  const { json } = await admin('GET', '/auditLogs/directoryAudits?$count=true&$top=1')
  assert.equal(seen.length, json['@odata.count'])
  assert.equal(new Set(seen).size, seen.length)
})

test('the logs are open to those who read reports, and of their own tenant alone', async () => {
  for (const path of ['/auditLogs/directoryAudits', '/auditLogs/signIns', `/auditLogs/signIns/${randomUUID()}`]) {
    assert.equal((await (await api.as('registered@acme.example'))('GET', path)).status, 403)
    assert.equal((await (await api.as('helpdesk@acme.example'))('GET', path)).status, 403)
    assert.equal((await (await api.as(ADMIN, { scopes: ['User.Read.All'] }))('GET', path)).status, 403)
  }
  await give('Reports Reader')
  const reader = await api.as('prefilled@acme.example')
  const { json } = await reader('GET', '/auditLogs/directoryAudits?$top=1')
  assert.equal((await reader('GET', '/auditLogs/signIns')).status, 200)
  const globex = await findTenantId(store, 'globex.example')
  const other = testApi(server, 'globex.example')
  const stranger = await other.asApplication(['AuditLog.Read.All'])
  assert.notEqual(globex, acme)
  assert.equal((await stranger('GET', `/auditLogs/directoryAudits/${json.value[0].id}`)).status, 404)
  assert.doesNotMatch((await stranger('GET', '/auditLogs/directoryAudits?$top=1000')).text, /acme/)
})

test('an event whose changes are no JSON, as subscriptions wrote them once, closes nothing', async () => {
  const trail = { correlationId: randomUUID() }
  const event = { activity: 'subscription.created', result: 'success' } as const
  await inTenant(store, acme, trx =>
    record(trx, act({ trail }), { ...event, details: { changes: 'created,updated', host: 'hr.example' } }),
  )
  const { status, json } = await admin(
    'GET',
    `/auditLogs/directoryAudits?$filter=correlationId eq '${trail.correlationId}'`,
  )
  assert.equal(status, 200)
  assert.deepEqual(json.value[0].additionalDetails, [
    { key: 'activity', value: 'subscription.created' },
    { key: 'host', value: 'hr.example' },
    { key: 'changes', value: 'created,updated' },
  ])
})
