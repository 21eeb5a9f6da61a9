// Long because one server, one far side and one tenant serve every rule of webhooks.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { type AuditEvent, record } from '../audit/index.ts'
import { DAY, MINUTE, plus } from '../clock.ts'
import { assignRole, createGroup, findUserByName } from '../directory/index.ts'
import { enqueueLost, inTenant } from '../store/index.ts'
import { openTargets } from '../targets/index.ts'
import { testProvider } from '../testing/provider.ts'
import { type TestServer, testServer } from '../testing/server.ts'
import { until } from '../testing/until.ts'
import { redeliver } from './deliveries.ts'
import { createHandshakes } from './endpoints.ts'
import { waitingDeliveries } from './expiry.ts'
import {
  createSubscription,
  deleteSubscription,
  getRow,
  type NewSubscription,
  prolongSubscription,
  reauthorizeSubscription,
  rollSecret,
} from './subscriptions.ts'

const server = await testServer()
const { store } = server
const { tenantId: acme } = await testProvider(server)
const handshake = createHandshakes(server.services.targets)

interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: messages are of two shapes
  value: any[]
}

/** The far side: subscribers’ endpoints, by path. Each answers with the next of its answers, then with 202. */
const received: Received[] = []
const answers = new Map<string, ((response: ServerResponse, token: string) => void)[]>()
const far = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text
  })
  request.on('end', () => {
    const url = new URL(request.url!, 'http://far')
    const token = url.searchParams.get('validationToken')
    const answer = answers.get(url.pathname)?.shift()
    if (token === null)
      received.push({ path: url.pathname, headers: request.headers, body, value: JSON.parse(body).value })
    if (answer) return answer(response, token ?? '')
    if (token === null) return response.writeHead(202).end()
    return response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(token)
  })
})
await once(far.listen(0, '127.0.0.1'), 'listening')
after(() => {
  far.closeAllConnections()
  far.close()
})
const farOrigin = `http://127.0.0.1:${(far.address() as AddressInfo).port}`
const fails = (status: number) => (response: ServerResponse) => void response.writeHead(status).end()

const told = (path: string) => received.filter(one => one.path === `/${path}`)
const awaitTold = (path: string, times = 1) =>
  until(() => (told(path).length >= times ? told(path) : undefined), `${path} is told ${times} times`)

const BUILT_IN = 'latchkey-admin'
const SCOPES = ['Directory.AccessAsUser.All']

/** An act of a person of Acme through the built-in application. */
async function actOf(name: string, { scopes = SCOPES, at = server }: { scopes?: string[]; at?: TestServer } = {}) {
  const user = await inTenant(store, acme, trx => findUserByName(trx, acme, `${name}@acme.example`))
  const { id, userPrincipalName, roles, securityEpoch } = user!
  const now = at.clock.now()
  const { random, keys } = at.services
  const proof = { acr: 'mfa', authTime: now } as const
  return {
    now,
    random,
    keys,
    actor: { kind: 'user', id, tenantId: acme, name: userPrincipalName, roles, scopes, proof },
    trail: { correlationId: random.uuid(now) },
    securityEpoch,
  } as const
}
type TestAct = Awaited<ReturnType<typeof actOf>>

const admin = await actOf('admin')
const asked = (path: string, more: Partial<NewSubscription> = {}, act: TestAct = admin): NewSubscription => ({
  appId: BUILT_IN,
  securityEpoch: act.securityEpoch,
  resource: 'users',
  changeType: 'created,updated,deleted',
  notificationUrl: `${farOrigin}/${path}`,
  clientState: 'the state',
  expiresAt: plus(server.clock.now(), DAY),
  ...more,
})
const subscribe = (path: string, more: Partial<NewSubscription> = {}, act: TestAct = admin) =>
  createSubscription(store, act, handshake, asked(path, more, act))
const code = (expected: string, field?: string) => (error: unknown) => {
  const refusal = error as { code?: string; field?: string }
  assert.deepEqual([refusal.code, refusal.field], [expected, field ?? refusal.field])
  return true
}

