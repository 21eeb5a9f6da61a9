import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { sql } from 'kysely'
import { MINUTE, plus } from '../clock.ts'
import { meansAt, START, stage } from '../testing/people.ts'
import { inTenant, isOver, removeDue } from './index.ts'

const { store, cast } = await stage()

test('every table of the catalogue names what removes its rows', async () => {
  const { rows } = await store.pool.query(`
    select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'latchkey' and relkind in ('r', 'p') and not relispartition order by relname collate "C"`)
  const text = await readFile(new URL('./README.md', import.meta.url), 'utf8')
  const section = text.split(/^## /m).find(part => part.startsWith('What removes rows')) ?? ''
  const listed = [...section.matchAll(/^\| `(\w+)` +\| (\S.*) \|$/gm)].map(([, name]) => name)
  assert.deepEqual(
    rows.map(row => row.name),
    listed,
  )
})

test('what is due is removed in batches, of every tenant that has some, and nothing else', async () => {
  const [one, other] = [await cast.tenant('one.example'), await cast.tenant('other.example')]
  const fill = (tenantId: string, many: number, end: Date) =>
    inTenant(store, tenantId, trx =>
      sql`insert into sends (tenant_id, scope, subject, sent, window_ends_at)
        select ${tenantId}, 'account', decode(md5(${end.toISOString()} || n), 'hex'), 1, ${end} from generate_series(1, ${many}::int) n`.execute(
        trx,
      ),
    )
  await fill(one, 2_300, plus(START, -1))
  await fill(other, 1, plus(START, -1))
  await fill(one, 2, plus(START, 1))
  const asked: string[] = []
  await removeDue(store, meansAt(), [
    {
      table: 'sends',
      due(now) {
        asked.push('due')
        return sql`window_ends_at <= ${now}`
      },
    },
  ])
  assert.equal(asked.length, 1 + 2, 'asked once of all, and of two tenants')
  const { rows } = await store.pool.query('select tenant_id, count(*)::int from latchkey.sends group by 1')
  assert.deepEqual(rows, [{ tenant_id: one, count: 2 }])
})

test('an end that lies further ahead than it could have been set is over', () => {
  const now = START
  assert.equal(isOver(plus(now, 5 * MINUTE), now, 5 * MINUTE), false)
  assert.equal(isOver(plus(now, 60 * MINUTE), now, 5 * MINUTE), false, 'a clock that was set back ends nothing')
  assert.equal(isOver(plus(now, 66 * MINUTE), now, 5 * MINUTE), true)
  assert.equal(isOver(now, now, 5 * MINUTE), true)
})
