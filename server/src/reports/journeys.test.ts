import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, findTenantId, findUserByName, type User } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { wrongCode } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import { startHour } from '../testing/state.ts'
import { until } from '../testing/until.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const admin = await api.as('admin@acme.example')
const userOf = async (name: string): Promise<User> =>
  (await inTenant(store, acme, trx => findUserByName(trx, acme, `${name}@acme.example`)))!
const [registered, administrator] = [await userOf('registered'), await userOf('admin')]

interface Journey {
  id: string
  supportCode: string | null
  userId: string | null
  startedDateTime: string
  outcome: string | null
  events: { activity: string; reason: string | null; method: string | null; channel: string | null }[]
  count: number
}
const list = async (ask: AskApi, filter?: string): Promise<Journey[]> =>
  (await ask('GET', `/reset/journeys${filter ? `?$filter=${encodeURIComponent(filter)}` : ''}`)).json.value
const begin = async (username: string) => granted(await post(server.browser(), '/reset', { username }), 201)

test('a reset is told step by step, and found by the code of its page', async () => {
  const browser = server.browser()
  const { id, methods, supportCode } = granted(
    await post(browser, '/reset', { username: registered.userPrincipalName }),
    201,
  )
  const [before] = await server.outbox()
  const method = methods.find(({ kind }: { kind: string }) => kind === 'email').id
  const { challenge } = granted(await post(browser, `/reset/${id}/challenges`, { method }), 201)
  const code = await server.code('registered@mail.example', before)
  // Its sending is an event of the journey, which the worker notes a moment later.
  await until(async () => granted(await browser.get(`/reset/${id}`)).challenge.delivery === 'sent')
  refused(
    await post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code: wrongCode(code) }),
    422,
    'code_incorrect',
  )
  const [running] = await list(admin, `supportCode eq '${supportCode.toLowerCase()}'`)
  assert.deepEqual([running!.id, running!.userId, running!.outcome], [id, registered.id, null])
  const first = await admin('GET', `/reset/journeys/${id}`)
  assert.equal(
    (await admin('GET', `/reset/journeys/${id}`, undefined, { 'if-none-match': first.headers.get('etag')! })).status,
    304,
  )

  granted(await post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code }))
  granted(await post(browser, `/reset/${id}/password`, { newPassword: PASSWORD }))
  const done = await admin('GET', `/reset/journeys/${id}`)
  assert.notEqual(done.headers.get('etag'), first.headers.get('etag'))
  const { '@odata.context': _, '@odata.etag': etag, ...journey } = done.json
  assert.equal(etag, done.headers.get('etag'))
  const { events, startedDateTime, ...rest } = journey
  assert.deepEqual(rest, {
    id,
    supportCode,
    userId: registered.id,
    outcome: 'Succeeded',
    detail: 'User successfully reset password',
    gates: { required: 1, passed: 1 },
    count: 1,
  })
  assert.equal(events[0].dateTime, startedDateTime)
  // The worker notes that a code has left: from no address, and meanwhile its owner may have typed it.
  const isSent = ({ activity }: Record<string, string>) => activity === 'message.sent'
  const sent = events.filter(isSent)
  assert.deepEqual([sent.length, sent[0].ipAddress], [1, null])
  const acts = events.filter((event: Record<string, string>) => !isSent(event))
  assert.deepEqual(
    acts.map(({ activity, result, reason, method: kind, channel }: Record<string, string>) =>
      [activity, result, reason, kind, channel].join(' '),
    ),
    [
      'reset.started success   ',
      'reset.challenge_issued success  email email',
      'reset.proof_failed failure  email ',
      'reset.proof_passed success  email ',
      'reset.finished success   ',
    ],
  )
  assert.ok(acts.every(({ ipAddress }: { ipAddress: string }) => ipAddress === '127.0.0.1'))
  // Where a code went stays with its owner.
  assert.doesNotMatch(done.text, /mail\.example|\+1/)
})