/** Writes events as an act on `target`, in one transaction. */
const happen = (...events: (Partial<AuditEvent> & Pick<AuditEvent, 'activity'>)[]) =>
  inTenant(store, acme, trx =>
    record(trx, { ...admin, now: server.clock.now() }, ...events.map(one => ({ result: 'success' as const, ...one }))),
  )
const someone = () => ({ id: server.services.random.uuid(server.clock.now()), name: 'someone@acme.example' })

const rowsOf = async (subscriptionId: string) =>
  (
    await store.pool.query(
      'select id, change, object_id, status, attempts, message_id, problem from latchkey.deliveries where subscription_id = $1 order by id',
      [subscriptionId],
    )
  ).rows
const jobsOf = async (subscriptionId: string) =>
  (
    await store.pool.query(
      `select id, key, run_at, payload from latchkey_jobs._private_jobs where payload->>'subscriptionId' = $1 and locked_at is null`,
      [subscriptionId],
    )
  ).rows as { id: string; key: string | null; run_at: Date; payload: object }[]

/** Lets the time pass until calls to a subscriber begin again; returns how many seconds that takes. */
async function goOn(subscriptionId: string): Promise<number> {
  const job = await until(
    async () => (await jobsOf(subscriptionId)).find(({ run_at }) => run_at.getTime() > Date.now()),
    'another try waits',
  )
  const { rows } = await store.pool.query(
    'select rests_until, (select max(attempted_at) from latchkey.deliveries where subscription_id = $1) as tried from latchkey.subscriptions where id = $1',
    [subscriptionId],
  )
  await store.pool.query('update latchkey.subscriptions set rests_until = $2 where id = $1', [
    subscriptionId,
    new Date(0),
  ])
  await store.pool.query('select latchkey_jobs.reschedule_jobs(array[$1::bigint], run_at := now())', [job.id])
  return Math.round((rows[0].rests_until.getTime() - rows[0].tried.getTime()) / 1_000)
}

test('a subscriber is told of a change by ids alone, in a message that a foreign library verifies', async () => {
  const { signingSecret, id } = await subscribe('signed')
  const target = someone()
  await happen({ activity: 'user.created', target, details: { displayName: 'Nobody reads this' } })
  const [{ headers, body, value }] = (await awaitTold('signed')) as [Received]
  const subscription = await inTenant(store, acme, trx => getRow(trx, admin, id))
  assert.deepEqual(value, [
    {
      id: value[0].id,
      subscriptionId: id,
      subscriptionExpirationDateTime: subscription.expires_at.toISOString(),
      tenantId: acme,
      clientState: 'the state',
      changeType: 'created',
      resource: `users/${target.id}`,
      resourceData: { '@odata.type': '#microsoft.graph.user', '@odata.id': `users/${target.id}`, id: target.id },
    },
  ])
  assert.deepEqual(new Webhook(signingSecret).verify(body, headers as Record<string, string>), { value })
  assert.throws(() => new Webhook(signingSecret).verify(`${body} `, headers as Record<string, string>))
  assert.throws(() =>
    new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(body, headers as Record<string, string>),
  )
  assert.equal(headers['content-type'], 'application/json; charset=utf-8')
  await until(async () => ((await rowsOf(id))[0].status === 'delivered' ? true : undefined), 'it is noted')
})

test('events that come together are told in one message', async () => {
  const { id } = await subscribe('together', { resource: 'auditLogs/directoryAudits', changeType: 'created' })
  // Of its own creation.
  await awaitTold('together')
  received.length = 0
  await happen(...Array.from({ length: 130 }, () => ({ activity: 'user.created' as const, target: someone() })))
  await until(() => (told('together').flatMap(one => one.value).length >= 130 ? true : undefined), 'all are told')
  assert.deepEqual(
    told('together')
      .map(one => one.value.length)
      .sort(),
    [100, 30],
  )
  assert.equal(new Set(told('together').map(one => one.headers['webhook-id'])).size, 2)
  const { rows } = await store.pool.query(
    "select id from latchkey.audit_events where activity = 'user.created' and target_name = $1 order by at",
    [someone().name],
  )
  const ids = new Set(told('together').flatMap(one => one.value.map(({ resource }) => resource)))
  for (const row of rows.slice(-130)) assert.ok(ids.has(`auditLogs/directoryAudits/${row.id}`))
  await deleteOf(id)
})

