import assert from 'node:assert/strict'
import { after } from 'node:test'
import { openStore, type Store } from '../store/index.ts'

type Plan = Record<string, string | number> & { Plans?: Plan[] }

const SETTINGS = [
  "session_preload_libraries = 'auto_explain'",
  'auto_explain.log_min_duration = 0',
  'auto_explain.log_analyze = on',
  'auto_explain.log_buffers = on',
  'auto_explain.log_timing = off',
  'auto_explain.log_format = json',
  'auto_explain.log_level = notice',
]

/**
 * Opens a database whose statements are explained, under row-level security, and judges what each read. `skip`: why that
 * cannot be. `fill` writes rows as the owner.
 */
export async function explainedStore(url: string, fill: (store: Store) => Promise<void>) {
  const first = await openStore({ databaseUrl: url })
  await fill(first)
  await countAll(first)
  const { rows } = await first.pool.query('select rolsuper as may from pg_roles where rolname = current_user')
  const skip = !rows[0].may && 'only a superuser may have every plan explained'
  if (!skip)
    for (const setting of SETTINGS)
      await first.pool.query(`alter database ${new URL(url).pathname.slice(1)} set ${setting}`)
  await first.close()

  const plans: Plan[] = []
  const store = await openStore({ databaseUrl: url })
  after(() => store.close())
  store.requests.on('acquire', client => {
    client.removeAllListeners('notice')
    client.on('notice', ({ message = '' }) => plans.push(JSON.parse(message.slice(message.indexOf('{'))).Plan))
  })

  /** Fails where the one statement since the last call read a whole table, sorted more than a page, or read far more rows than one. */
  const judge = (what: string, top = 100) => {
    const plan = plans.shift()!
    assert.equal(plans.length, 0, what)
    const nodes = nodesOf(plan)
    const told = `${what}: ${nodes.map(node => `${node['Node Type']} ${node['Actual Rows']}`).join(', ')}`
    assert.ok(!nodes.some(node => node['Node Type'] === 'Seq Scan' && rowsOf(node) > top), told)
    const sorted = nodes.filter(node => String(node['Node Type']).includes('Sort')).map(rowsOf)
    assert.ok(Math.max(0, ...sorted) <= top + 1, told)
    const read = nodes.filter(node => 'Index Name' in node).map(rowsOf)
    assert.ok(read.length > 0 && read.reduce((sum, one) => sum + one, 0) <= 5 * (top + 1), `${told}, ${read}`)
  }
  return { store, skip, judge, forget: () => void plans.splice(0) }
}

/**
 * Makes the plans the same in every run. ANALYZE counts all rows, up to 90,000 of a table, as a sample drawn at random
 * would decide now and then; an index's pending entries and pages not yet known as visible would leave them to autovacuum.
 */
async function countAll({ pool }: Store) {
  const client = await pool.connect()
  await client.query('set default_statistics_target = 300')
  await client.query('vacuum analyze')
  client.release(true)
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** The rows that a part of a plan read. */
const rowsOf = (node: Plan) =>
  (Number(node['Actual Rows']) + Number(node['Rows Removed by Filter'] ?? 0)) * Number(node['Actual Loops'])