test('journeys are listed newest first, by person and by time', async () => {
  await begin(registered.userPrincipalName)
  await begin(administrator.userPrincipalName)
  const own = await list(admin, `userId eq '${registered.id}'`)
  assert.ok(own.length >= 2 && own.every(({ userId }) => userId === registered.id))
  const all = await list(admin)
  const times = all.map(({ startedDateTime }) => startedDateTime)
  assert.deepEqual(times, times.toSorted().reverse())
  const since = own[0]!.startedDateTime
  assert.ok((await list(admin, `startedDateTime gt ${since}`)).every(({ startedDateTime }) => startedDateTime > since))
  const paged = await admin('GET', '/reset/journeys?$top=1&$count=true&$orderby=startedDateTime desc')
  assert.equal(paged.json['@odata.count'], all.length)
  const next = await admin('GET', paged.json['@odata.nextLink'])
  assert.equal(next.json.value[0].id, all[1]!.id)
  for (const [query, code] of [
    ["$filter=outcome eq 'Failed'", 'filter_property'],
    ['$orderby=userId', 'orderby_property'],
  ] as const)
    assert.equal((await admin('GET', `/reset/journeys?${query}`)).code, code)
  for (const id of [randomUUID(), 'x']) assert.equal((await admin('GET', `/reset/journeys/${id}`)).status, 404)
})

test('a name that nobody has is counted, and never told', async () => {
  startHour(server.clock)
  for (const name of ['nobody-1', 'nobody-2']) await begin(`${name}@acme.example`)
  const [unknown] = (await list(admin)).filter(({ userId }) => userId === null)
  assert.deepEqual([unknown!.supportCode, unknown!.count], [null, 2])
  assert.doesNotMatch((await admin('GET', '/reset/journeys')).text, /nobody-/)
})

test('an abandoned reset is one once it is over', async t => {
  const later = await testServer({ context: t, beside: server })
  const { id } = await begin(registered.userPrincipalName)
  later.clock.advance(16 * MINUTE)
  const { json } = await (await testApi(later).as('admin@acme.example'))('GET', `/reset/journeys/${id}`)
  assert.deepEqual([json.outcome, json.detail], ['Abandoned', 'User abandoned after entering their user ID'])
})

test('a help desk reads the journeys of those whom it may reset, and each reading is in the log', async () => {
  const desk = await api.as('helpdesk@acme.example')
  const helpdesk = await userOf('helpdesk')
  const theirs = await begin(administrator.userPrincipalName)
  const plain = await begin(registered.userPrincipalName)
  const read = await list(desk)
  assert.ok(read.some(({ id }) => id === plain.id))
  assert.ok(read.every(({ userId }) => userId !== null && userId !== administrator.id))
  assert.deepEqual(await list(desk, `supportCode eq '${theirs.supportCode}'`), [])
  const protectedOne = await desk('GET', `/reset/journeys/${theirs.id}`)
  assert.deepEqual([protectedOne.status, protectedOne.code], [403, 'protected_target'])
  const { json } = await desk('GET', '/reset/journeys?$select=outcome&$top=1')
  assert.deepEqual(Object.keys(json.value[0]).sort(), ['@odata.etag', 'outcome'])
  assert.equal((await desk('GET', `/reset/journeys/${plain.id}`)).status, 200)
  const { value: readings } = (
    await admin(
      'GET',
      `/auditLogs/directoryAudits?$filter=${encodeURIComponent(
        `activityDisplayName eq 'Read self-service password reset journey' and initiatedBy/user/id eq '${helpdesk.id}'`,
      )}`,
    )
  ).json
  // The list, the list of one property, and the one journey.
  assert.equal(readings.length, 3)
  assert.ok(
    readings.every(
      ({ targetResources }: { targetResources: { id: string }[] }) => targetResources[0]!.id === registered.id,
    ),
  )
  assert.ok(
    readings.some(({ additionalDetails }: { additionalDetails: object[] }) =>
      additionalDetails.some(one => JSON.stringify(one) === JSON.stringify({ key: 'journey', value: plain.id })),
    ),
  )
  // A right that begins between two reads holds for the second.
  await inTenant(store, acme, trx =>
    assignRole(trx, { ...services, now: services.clock() }, registered.id, 'User Administrator'),
  )
  assert.deepEqual(await list(desk, `userId eq '${registered.id}'`), [])
})

test('nobody else reads journeys, and no other tenant’s', async () => {
  const { id } = await begin('prefilled@acme.example')
  const plain = await api.as('prefilled@acme.example')
  for (const path of ['/reset/journeys', `/reset/journeys/${id}`]) assert.equal((await plain('GET', path)).status, 403)
  const stranger = await testApi(server, 'globex.example').asApplication(['AuditLog.Read.All'])
  assert.equal((await stranger('GET', `/reset/journeys/${id}`)).status, 404)
  assert.ok((await list(stranger)).every(one => one.id !== id))
})