const deleteOf = (id: string) => inTenant(store, acme, trx => deleteSubscription(trx, admin, id))

test('each resource hears of its own changes', async () => {
  const [group, other] = await inTenant(store, acme, async trx => [
    await createGroup(trx, admin, acme, { displayName: 'One' }),
    await createGroup(trx, admin, acme, { displayName: 'Other' }),
  ])
  const person = (await actOf('registered')).actor.id
  const created = 'created'
  const heard: Record<string, Partial<NewSubscription>> = {
    users: { resource: 'users' },
    updates: { resource: 'users', changeType: 'updated' },
    person: { resource: `users/${person.toUpperCase()}` },
    named: { resource: 'users/Registered@ACME.example' },
    groups: { resource: '/groups' },
    group: { resource: `groups/${group}` },
    members: { resource: `groups/${group}/members` },
    joined: { resource: `groups/${group}/members`, changeType: 'updated' },
    audits: { resource: 'auditLogs/directoryAudits', changeType: created },
    signIns: { resource: 'auditLogs/signIns', changeType: created },
    journeys: { resource: 'reset/journeys', changeType: created },
  }
  const ids = new Map<string, string>()
  for (const [path, more] of Object.entries(heard)) ids.set(path, (await subscribe(path, more)).id)
  const [one, two] = [{ id: person, name: 'registered' }, someone()]
  await until(
    () => (told('audits').flatMap(({ value }) => value).length === 3 ? true : undefined),
    'the log told of the subscriptions',
  )
  received.length = 0
  await happen(
    { activity: 'user.renamed', target: one },
    { activity: 'user.deleted' as never, target: two },
    { activity: 'user.unblocked', target: one },
    { activity: 'password.changed', target: one },
    { activity: 'securityInfo.saved', target: one },
    { activity: 'user.created', result: 'failure', target: two },
    { activity: 'signin.succeeded', target: one },
    { activity: 'reset.started', target: one },
    { activity: 'group.changed', target: { id: other, name: 'Other' } },
    {
      activity: 'group.member_added',
      target: { id: group, name: 'One' },
      details: { user: person, name: 'registered' },
    },
    {
      activity: 'group.member_removed',
      target: { id: group, name: 'One' },
      details: { user: person, name: 'registered' },
    },
  )
  const all = (path: string) =>
    told(path)
      .flatMap(({ value }) => value)
      .map(({ changeType, resource }) => `${changeType} ${resource}`)
      .sort()
  await until(async () => {
    const { rows } = await store.pool.query("select from latchkey.deliveries where status = 'waiting'")
    return rows.length === 0 ? true : undefined
  }, 'nothing waits')
  assert.equal(all('audits').length, 10, 'all but the sign-in')
  assert.deepEqual(all('users'), [`deleted users/${two.id}`, `updated users/${person}`])
  for (const path of ['updates', 'person', 'named']) assert.deepEqual(all(path), [`updated users/${person}`], path)
  assert.deepEqual(
    all('groups'),
    [`updated groups/${other}`, `updated groups/${group}`, `updated groups/${group}`].sort(),
  )
  assert.deepEqual(all('group'), [`updated groups/${group}`, `updated groups/${group}`])
  assert.deepEqual(all('members'), [`created directoryObjects/${person}`, `deleted directoryObjects/${person}`])
  assert.deepEqual(all('joined'), [`updated directoryObjects/${person}`, `updated directoryObjects/${person}`])
  assert.equal(all('signIns').length, 1)
  assert.equal(all('journeys').length, 1)
  for (const id of ids.values()) await deleteOf(id)
})

