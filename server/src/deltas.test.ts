import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { DAY, plus, SECOND } from './clock.ts'
import { type Asking, readDelta, readDeltaOptions } from './odata/index.ts'
import { inTenant } from './store/index.ts'
import { testDatabase } from './testing/database.ts'
import { addPeople, asking, followed, makeLists, refusal } from './testing/lists.ts'

const NOW = new Date('2026-11-26T12:00:00Z')
const store = await testDatabase()
await makeLists(store)
const run = (text: string, ...values: unknown[]) => store.pool.query(text, values)

type Query = Record<string, string>
async function delta(caller: Asking, query: Query = {}) {
  const options = readDeltaOptions(followed, Object.entries(query), { ...caller, path: '/people/delta' })
  return inTenant(store, caller.tenantId, trx => readDelta(trx, followed, options))
}

/** A whole round from its first page on. `between`: what happens after that. */
async function follow(caller: Asking, query: Query, between = async () => {}) {
  const rows: Record<string, unknown>[] = []
  for (let page = await delta(caller, query), first = true; ; first = false) {
    rows.push(...page.value)
    if (first) await between()
    assert.equal(page.next === undefined, page.delta !== undefined)
    if (page.delta) return { rows, token: page.delta }
    assert.equal(page.value.length, 100)
    page = await delta(caller, { $skiptoken: page.next! })
  }
}

/** A change as the directory makes it. */
const change = (id: string, name: string) =>
  run('update people set name = $2, name_folded = $2, changed_in = pg_current_xact_id() where id = $1', id, name)

test('a delta tells everybody once, and then what was added, changed, deleted and purged', async () => {
  const caller = asking(randomUUID(), NOW)
  const ids = await addPeople(
    store,
    caller.tenantId,
    Array.from({ length: 250 }, (_, n) => ({ name: `n${n}` })),
  )
  await addPeople(store, randomUUID(), [{ name: 'Another tenant’s' }])
  const first = await follow(caller, { $select: 'name' })
  assert.deepEqual(
    first.rows,
    ids.map((id, n) => ({ '@odata.etag': 'W/"1"', id, name: `n${n}` })),
  )
  const nothing = await follow(caller, { $deltatoken: first.token })
  assert.deepEqual(nothing.rows, [])

  await change(ids[3]!, 'changed')
  await run('update people set deleted_at = now(), changed_in = pg_current_xact_id() where id = $1', ids[4])
  await run('delete from people where id = $1', ids[5])
  await run('insert into purged (tenant_id, id) values ($1, $2)', caller.tenantId, ids[5])
  const [added] = await addPeople(store, caller.tenantId, [{ name: 'added' }])
  const told = [
    { '@odata.etag': 'W/"1"', id: ids[3], name: 'changed' },
    { id: ids[4], '@removed': { reason: 'changed' } },
    { id: ids[5], '@removed': { reason: 'deleted' } },
    { '@odata.etag': 'W/"1"', id: added, name: 'added' },
  ]
  const second = await follow(caller, { $deltatoken: nothing.token })
  assert.deepEqual(second.rows, told)
  assert.deepEqual((await follow(caller, { $deltatoken: nothing.token })).rows, told, 'a token may be used again')
  assert.deepEqual((await follow(caller, { $deltatoken: second.token })).rows, [])

  await run('update people set deleted_at = null, changed_in = pg_current_xact_id() where id = $1', ids[4])
  const third = await follow(caller, { $deltatoken: second.token })
  assert.deepEqual(third.rows, [{ '@odata.etag': 'W/"1"', id: ids[4], name: 'n4' }])
  await run('update people set changed_in = pg_current_xact_id() where tenant_id = $1', caller.tenantId)
  const all = (await follow(caller, { $deltatoken: third.token })).rows.map(({ id }) => id)
  assert.deepEqual(all.sort(), [...ids.filter(id => id !== ids[5]), added].sort())
})

