import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../testing/database.ts'
import { inTenant, inTenantAfter, questionOf, type Trx } from './index.ts'

const a = randomUUID()
const b = randomUUID()
const store = await testDatabase()
for (const id of [a, b])
  await inTenant(store, id, trx =>
    trx.insertInto('tenants').values({ tenant_id: id, display_name: id, created_at: new Date() }).execute(),
  )
const namesIn = async (trx: Trx) =>
  (await trx.selectFrom('tenants').select('display_name').execute()).map(row => row.display_name)

test('a question to another tenant comes before a transaction, sees that tenant alone, and undoes it where it fails', async () => {
  const seen = (id: string) => ({
    tenantId: id,
    question: questionOf({
      names: { sql: sql`array(select display_name from tenants)`, read: json => json as string[] },
    }),
  })
  const [asked, own] = await inTenantAfter(store, seen(a), b, (trx, answer) => Promise.all([answer, namesIn(trx)]))
  assert.deepEqual([asked, own], [{ names: [a] }, [b]])
  // Tenants of statements that travel one behind the other do not mix, on one connection or on several.
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, at) => {
      const [first, then] = at % 2 ? [a, b] : [b, a]
      return inTenantAfter(store, seen(first), then, async (trx, answer) => {
        const names = await trx.last(() => namesIn(trx))
        return [(await answer).names, names]
      })
    }),
  )
  assert.ok(many.every(([first, then], at) => first![0] === (at % 2 ? a : b) && then![0] === (at % 2 ? b : a)))

  const rename = (trx: Trx) =>
    trx.updateTable('tenants').set({ display_name: 'x' }).where('tenant_id', '=', b).execute()
  const failing = questionOf({ half: { sql: sql`1 / (select 0 from tenants)`, read: Number } })
  await assert.rejects(
    inTenantAfter(store, { tenantId: a, question: failing }, b, trx => trx.last(() => rename(trx))),
    /division by zero/,
  )
  const misread = { ...seen(a), question: { ...seen(a).question, read: () => assert.fail('misread') } }
  await assert.rejects(
    inTenantAfter(store, misread, b, async (trx, answer) => [await rename(trx), await answer]),
    /misread/,
  )
  for (const [first, then] of [
    [a, "'; reset role; --"],
    ["'; reset role; --", a],
  ])
    await assert.rejects(
      inTenantAfter(store, seen(first!), then!, async () => {}),
      TypeError,
    )
  assert.deepEqual(await inTenant(store, b, namesIn), [b])
})