test('lesson 57: an endpoint has to echo its token, and is called only where the operator lets', async () => {
  const refused = (
    path: string,
    answer: ((response: ServerResponse, token: string) => void) | undefined,
    expected: string,
    more = {},
  ) => {
    if (answer) answers.set(`/${path}`, [answer])
    return assert.rejects(subscribe(path, more), code(expected, 'notificationUrl'))
  }
  const plain = { 'content-type': 'text/plain' }
  await Promise.all([
    refused('no', fails(404), 'endpoint_not_validated'),
    refused(
      'moved',
      response => void response.writeHead(302, { location: '/elsewhere' }).end(),
      'endpoint_not_validated',
    ),
    refused('accepted', (response, token) => void response.writeHead(202, plain).end(token), 'endpoint_not_validated'),
    refused('other', response => void response.writeHead(200, plain).end('other'), 'endpoint_not_validated'),
    refused(
      'page',
      (response, token) => void response.writeHead(200, { 'content-type': 'text/html' }).end(token),
      'endpoint_not_validated',
    ),
    refused('silent', () => {}, 'endpoint_not_validated'),
  ])
  for (const notificationUrl of [
    'https://10.0.0.1/hook',
    'https://169.254.169.254/latest',
    'http://acme.example/hook',
    'https://name:word@acme.example/',
    'https://acme.example/#part',
    'ftp://acme.example/',
    'nowhere',
  ])
    await refused('x', undefined, 'endpoint_refused', { notificationUrl })
  const closed = createHandshakes(openTargets([]))
  await assert.rejects(
    createSubscription(store, admin, closed, asked('private')),
    code('endpoint_refused', 'notificationUrl'),
  )
  answers.set('/lifecycle', [fails(500)])
  await assert.rejects(
    subscribe('fine', { lifecycleNotificationUrl: `${farOrigin}/lifecycle` }),
    code('endpoint_not_validated', 'lifecycleNotificationUrl'),
  )
  const { id } = await subscribe('query?a=1')
  await deleteOf(id)
})

test('what is asked for is judged before an endpoint is called', async () => {
  const refused = (more: Partial<NewSubscription>, expected: string, field?: string, act = admin) => {
    answers.set('/judged', [() => assert.fail('called')])
    return assert.rejects(subscribe('judged', more, act), code(expected, field))
  }
  await refused({ resource: 'applications' }, 'property_invalid', 'resource')
  await refused({ changeType: 'updated,moved' }, 'property_invalid', 'changeType')
  await refused({ changeType: '' }, 'property_invalid', 'changeType')
  await refused({ resource: 'auditLogs/signIns', changeType: 'updated' }, 'property_invalid', 'changeType')
  await refused({ expiresAt: plus(admin.now, -1) }, 'property_invalid', 'expirationDateTime')
  await refused({ expiresAt: plus(admin.now, 41_761 * MINUTE) }, 'property_invalid', 'expirationDateTime')
  await refused({ clientState: 'x'.repeat(129) }, 'property_invalid', 'clientState')
  await refused({ resource: `users/${someone().id}` }, 'not_found')
  await refused({ resource: 'groups/none/members' }, 'not_found')
  const plain = await actOf('registered')
  for (const resource of ['auditLogs/directoryAudits', 'auditLogs/signIns', 'reset/journeys'])
    await refused({ resource, changeType: 'created' }, 'forbidden', undefined, plain)
  await refused({}, 'forbidden', undefined, await actOf('admin', { scopes: ['User.Read'] }))
  await refused({ resource: 'groups' }, 'forbidden', undefined, await actOf('admin', { scopes: ['User.Read.All'] }))
  answers.delete('/judged')
})

