import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { inTenant } from '../store/index.ts'
import { testDatabase } from '../testing/database.ts'
import { addPeople, asking, type Listed, list, makeLists, people, refusal } from '../testing/lists.ts'
import { countRows, readOptions } from './index.ts'

const NOW = new Date('2026-11-26T12:00:00Z')
const store = await testDatabase()
await makeLists(store)

async function tenantOf(listed: readonly Listed[]) {
  const caller = asking(randomUUID(), NOW)
  return { caller, ids: await addPeople(store, caller.tenantId, listed) }
}

const codeOf = (options: Record<string, string>) =>
  refusal(() => readOptions(people, Object.entries(options), asking(randomUUID(), NOW)))
    .split(' ')
    .at(-1)

test('a filter finds whom it names', async () => {
  const [anna, bob, carla, dot] = ['Anna O’Neil', "Bob O'Brien", 'ＣＡＲＬＡ', '100%_\\'] as const
  const { caller, ids } = await tenantOf([
    { name: anna, mail: 'Anna@acme.example', aliases: ['smtp:anna@acme.example', 'x'], floor: 0 },
    { name: bob, mail: 'bob@acme.example', enabled: false, floor: 7, number: '+12065550110' },
    { name: carla, createdAt: new Date('2026-11-27T00:00:00Z'), seenAt: NOW, number: '+12065550111' },
    { name: dot, mail: 'd@globex.example', aliases: ["it's"], floor: -2 },
  ])
  const team = randomUUID()
  await store.pool.query('insert into team_people values ($1, $2, $3)', [caller.tenantId, ids[0], team])
  for (const [filter, expected] of [
    ["name eq 'ANNA o’neil'", [anna]],
    ["name eq 'carla'", [carla]],
    ["name ne 'carla'", [anna, bob, dot]],
    ["name in ('carla', 'nobody', 'bob o''brien')", [bob, carla]],
    ["startsWith(name,'bob o''')", [bob]],
    ["startswith(name, '100%_\\')", [dot]],
    ["startsWith(name,'%')", []],
    ["startsWith(name,'')", [anna, bob, carla, dot]],
    ["name eq 'x'' or 1 eq 1 --'", []],
    ["mail eq 'ANNA@ACME.EXAMPLE'", [anna]],
    ["mail eq 'bob@acme.example\u212a'", []],
    ["endsWith(mail,'@ACME.example')", [anna, bob]],
    ["ENDSWITH(mail,'')", [anna, bob, dot]],
    ['mail eq null', [carla]],
    ['mail ne null', [anna, bob, dot]],
    ["mail ne 'anna@acme.example'", [bob, carla, dot]],
    ["not (mail eq 'anna@acme.example')", [bob, carla, dot]],
    ["not (mail ne 'anna@acme.example')", [anna]],
    ["not startsWith(mail,'anna')", [bob, carla, dot]],
    ["not not startsWith(mail,'anna')", [anna]],
    ["mail in ('bob@acme.example', null)", [bob, carla]],
    ["not (mail in ('bob@acme.example', null))", [anna, dot]],
    ['enabled eq false', [bob]],
    ['enabled ne false', [anna, carla, dot]],
    ['floor eq 7 or floor eq 0', [anna, bob]],
    ['floor in (7, -2)', [bob, dot]],
    ['floor eq 999999999999999', []],
    ['not (floor eq 7)', [anna, carla, dot]],
    ['createdDateTime ge 2026-11-27T00:00:00Z', [carla]],
    ['createdDateTime ge 2026-11-27T02:00:00+02:00', [carla]],
    ['createdDateTime gt 2026-11-27T00:00:00.000Z', []],
    ['createdDateTime lt 2026-11-27T00:00Z', [anna, bob, dot]],
    ['not (createdDateTime le 2026-11-26T12:00:00Z)', [carla]],
    ['createdDateTime lt 0000-01-01T00:00:00Z', []],
    ['not (seenDateTime ge 2026-01-01T00:00:00Z)', [anna, bob, dot]],
    [`id eq '${ids[0]!.toUpperCase()}'`, [anna]],
    [`id eq ${ids[0]}`, [anna]],
    [`id in ('${ids[0]}','${ids[2]}','nobody')`, [anna, carla]],
    ["id eq 'nobody'", []],
    ["id ne 'nobody'", [anna, bob, carla, dot]],
    [`team/id eq '${team}'`, [anna]],
    ["aliases/any(a:a eq 'x')", [anna]],
    ["aliases/any(a:startsWith(a,'smtp:') and endsWith(a,'acme.example'))", [anna]],
    ["aliases/any(a:a eq 'it''s' or a eq 'x')", [anna, dot]],
    ["not aliases/any(a:a eq 'x')", [bob, carla, dot]],
    ["not aliases/any(a:not (a eq 'x'))", [bob, carla]],
    ['aliases/any()', [anna, dot]],
    ['not aliases/any()', [bob, carla]],
    ["number eq '+12065550110'", [bob]],
    ["number in ('+12065550110','+12065550111')", [bob, carla]],
    ["not (number eq '+12065550110')", [anna, carla, dot]],
    ["name eq 'nobody' or enabled eq false and floor eq 7", [bob]],
    ["(name eq 'carla' or enabled eq true) and floor eq 0", [anna]],
    ["not (enabled eq true and floor eq 0) and not (name eq 'carla')", [bob, dot]],
  ] as [string, string[]][]) {
    const { value } = await list(store, caller, { $filter: filter })
    assert.deepEqual(value.map(({ name }) => name).sort(), [...expected].sort(), filter)
    const options = readOptions(people, [['$filter', filter]], caller)
    const count = await inTenant(store, caller.tenantId, trx => countRows(trx, people, options))
    assert.equal(count, expected.length, filter)
  }
})

