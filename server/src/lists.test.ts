import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { Check } from 'typebox/value'
import { DAY, plus, SECOND } from './clock.ts'
import {
  type Asking,
  countRows,
  listsEtag,
  readOne,
  readOptions,
  readSelection,
  rowSchema,
  schemaOf,
} from './odata/index.ts'
import { inTenant } from './store/index.ts'
import { testDatabase } from './testing/database.ts'
import { addPeople, asking, type Listed, list, makeLists, people, refusal } from './testing/lists.ts'

const NOW = new Date('2026-11-26T12:00:00Z')
const store = await testDatabase()
await makeLists(store)

type Options = Record<string, string>
const refused = (options: Options, mayNot: Parameters<typeof asking>[2] = []) =>
  refusal(() => readOptions(people, Object.entries(options), asking(randomUUID(), NOW, mayNot)))

async function tenantOf(listed: readonly Listed[]) {
  const caller = asking(randomUUID(), NOW)
  return { caller, ids: await addPeople(store, caller.tenantId, listed) }
}

test('a list answers what is asked of each row, in wire form', async () => {
  const { caller, ids } = await tenantOf([
    {
      name: 'Kim',
      mail: 'kim@acme.example',
      floor: 3,
      aliases: ['a', 'b'],
      number: '+12065550110',
      createdAt: new Date('2026-11-26T11:30:00.120Z'),
    },
  ])
  await addPeople(store, randomUUID(), [{ name: 'Another tenant’s' }])
  assert.deepEqual(await list(store, caller), {
    value: [{ '@odata.etag': 'W/"1"', id: ids[0], name: 'Kim', mail: 'kim@acme.example', seenDateTime: null }],
  })
  const $select = 'number, createdDateTime,floor,aliases,enabled,assignedLicenses,manager'
  const row = {
    '@odata.etag': 'W/"1"',
    number: '+12065550110',
    createdDateTime: '2026-11-26T11:30:00.120Z',
    floor: 3,
    aliases: ['a', 'b'],
    enabled: true,
    assignedLicenses: [],
    manager: null,
  }
  assert.deepEqual(await list(store, caller, { SELECT: $select, $COUNT: 'True' }), { value: [row], count: 1 })
  const one = readSelection(people, [['$select', 'name']], caller)
  const found = (id: string) =>
    inTenant(store, caller.tenantId, trx => readOne(trx, people, one, sql`people.id = ${id}`))
  assert.deepEqual(await found(ids[0]!), { '@odata.etag': 'W/"1"', name: 'Kim' })
  assert.equal(await found(randomUUID()), undefined)
  const { '@odata.etag': _, assignedLicenses, manager, ...told } = row
  assert.ok(Check(rowSchema(people), told))
  assert.ok(!Check(rowSchema(people), { ...told, floor: 'third' }))
  const { name, mail } = people.properties
  assert.deepEqual(
    [null, '', 'k'].map(value => Check(schemaOf(name!), value)),
    [false, false, true],
  )
  assert.deepEqual(
    [null, '', 1].map(value => Check(schemaOf(mail!), value)),
    [true, true, false],
  )
})

test('what the caller may not read is left out where nobody asks, and refused wherever it is asked', async () => {
  const caller = asking(randomUUID(), NOW, ['reports.read'])
  const [id] = await addPeople(store, caller.tenantId, [{ name: 'Kim', seenAt: NOW }])
  assert.deepEqual(await list(store, caller), { value: [{ '@odata.etag': 'W/"1"', id, name: 'Kim', mail: null }] })
  for (const options of [
    { $select: 'id,seenDateTime' },
    { $filter: 'seenDateTime ge 2026-11-26T00:00:00Z' },
    { $filter: "name eq 'x' or not (seenDateTime lt 2026-11-26T00:00:00Z)" },
    { $search: '"office:x"' },
    { $orderby: 'seenDateTime desc' },
    { $expand: 'teams($select=secret)' },
  ] as Options[])
    assert.equal(
      refused(options, ['reports.read']),
      '403 Authorization_RequestDenied forbidden',
      JSON.stringify(options),
    )
})