test('a person has their own subscriptions, and a Global Administrator all', async () => {
  const person = await actOf('registered')
  const own = await subscribe('own', {}, person)
  const act = await actOf('new')
  const other = <T>(work: (trx: Parameters<Parameters<typeof inTenant>[2]>[0]) => Promise<T>) =>
    assert.rejects(inTenant(store, acme, work), code('not_found'))
  await other(trx => getRow(trx, act, own.id))
  await other(trx => prolongSubscription(trx, act, own.id, { expiresAt: plus(act.now, DAY) }))
  await other(trx => deleteSubscription(trx, act, own.id))
  await other(trx => reauthorizeSubscription(trx, act, own.id))
  await other(trx => rollSecret(trx, act, own.id))
  await other(trx => redeliver(trx, act, own.id, own.id))
  const expiresAt = plus(act.now, 2 * DAY)
  await inTenant(store, acme, trx => prolongSubscription(trx, admin, own.id, { expiresAt }))
  const prolonged = await inTenant(store, acme, trx => getRow(trx, person, own.id))
  assert.deepEqual([prolonged.expires_at, prolonged.version], [expiresAt, 2])
  await inTenant(store, acme, trx => reauthorizeSubscription(trx, admin, own.id))
  const { rows } = await store.pool.query('select scopes from latchkey.subscriptions where id = $1', [own.id])
  assert.deepEqual(rows[0].scopes, SCOPES)
  await deleteOf(own.id)
  await other(trx => getRow(trx, person, own.id))
})

test('a tenant without subscriptions has no deliveries and no jobs', async () => {
  const { tenantId } = await testProvider(server, 'globex.example')
  const count = async () =>
    (await store.pool.query('select count(*)::int from latchkey.deliveries where tenant_id = $1', [tenantId])).rows[0]
      .count
  const before = await count()
  await inTenant(store, tenantId, trx =>
    record(
      trx,
      { ...admin, actor: { kind: 'system' } },
      { activity: 'user.created', result: 'success', target: someone() },
    ),
  )
  assert.equal(await count(), before)
  const { rows } = await store.pool
    .query("select from latchkey_jobs._private_jobs where payload->>'tenantId' = $1 and payload ? 'subscriptionId'", [
      tenantId,
    ])
    .catch(() => ({ rows: [] }))
  assert.deepEqual(rows, [])
})

test('a company whose endpoints never answer does not keep others from being told', async () => {
  const globex = await testProvider(server, 'globex.example')
  const { rows } = await store.pool.query(
    'select id, user_principal_name from latchkey.users where tenant_id = $1 limit 1',
    [globex.tenantId],
  )
  const { rows: roles } = await store.pool.query(
    "select user_id from latchkey.role_assignments where tenant_id = $1 and role = 'Global Administrator'",
    [globex.tenantId],
  )
  const act = {
    ...admin,
    actor: { ...admin.actor, tenantId: globex.tenantId, id: roles[0]?.user_id ?? rows[0].id },
  } as TestAct
  const silent: string[] = []
  for (let n = 0; n < 12; n++) silent.push((await subscribe(`silence/${n}`, {}, act)).id)
  for (let n = 0; n < 12; n++)
    answers.set(
      `/silence/${n}`,
      Array.from({ length: 50 }, () => () => {}),
    )
  const wake = () =>
    inTenant(store, globex.tenantId, trx =>
      record(
        trx,
        { ...act, now: server.clock.now() },
        { activity: 'user.created', result: 'success', target: someone() },
      ),
    )
  const calls = () => received.filter(one => one.path.startsWith('/silence')).length
  await wake()
  await until(() => (calls() >= 8 ? true : undefined), 'the first calls hang')
  // Their tenant counts as slow once the first of them have ended.
  const resting = 'select from latchkey.subscriptions where tenant_id = $1 and rests_until is not null'
  await until(
    async () => (((await store.pool.query(resting, [globex.tenantId])).rowCount ?? 0) >= 8 ? true : undefined),
    'they have ended',
  )
  const before = calls()
  await store.pool.query('update latchkey.subscriptions set rests_until = null where tenant_id = $1', [globex.tenantId])
  for (let n = 0; n < 3; n++) await wake()
  const { id } = await subscribe('heard')
  await happen({ activity: 'user.created', target: someone() })
  await awaitTold('heard')
  // Each lasts three seconds. Without turns they would have taken all eight places first.
  assert.ok(calls() - before < 8, `${calls() - before} calls`)
  await deleteOf(id)
  await inTenant(store, globex.tenantId, async trx => {
    for (const one of silent) await deleteSubscription(trx, act, one)
  })
})

