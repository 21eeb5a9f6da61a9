import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { testDatabaseUrl } from '../testing/database.ts'
import { addPeople, asking, list, makeLists } from '../testing/lists.ts'
import { explainedStore } from '../testing/plans.ts'

// What a page reads of 20,000 rows, under row-level security: an index leads to them in their order.

const PEOPLE = 20_000
const NOW = new Date('2026-11-26T12:00:00Z')
const caller = asking(randomUUID(), NOW)
let one: string | undefined

const { store, skip, judge, forget } = await explainedStore(await testDatabaseUrl(), async first => {
  await makeLists(first)
  await first.pool.query(
    `insert into people (tenant_id, id, name, name_folded, mail, mail_folded, created_at, seen_at, number_hash)
     select $1, md5('id' || n)::uuid, 'Name ' || n, 'name ' || n, mail, mail, $2::timestamptz - n * interval '1 minute',
       case when n % 2 = 0 then $2::timestamptz - n * interval '1 hour' end, decode(md5('number' || n), 'hex')
     from generate_series(1, $3) n, lateral (select case when n % 3 > 0 then 'm' || n || '@acme.example' end as mail)`,
    [caller.tenantId, NOW, PEOPLE],
  )
  const added = await addPeople(first, caller.tenantId, [{ name: 'Zoe', number: '+12065550110', createdAt: NOW }])
  one = added[0]
})

/** Asks for a page until PostgreSQL has settled on a plan for any value, or on one for each, which takes five. */
async function settled(options: Record<string, string>) {
  for (let time = 0; time < 6; time += 1) await list(store, caller, options)
  forget()
  return list(store, caller, options)
}

test('an index leads to each page in each order, to a late page too', { skip }, async () => {
  for (const by of ['', 'name', 'mail', 'createdDateTime', 'seenDateTime'])
    for (const direction of by ? ['', ' desc'] : ['']) {
      const options = by ? { $orderby: `${by}${direction}` } : {}
      await settled(options)
      judge(`${by}${direction}`)
      let token: string | undefined
      for (let page = 0; page < 12; page += 1) {
        const $top = '999'
        const { next } = await list(store, caller, { ...options, $top, ...(token && { $skiptoken: token }) })
        token = next
      }
      const { value } = await settled({ ...options, $top: '999', $skiptoken: token! })
      assert.equal(value.length, 999)
      judge(`${by}${direction}, late`, 999)
    }
})

test('an index leads to what a filter or a search by a prefix names', { skip }, async () => {
  for (const [option, text, count] of [
    ['$filter', "name eq 'ZOE'", 1],
    ['$filter', "name in ('name 1', 'name 2')", 2],
    ['$filter', "startsWith(name,'name 1234')", 11],
    ['$filter', "name eq 'zoe' and startsWith(name,'z') and enabled eq true", 1],
    ['$filter', "mail eq 'm7@acme.example'", 1],
    ['$filter', "startsWith(mail,'m1234')", 8],
    ['$filter', "endsWith(mail,'777@acme.example')", 13],
    ['$filter', "startsWith(mail,'m')", 100],
    ['$filter', "endsWith(mail,'@acme.example')", 100],
    ['$filter', 'mail eq null', 100],
    ['$filter', `id eq '${one}'`, 1],
    ['$filter', `id in ('${one}', '${randomUUID()}')`, 1],
    ['$filter', 'createdDateTime ge 2026-11-26T11:30:00Z', 31],
    ['$filter', 'seenDateTime ge 2026-11-26T00:00:00Z', 6],
    ['$filter', "number eq '+12065550110'", 1],
    ['$search', '"mail:m1234"', 8],
  ] as const) {
    const { value } = await settled({ [option]: text })
    judge(text)
    assert.equal(value.length, count, text)
  }
})