test('options may lack their $ and stand in any case; what is unknown, twice or malformed is refused', () => {
  for (const [options, expected] of [
    [{ $top: '1' }, 'none'],
    [{ top: '999', COUNT: 'false', other: 'x', __proto__: 'x' }, 'none'],
    ...['0', '-1', '1000', 'x', '', '1e2', ' 5'].map(top => [{ $top: top }, '400 Request_UnsupportedQuery page_size']),
    [{ $filter: "name eq 'x'", filter: "name eq 'x'" }, '400 Request_BadRequest option_repeated'],
    ...['$skip', 'skip', '$apply', '$foo', '$', '$deltatoken'].map(name => [
      { [name]: '1' },
      '400 Request_UnsupportedQuery option_unsupported',
    ]),
    [{ $count: 'yes' }, '400 Request_BadRequest option_invalid'],
    ...['foo', 'id,foo', '', 'constructor', 'team/id'].map(select => [
      { $select: select },
      '400 Request_BadRequest property_unknown',
    ]),
    ...['floor', 'name,mail', 'name up', 'constructor', ''].map(by => [
      { $orderby: by },
      '400 Request_UnsupportedQuery orderby_property',
    ]),
    ...['owners', 'teams,teams', 'teams($filter=name)', 'teams($expand=x)', '__proto__'].map(expand => [
      { $expand: expand },
      '400 Request_UnsupportedQuery expand_property',
    ]),
  ] as [Options, string][])
    assert.equal(refused(options), expected, JSON.stringify(options))
  const read = (query: [string, string][], by: typeof readOptions | typeof readSelection) =>
    refusal(() => by(people, query, asking(randomUUID(), NOW)))
  const twice: [string, string][] = [
    ['$top', '1'],
    ['$top', '1'],
  ]
  assert.equal(read(twice, readOptions), '400 Request_BadRequest option_repeated')
  assert.equal(read([['$filter', "name eq 'x'"]], readSelection), '400 Request_UnsupportedQuery option_unsupported')
})

/** The rows of a whole list, page by page. `between`: what happens after the first. */
async function walk(caller: Asking, options: Options, between = async () => {}) {
  const rows: Record<string, unknown>[] = []
  for (let token: string | undefined, page = 1; ; page += 1) {
    const { value, next, count } = await list(store, caller, { ...options, ...(token && { $skiptoken: token }) })
    assert.equal(count !== undefined, page === 1 && '$count' in options)
    rows.push(...value)
    if (!next) return rows
    assert.equal(value.length, Number(options.$top))
    token = next
    if (page === 1) await between()
  }
}

test('pages follow one another in each order, over equal values and none', async () => {
  const { caller } = await tenantOf(
    Array.from({ length: 23 }, (_, n) => ({
      name: `Name ${n % 3}`,
      mail: `m${n}`,
      ...(n % 4 !== 0 && { seenAt: plus(NOW, (n % 5) * DAY) }),
      createdAt: plus(NOW, (n % 2) * DAY),
    })),
  )
  for (const $orderby of [
    '',
    'name',
    'name desc',
    'mail',
    'createdDateTime desc',
    'seenDateTime',
    'seenDateTime desc',
  ]) {
    const options = { $select: 'name,mail,seenDateTime,createdDateTime', ...($orderby && { $orderby }) }
    const whole = await list(store, caller, { ...options, $count: 'true' })
    assert.equal(whole.count, 23)
    const read = readOptions(people, [], caller)
    assert.equal(await inTenant(store, caller.tenantId, trx => countRows(trx, people, read)), 23)
    for (const $top of ['1', '4', '5', '6', '23', '24'])
      assert.deepEqual(await walk(caller, { ...options, $top, $count: 'true' }), whole.value, `${$orderby} by ${$top}`)
    const [by = '', direction] = $orderby.split(' ')
    const values = whole.value.map(row => String(row[by] ?? ''))
    const sorted = values.toSorted()
    assert.deepEqual(values, direction ? sorted.reverse() : sorted, $orderby)
  }
})