test('a message that is not taken comes again with the same id, after waits that grow', async () => {
  const { id, signingSecret } = await subscribe('again')
  answers.set('/again', [fails(500), fails(302), () => {}])
  await happen({ activity: 'user.created', target: someone() })
  await awaitTold('again')
  const waits = [await goOn(id)]
  await awaitTold('again', 2)
  waits.push(await goOn(id))
  await awaitTold('again', 3)
  waits.push(await goOn(id))
  const messages = await awaitTold('again', 4)
  assert.deepEqual(waits, [10, 30, 90])
  assert.equal(new Set(messages.map(one => one.headers['webhook-id'])).size, 1)
  assert.equal(new Set(messages.map(one => one.body)).size, 1)
  for (const { body, headers } of messages) new Webhook(signingSecret).verify(body, headers as Record<string, string>)
  await until(async () => ((await rowsOf(id))[0].status === 'delivered' ? true : undefined), 'it is taken')
  assert.equal((await rowsOf(id))[0].attempts, 4)
})

test('what was not taken for four hours is given up, said to be missed, and can be told again', async () => {
  const { id } = await subscribe('missed', { lifecycleNotificationUrl: `${farOrigin}/life` })
  answers.set('/missed', [fails(503), fails(503)])
  await happen({ activity: 'user.created', target: someone() })
  await awaitTold('missed')
  await until(async () => ((await jobsOf(id)).length > 0 ? true : undefined), 'it rests')
  assert.equal((await rowsOf(id))[0].status, 'waiting')
  await store.pool.query('update latchkey.deliveries set gives_up_at = $2 where subscription_id = $1', [
    id,
    server.clock.now(),
  ])
  await goOn(id)
  const [life] = (await awaitTold('life')) as [Received]
  assert.deepEqual(
    life.value.map(({ id: _, ...one }) => one),
    [
      {
        subscriptionId: id,
        subscriptionExpirationDateTime: life.value[0].subscriptionExpirationDateTime,
        tenantId: acme,
        clientState: 'the state',
        lifecycleEvent: 'missed',
        resource: 'users',
      },
    ],
  )
  const letter = (await rowsOf(id)).find(({ status }) => status === 'dead')
  assert.deepEqual([letter.problem, letter.attempts], ['503', 2])
  await inTenant(store, acme, trx => redeliver(trx, admin, id, letter.id))
  const [first, , third] = await awaitTold('missed', 3)
  assert.deepEqual(third!.value, first!.value)
  assert.notEqual(third!.headers['webhook-id'], first!.headers['webhook-id'])
  await assert.rejects(
    inTenant(store, acme, trx => redeliver(trx, admin, id, someone().id)),
    code('not_found'),
  )
})

test('a subscriber whose rights are gone is told so, and of nothing else', async () => {
  const { id: reader } = (await actOf('new')).actor
  await inTenant(store, acme, trx => assignRole(trx, admin, reader, 'Reports Reader'))
  const auditor = await actOf('new')
  const { actor } = auditor
  const audits = {
    resource: 'auditLogs/directoryAudits',
    changeType: 'created',
    lifecycleNotificationUrl: `${farOrigin}/end`,
  }
  const { id } = await subscribe('rights', audits, auditor)
  await happen({ activity: 'user.created', target: someone() })
  // Of its own creation too, in the same message or in one before.
  const heard = () => told('rights').flatMap(({ value }) => value).length
  await until(() => (heard() === 2 ? true : undefined), 'both are told')
  await store.pool.query("delete from latchkey.role_assignments where user_id = $1 and role = 'Reports Reader'", [
    actor.id,
  ])
  await happen({ activity: 'user.created', target: someone() })
  const [end] = (await awaitTold('end')) as [Received]
  assert.deepEqual([end.value[0].lifecycleEvent, end.value[0].subscriptionId], ['subscriptionRemoved', id])
  await happen({ activity: 'user.created', target: someone() })
  await sleep(300)
  assert.equal(heard(), 2)
  await assert.rejects(
    inTenant(store, acme, trx => getRow(trx, admin, id)),
    code('not_found'),
  )
  const { rows } = await store.pool.query(
    "select actor_kind from latchkey.audit_events where activity = 'subscription.removed' and target_id = $1",
    [id],
  )
  assert.deepEqual(rows, [{ actor_kind: 'system' }])
})