test('a filter that is none, or of what no list takes, is refused by its code', () => {
  const many = (count: number) => Array.from({ length: count }, () => "name eq 'x'").join(' or ')
  const nested = (depth: number) => `${'('.repeat(depth)}name eq 'x'${')'.repeat(depth)}`
  for (const [filter, code] of [
    [many(25), 'none'],
    [many(26), 'filter_too_large'],
    [nested(10), 'none'],
    [nested(11), 'filter_too_large'],
    ['('.repeat(4_000), 'filter_too_large'],
    [`${'not '.repeat(1_000)}name eq 'x'`, 'none'],
    [`name eq '${'x'.repeat(4_086)}'`, 'none'],
    [`name eq '${'x'.repeat(4_087)}'`, 'filter_too_large'],
    ['shoeSize eq 1', 'filter_property'],
    ['constructor eq 1', 'filter_property'],
    ['__proto__ eq 1', 'filter_property'],
    ["assignedLicenses/any(a:a/skuId eq 'x')", 'filter_property'],
    ['assignedLicenses/$count ne 0', 'filter_property'],
    ["aliases/any(a:b eq 'x')", 'filter_property'],
    ["aliases/any(a:a/b eq 'x')", 'filter_property'],
    ["aliases/any(a:name eq 'x')", 'filter_property'],
    ["name gt 'x'", 'filter_operator'],
    ["contains(name,'x')", 'filter_operator'],
    ["tolower(name) eq 'x'", 'filter_operator'],
    ["endsWith(name,'x')", 'filter_operator'],
    ["startsWith(number,'+1')", 'filter_operator'],
    ["number ne '+1'", 'filter_operator'],
    ["name has 'x'", 'filter_operator'],
    ["aliases eq 'x'", 'filter_operator'],
    ["name/any(n:n eq 'x')", 'filter_operator'],
    ["aliases/all(a:a eq 'x')", 'filter_operator'],
    ['name/any()', 'filter_operator'],
    ['assignedLicenses/any()', 'filter_property'],
    [Array.from({ length: 26 }, () => 'aliases/any()').join(' or '), 'filter_too_large'],
    ...[
      '',
      ' ',
      "name eq 'x' or 1 eq 1",
      "name eq 'x",
      "name eq 'x''",
      'name eq x',
      'name eq',
      'name',
      "'x' eq name",
      "name eq 'x' name eq 'x'",
      "name eq 'x' and",
      "and name eq 'x'",
      "(name eq 'x'",
      "name eq 'x')",
      "name == 'x'",
      'name eq "x"',
      "name eq 'x';",
      "name eq 'x'--",
      "name eq 'x' /* y */",
      'name in ()',
      "name in ('x',)",
      "name in 'x'",
      'not',
      "startsWith('x',name)",
      'startsWith(name,1)',
      'startsWith(name)',
      'aliases/any(',
      "aliases/any(a eq 'x')",
      'name eq 1',
      'name eq true',
      'name eq null',
      'enabled eq 1',
      "enabled eq 'true'",
      "floor eq '1'",
      'floor eq 1.5',
      'floor eq 1e3',
      'floor eq 9999999999999999',
      "createdDateTime ge '2026-11-26T00:00:00Z'",
      'createdDateTime ge 2026-11-26',
      'createdDateTime ge 2026-13-26T00:00:00Z',
      'createdDateTime ge 2026-11-26T00:00:00',
      'createdDateTime ge null',
      'id eq null',
      "name eq 'x\0'",
      "name\neq 'x'",
      "name NE 'x'",
    ].map(one => [one, 'filter_invalid']),
  ] as [string, string][])
    assert.equal(codeOf({ $filter: filter }), code, filter.slice(0, 60))
})