test('what changes between two pages neither repeats nor skips a row', async () => {
  const { caller } = await tenantOf([...'bdfhjl'].map(name => ({ name })))
  const rows = await walk(caller, { $orderby: 'name', $top: '2' }, async () => {
    await store.pool.query("delete from people where tenant_id = $1 and name in ('d', 'f')", [caller.tenantId])
    await addPeople(store, caller.tenantId, [{ name: 'a' }, { name: 'c' }, { name: 'k' }])
  })
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['b', 'd', 'h', 'j', 'k', 'l'],
  )
})

test('a page token serves its caller, tenant, list and query for 24 hours, as it was written', async () => {
  const { caller } = await tenantOf([{ name: 'a' }, { name: 'b' }])
  const options = { $top: '1', $orderby: 'name' }
  const token = (await list(store, caller, options)).next!
  const read = (by: Partial<Asking>, changed: Options = {}) => {
    const query = { ...options, $skiptoken: token, ...changed }
    return refusal(() => readOptions(people, Object.entries(query), { ...caller, ...by }))
  }
  const expired = '400 Directory_ExpiredPageToken page_token_expired'
  assert.equal(read({}), 'none')
  assert.equal(read({ now: plus(NOW, DAY - SECOND) }), 'none')
  for (const by of [
    { now: plus(NOW, DAY) },
    { callerId: randomUUID() },
    { tenantId: randomUUID() },
    { path: '/teams' },
  ])
    assert.equal(read(by), expired)
  assert.equal(read({}, { $top: '2' }), expired)
  assert.equal(read({}, { $filter: "name eq 'a'" }), expired)
  for (const $skiptoken of ['', 'x', `${token}=`, `${token} `, token.repeat(2)])
    assert.equal(read({}, { $skiptoken }), expired)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const place of token.split('').keys())
    for (const sign of [alphabet[(alphabet.indexOf(token[place]!) + 1) % 64]!, '', '='])
      assert.equal(read({}, { $skiptoken: token.slice(0, place) + sign + token.slice(place + 1) }), expired)
})

test('$expand answers at most 20 linked rows, with what the caller may read of them', async () => {
  const { caller, ids } = await tenantOf([{ name: 'Kim' }, { name: 'Lee' }])
  const linked = Array.from({ length: 25 }, () => randomUUID()).sort()
  for (const [n, team] of linked.entries()) {
    await store.pool.query('insert into teams values ($1, $2, $3)', [caller.tenantId, team, `Team ${n}`])
    await store.pool.query('insert into team_people values ($1, $2, $3)', [caller.tenantId, ids[0], team])
  }
  assert.deepEqual((await list(store, caller, { $select: 'name', $expand: 'teams($select=id)' })).value, [
    { '@odata.etag': 'W/"1"', name: 'Kim', teams: linked.slice(0, 20).map(id => ({ id })) },
    { '@odata.etag': 'W/"1"', name: 'Lee', teams: [] },
  ])
  const [kim] = (await list(store, { ...caller, may: () => false }, { $expand: 'teams' })).value
  assert.deepEqual((kim!.teams as unknown[])[0], { id: linked[0], name: 'Team 0' })
})

test('If-Match lists a version in any form that ETags have', () => {
  for (const [header, expected] of [
    ['*', true],
    ['W/"1"', true],
    ['"1"', true],
    ['"0", W/"1" , "2"', true],
    ['"2"', false],
    ['1', false],
    ['', false],
    ['"1" x', false],
    ['"1', false],
    ['W/"11"', false],
    ['"0,1"', false],
  ] as [string, boolean][])
    assert.equal(listsEtag(header, '1'), expected, header)
})