test('a disabled creator is told of nothing', async () => {
  const person = await actOf('prefilled')
  const { id } = await subscribe('disabled', {}, person)
  await store.pool.query('update latchkey.users set account_enabled = false where id = $1', [person.actor.id])
  await happen({ activity: 'user.created', target: someone() })
  await until(async () => {
    const { rows } = await store.pool.query('select removed_at from latchkey.subscriptions where id = $1', [id])
    return rows[0].removed_at ?? undefined
  }, 'it is removed')
  await store.pool.query('update latchkey.users set account_enabled = true where id = $1', [person.actor.id])
  assert.equal(told('disabled').length, 0)
})

test('a subscription ends with its creator’s sessions, and nobody brings it back', async () => {
  const person = await actOf('stale')
  const { id } = await subscribe('epoch', { lifecycleNotificationUrl: `${farOrigin}/epoch-end` }, person)
  await happen({ activity: 'user.created', target: someone() })
  await awaitTold('epoch')
  await store.pool.query('update latchkey.users set security_epoch = security_epoch + 1 where id = $1', [
    person.actor.id,
  ])
  for (const keep of [getRow, reauthorizeSubscription, rollSecret])
    await assert.rejects(
      inTenant<unknown>(store, acme, trx => keep(trx, person, id)),
      code('not_found'),
    )
  await happen({ activity: 'user.created', target: someone() })
  const [end] = (await awaitTold('epoch-end')) as [Received]
  assert.equal(end.value[0].lifecycleEvent, 'subscriptionRemoved')
  assert.equal(told('epoch').length, 1)
  // With a token of the new sessions they subscribe anew; what ended does not count.
  const anew = await actOf('stale')
  const again = await subscribe('epoch-again', {}, anew)
  await happen({ activity: 'user.created', target: someone() })
  await awaitTold('epoch-again')
  await inTenant(store, acme, trx => deleteSubscription(trx, anew, again.id))
})

test('a rolled secret signs beside the new one for a day', async () => {
  const { id, signingSecret: former } = await subscribe('rolled')
  const fresh = await inTenant(store, acme, trx => rollSecret(trx, admin, id))
  assert.notEqual(fresh, former)
  await happen({ activity: 'user.created', target: someone() })
  const [both] = (await awaitTold('rolled')) as [Received]
  for (const secret of [former, fresh]) new Webhook(secret).verify(both.body, both.headers as Record<string, string>)
  await store.pool.query('update latchkey.subscriptions set former_secret_ends_at = $2 where id = $1', [
    id,
    server.clock.now(),
  ])
  await happen({ activity: 'user.created', target: someone() })
  const [, last] = (await awaitTold('rolled', 2)) as [Received, Received]
  new Webhook(fresh).verify(last.body, last.headers as Record<string, string>)
  assert.throws(() => new Webhook(former).verify(last.body, last.headers as Record<string, string>))
})

test('no secret, address or state stands in the clear in the table, the log or a job', async () => {
  const { id, signingSecret } = await subscribe('secret-path', { clientState: 'secret-state' })
  answers.set('/secret-path', [fails(500)])
  await happen({ activity: 'user.created', target: someone() })
  await awaitTold('secret-path')
  await until(async () => ((await jobsOf(id)).length > 0 ? true : undefined), 'it rests')
  const { rows } = await store.pool.query(
    `select (select string_agg(s::text, '') from latchkey.subscriptions s) as subscriptions,
      (select string_agg(d::text, '') from latchkey.deliveries d) as deliveries,
      (select string_agg(e::text, '') from latchkey.audit_events e) as events,
      (select string_agg(j::text, '') from latchkey_jobs._private_jobs j) as jobs`,
  )
  const all = Object.values(rows[0] as Record<string, string>).join()
  const inHex = (text: string) => Buffer.from(text).toString('hex')
  for (const secret of [signingSecret.slice(6), 'secret-path', 'secret-state'])
    for (const form of [secret, inHex(secret)]) assert.ok(!all.includes(form), secret)
})