test('a search finds by the beginning of a word of a name, and of the whole of an address', async () => {
  const [anna, bob, taro] = ['Anna-Lena O’Neil', 'Bob 100%_ (Sales)', '京都 太郎'] as const
  const { caller } = await tenantOf([
    { name: anna, mail: 'anna@acme.example' },
    { name: bob, mail: 'lena@acme.example' },
    { name: taro },
  ])
  for (const [search, expected] of [
    ['"name:ANNA"', [anna]],
    ['"name:len"', [anna]],
    ['"name:ena"', []],
    ['"name:neil anna"', [anna]],
    [`"name:lena-o'n"`, [anna]],
    ['"name:太"', [taro]],
    ['"name:100%_"', [bob]],
    ['"name:sales"', [bob]],
    ['"name:%"', []],
    ['"name:"', []],
    ['"name: -"', []],
    ['"mail:LENA@"', [bob]],
    ['"mail:acme"', []],
    ['"name:len" OR "mail:len"', [anna, bob]],
    ['"name:len" AND "mail:len"', []],
    ['"name:bob" AND ("name:len" OR "mail:len")', [bob]],
    ['"name:bob" AND "name:len" OR "name:京"', [taro]],
    ['"name:\\"bob\\""', []],
  ] as [string, string[]][]) {
    const { value } = await list(store, caller, { $search: search })
    assert.deepEqual(value.map(({ name }) => name).sort(), [...expected].sort(), search)
  }
  for (const [search, code] of [
    ['', 'search_invalid'],
    ['name:bob', 'search_invalid'],
    ['"bob"', 'search_invalid'],
    ['"name:bob', 'search_invalid'],
    ['"name:bob" "name:x"', 'search_invalid'],
    ['"name:bob" and "name:x"', 'search_invalid'],
    ['("name:bob"', 'search_invalid'],
    ['"name:\\x"', 'search_invalid'],
    ['"name:\0"', 'search_invalid'],
    ['"floor:1"', 'search_property'],
    ['"constructor:1"', 'search_property'],
    [`${'('.repeat(11)}"name:x"${')'.repeat(11)}`, 'filter_too_large'],
    [Array.from({ length: 26 }, () => '"name:x"').join(' OR '), 'filter_too_large'],
    [`"name:${'x'.repeat(4_100)}"`, 'filter_too_large'],
    [`"name:${'x '.repeat(90)}"`, 'none'],
    [`"name:${'x '.repeat(101)}"`, 'filter_too_large'],
  ] as [string, string][])
    assert.equal(codeOf({ $search: search }), code, search.slice(0, 60))
})