test('a change that is committed late, or between two pages, is told by the next round', async () => {
  const caller = asking(randomUUID(), NOW)
  const ids = await addPeople(
    store,
    caller.tenantId,
    Array.from({ length: 150 }, () => ({ name: 'n' })),
  )
  const late = await store.pool.connect()
  await late.query('begin')
  await late.query("update people set name = 'late', changed_in = pg_current_xact_id() where id = $1", [ids[0]])
  await change(ids[2]!, 'later, but committed')
  const first = await follow(caller, {}, async () => {
    await change(ids[1]!, 'behind the page')
    await change(ids[140]!, 'before the page')
  })
  await late.query('commit')
  late.release()
  const namesOf = (rows: Record<string, unknown>[]) => rows.map(({ name }) => name).sort()
  const second = await follow(caller, { $deltatoken: first.token })
  assert.ok(namesOf(first.rows).includes('later, but committed'))
  assert.deepEqual(namesOf(second.rows), ['before the page', 'behind the page', 'late'])
  // The pages of a later round stand in the order of the changes: what changes again meanwhile moves on.
  await run('update people set changed_in = pg_current_xact_id() where tenant_id = $1', caller.tenantId)
  const third = await follow(caller, { $deltatoken: second.token }, async () => {
    await change(ids[0]!, 'again')
  })
  assert.deepEqual(new Set(third.rows.map(({ id }) => id)), new Set(ids))
  assert.ok((await follow(caller, { $deltatoken: third.token })).rows.some(({ name }) => name === 'again'))
})

test('a transaction that stays open elsewhere makes no delta tell anything twice', async () => {
  const caller = asking(randomUUID(), NOW)
  const open = await store.pool.connect()
  await open.query('begin')
  await open.query('select pg_current_xact_id()')
  const ids = await addPeople(store, caller.tenantId, [{ name: 'a' }, { name: 'b' }])
  const first = await follow(caller, {})
  assert.equal(first.rows.length, 2)
  const second = await follow(caller, { $deltatoken: first.token })
  assert.deepEqual(second.rows, [])
  await change(ids[1]!, 'changed')
  const third = await follow(caller, { $deltatoken: second.token })
  assert.deepEqual(
    third.rows.map(({ name }) => name),
    ['changed'],
  )
  await open.query('commit')
  open.release()
  assert.deepEqual((await follow(caller, { $deltatoken: third.token })).rows, [])
})