test('what names of nobody do is told once for a network and hour, and asks for a job as others do', async () => {
  const { id } = await subscribe('nobody', { resource: 'auditLogs/signIns', changeType: 'created' })
  const nobody = { kind: 'anyone', name: 'x' } as const
  const act = { ...admin, now: server.clock.now(), actor: nobody, trail: { ...admin.trail, address: '192.0.2.7' } }
  for (let n = 0; n < 3; n++)
    await inTenant(store, acme, trx =>
      record(trx, act, { activity: 'signin.failed', result: 'failure', reason: 'unknown' }),
    )
  const [{ value }] = (await awaitTold('nobody')) as [Received]
  await sleep(200)
  assert.deepEqual([(await rowsOf(id)).length, value.length, told('nobody').length], [1, 1, 1])
})

test('what waits without a job gets another, and what rests keeps its own', async t => {
  const idle = await testServer({ context: t, roles: ['web'] })
  const { tenantId } = await testProvider(idle)
  const act = await actOf('admin')
  const { rows: admins } = await idle.store.pool.query(
    "select user_id as id from latchkey.role_assignments where tenant_id = $1 and role = 'Global Administrator'",
    [tenantId],
  )
  const own = { ...act, actor: { ...act.actor, tenantId, id: admins[0].id } } as TestAct
  const [lost, resting] = [
    await createSubscription(idle.store, own, handshake, asked('lost', {}, own)),
    await createSubscription(idle.store, own, handshake, asked('resting', {}, own)),
  ]
  const event = { activity: 'user.created', result: 'success', target: someone() } as const
  await inTenant(idle.store, tenantId, trx => record(trx, own, event))
  await idle.store.pool.query('update latchkey.subscriptions set rests_until = $2 where id = $1', [
    resting.id,
    plus(own.now, 30 * MINUTE),
  ])
  const waiting = async () =>
    (
      await idle.store.pool.query(
        "select payload->>'subscriptionId' as id from latchkey_jobs._private_jobs where payload->>'subscriptionId' is not null order by 1",
      )
    ).rows.map(({ id }) => id)
  const sweep = (minutes: number) =>
    enqueueLost(idle.store, { now: plus(own.now, minutes * MINUTE) }, [waitingDeliveries])
  assert.deepEqual(await waiting(), [lost.id, resting.id].sort())
  await idle.store.pool.query('delete from latchkey_jobs._private_jobs')
  await sweep(0.9)
  assert.deepEqual(await waiting(), [])
  for (let n = 0; n < 2; n++) {
    await sweep(2)
    assert.deepEqual(await waiting(), [lost.id], 'once')
  }
})

test('an event that is rolled back is told to nobody, nor one of another tenant', async () => {
  const { id } = await subscribe('rolled-back')
  await assert.rejects(
    inTenant(store, acme, async trx => {
      await record(trx, admin, { activity: 'user.created', result: 'success', target: someone() })
      throw new Error('no')
    }),
  )
  const { tenantId: globex } = await testProvider(server, 'globex.example')
  const event = { activity: 'user.created', result: 'success', target: someone() } as const
  await inTenant(store, globex, trx => record(trx, { ...admin, actor: { kind: 'system' } }, event))
  await sleep(200)
  assert.deepEqual(await rowsOf(id), [])
})

test('one has twenty subscriptions at most, also where they are asked for at once', async () => {
  const person = await actOf('stale')
  // Earlier tests made this tenant a slow one.
  const quick = createHandshakes(server.services.targets)
  const results = await Promise.allSettled(
    Array.from({ length: 24 }, () => createSubscription(store, person, quick, asked('many', {}, person))),
  )
  const made = results.flatMap(one => (one.status === 'fulfilled' ? one.value.id : []))
  assert.equal(made.length, 20)
  for (const one of results) if (one.status === 'rejected') code('subscriptions_at_most')(one.reason)
  for (const id of made) await inTenant(store, acme, trx => deleteSubscription(trx, person, id))
})