test('a delta tells the objects, properties and members that were asked for, from now on where it is said so', async () => {
  const caller = asking(randomUUID(), NOW)
  const ids = await addPeople(store, caller.tenantId, [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  const [team, other] = [randomUUID(), randomUUID()].sort() as [string, string]
  const join = (one: string) => run('insert into team_people values ($1, $2, $3)', caller.tenantId, ids[1], one)
  await join(team)
  const $filter = `id eq '${ids[1]}' or id eq '${ids[2]!.toUpperCase()}'`
  const first = await follow(caller, { $filter, $select: 'teams,floor' })
  assert.deepEqual(first.rows, [
    { '@odata.etag': 'W/"1"', id: ids[1], floor: null, 'teams@delta': [{ id: team }] },
    { '@odata.etag': 'W/"1"', id: ids[2], floor: null, 'teams@delta': [] },
  ])
  const { rows, token } = await follow(caller, { $deltatoken: 'latest', $filter, $select: 'teams' })
  assert.deepEqual(rows, [])
  await join(other)
  for (const id of ids) await change(id, 'x')
  assert.deepEqual((await follow(caller, { $deltatoken: token })).rows, [
    { '@odata.etag': 'W/"1"', id: ids[1], 'teams@delta': [{ id: other }] },
    { '@odata.etag': 'W/"1"', id: ids[2], 'teams@delta': [] },
  ])
})

test('a delta refuses other options, and the tokens of others', async () => {
  const caller = asking(randomUUID(), NOW, ['reports.read'])
  await addPeople(
    store,
    caller.tenantId,
    Array.from({ length: 101 }, () => ({ name: 'n' })),
  )
  const read = (query: Query, by: Partial<Asking> = {}) =>
    refusal(() => readDeltaOptions(followed, Object.entries(query), { ...caller, path: '/people/delta', ...by }))
  const ids = (count: number) => Array.from({ length: count }, () => `id eq '${randomUUID()}'`).join(' or ')
  for (const [query, code] of [
    [{ $filter: ids(50) }, 'none'],
    [{ $filter: ids(51) }, '400 Request_UnsupportedQuery filter_too_large'],
    [{ $filter: "name eq 'x'" }, '400 Request_UnsupportedQuery filter_property'],
    [{ $filter: "id eq 'x'" }, '400 Request_BadRequest filter_invalid'],
    [{ $filter: `id ne '${randomUUID()}'` }, '400 Request_UnsupportedQuery filter_operator'],
    [{ $filter: `${ids(1)} and ${ids(1)}` }, '400 Request_UnsupportedQuery filter_operator'],
    [{ $top: '5' }, '400 Request_UnsupportedQuery option_unsupported'],
    [{ $select: 'foo' }, '400 Request_BadRequest property_unknown'],
    [{ $select: 'seenDateTime' }, '403 Authorization_RequestDenied forbidden'],
    [{ $deltatoken: 'x' }, '410 syncStateNotFound sync_state_not_found'],
  ] as [Query, string][])
    assert.equal(read(query), code, JSON.stringify(query))

  const next = (await delta(caller)).next!
  const { token } = await follow(caller, {})
  const gone = '410 syncStateNotFound sync_state_not_found'
  const expired = '400 Directory_ExpiredPageToken page_token_expired'
  for (const [query, refused, lasts] of [
    [{ $deltatoken: token }, gone, 30 * DAY],
    [{ $skiptoken: next }, expired, DAY],
  ] as [Query, string, number][]) {
    assert.equal(read(query, { now: plus(NOW, lasts - SECOND) }), 'none')
    assert.equal(read(query, { now: plus(NOW, lasts) }), refused)
    assert.equal(read(query, { callerId: randomUUID() }), refused)
    assert.equal(read(query, { tenantId: randomUUID() }), refused)
    assert.equal(read(query, { path: '/teams/delta' }), refused)
    assert.equal(read({ ...query, $select: 'name' }), '400 Request_UnsupportedQuery option_unsupported')
  }
  assert.equal(read({ $skiptoken: token }), expired)
  assert.equal(read({ $deltatoken: next }), gone)
  assert.equal(read({ $deltatoken: 'latest', $skiptoken: next }), '400 Request_UnsupportedQuery option_unsupported')
})

test('a delta holds on one database server: after a restore from a dump it begins anew', async () => {
  const caller = asking(randomUUID(), NOW)
  const [id] = await addPeople(store, caller.tenantId, [{ name: 'n' }])
  const { token } = await follow(caller, {})
  const place = { purpose: 'delta', tenantId: caller.tenantId, rowId: caller.callerId } as const
  const state = JSON.parse(caller.keys.open(place, Buffer.from(token, 'base64url')))
  const gone = { status: 410, code: 'sync_state_not_found' }
  for (const since of [
    { ...state.since, server: '1' },
    {
      ...state.since,
      snapshot: state.since.snapshot.replace(/\d+/g, (number: string) => `${BigInt(number) + 1_000_000n}`),
    },
  ]) {
    const $deltatoken = caller.keys.seal(place, JSON.stringify({ ...state, since })).toString('base64url')
    await assert.rejects(delta(caller, { $deltatoken }), gone)
  }
  // As the dumped server had numbered it.
  await run("update people set changed_in = '999999999999' where id = $1", id)
  assert.deepEqual((await follow(caller, { $deltatoken: token })).rows, [])
  assert.equal((await follow(caller, {})).rows.length, 1)
})
