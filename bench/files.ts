import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { Act } from '../server/src/act.ts'
import { importPeople } from '../server/src/bulk/index.ts'
import { systemRandom } from '../server/src/crypto/index.ts'
import { createTenant } from '../server/src/directory/index.ts'
import { writeBackup } from '../server/src/runtime/backup.ts'
import { inTenant, openStore, type Store } from '../server/src/store/index.ts'
import type { Bench } from './bench.ts'
import { table } from './report.ts'

const PEOPLE = 100_000

/** Every person has the hash of another password: a real one would cost the bench a hash a row and the import none. */
const HASH = '$2b$10$CCCCCCCCCCCCCCCCCCCCC.'

/** What an import writes, each row of which COPY writes too. */
const WRITTEN = ['accounts', 'contact_info', 'passwords', 'audit_events']

/**
 * Measures an operator's import of people with numbers, addresses and hashes beside COPY of the rows that it left, and
 * a backup of that database beside pg_dump. Returns the report.
 */
export async function measureFiles(bench: Bench, [named]: readonly string[] = []): Promise<string> {
  const people = named === undefined ? PEOPLE : Number(named)
  if (!Number.isInteger(people) || people < 1_000) throw new Error('A file has 1000 people or more')
  const store = await openStore({ databaseUrl: bench.ownerUrl })
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-files-'))
  try {
    const tenantId = await makeTenant(bench, store, 'moved.example')
    const imported = await timed(() => bringIn(bench, store, tenantId, people))
    const copied = await measureCopy(bench, store, tenantId)
    const path = join(folder, 'backup')
    const backup = await timed(() =>
      writeBackup(store, { keys: bench.means.keys }, { to: createWriteStream(path), report: () => {} }),
    )
    const dumped = await dump(bench, store, folder)
    const rate = (seconds: number) => Math.round(people / seconds).toString()
    const size = async (file: string) => `${((await stat(file)).size / 1e6).toFixed(0)} MB`
    return [
      table([
        ['', 'seconds', 'people a second', 'of the other'],
        [`import of ${people}`, imported.toFixed(1), rate(imported), (copied / imported).toFixed(2)],
        [`COPY of ${WRITTEN.join(', ')}`, copied.toFixed(1), rate(copied), ''],
        ['backup', backup.toFixed(1), rate(backup), (dumped.seconds / backup).toFixed(2)],
        [dumped.what, dumped.seconds.toFixed(1), rate(dumped.seconds), ''],
      ]),
      '',
      `An import's reach is 0.3 of COPY, a backup's 0.5 of pg_dump. The backup has ${await size(path)}, the other ${await size(dumped.path)}.`,
    ].join('\n')
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1_000
}

async function makeTenant({ means }: Bench, store: Store, domain: string): Promise<string> {
  const id = systemRandom.uuid(means.now)
  await inTenant(store, id, trx => createTenant(trx, means, id, { displayName: domain, domain }))
  return id
}

async function bringIn({ means }: Bench, store: Store, tenantId: string, people: number): Promise<void> {
  function* lines() {
    yield Buffer.from(
      'userPrincipalName,displayName,givenName,surname,department,mobilePhone,otherMails,passwordHash\n',
    )
    for (let n = 0; n < people; n++) {
      const hash = `${HASH}${n.toString().padStart(30, 'A')}.`
      yield Buffer.from(
        `person-${n}@moved.example,Person ${n},Kim,Number ${n},Harbour,+8170${1_000_000 + n},p${n}@mail.example,${hash}\n`,
      )
    }
  }
  const act: Act = {
    ...means,
    actor: { kind: 'operator' },
    trail: { correlationId: systemRandom.uuid(means.now) },
  }
  const told = { refused: () => {}, judged: () => {} }
  const asked = { tenantId, isDryRun: false, isWhole: false, told }
  const { added } = await importPeople(store, act, asked, Readable.from(lines()))
  if (added !== people) throw new Error(`of ${people} people ${added} came in`)
}

/** Copies the rows of an import into another tenant, and undoes it. Returns the seconds that the copying took. */
async function measureCopy(bench: Bench, store: Store, tenantId: string): Promise<number> {
  const other = await makeTenant(bench, store, 'copied.example')
  const client = await store.pool.connect()
  try {
    const { rows } = await client.query('show data_directory')
    const file = (name: string) => `'${rows[0].data_directory}/${name}.copied'`
    const columns: Record<string, string> = {}
    for (const name of WRITTEN) {
      const found = await client.query(
        `select string_agg(quote_ident(column_name), ', ' order by ordinal_position) as names from information_schema.columns
          where table_schema = 'latchkey' and table_name = $1 and is_generated = 'NEVER'`,
        [name],
      )
      columns[name] = found.rows[0].names
      const selected = columns[name]!.replace(/\btenant_id\b/, `'${other}'::uuid`)
      await client.query(
        `copy (select ${selected} from latchkey.${name} where tenant_id = '${tenantId}') to ${file(name)}`,
      )
    }
    await client.query('begin')
    const seconds = await timed(async () => {
      for (const name of WRITTEN) await client.query(`copy latchkey.${name} (${columns[name]}) from ${file(name)}`)
    })
    await client.query('rollback')
    return seconds
  } finally {
    client.release()
  }
}

/** The same data by pg_dump of PostgreSQL 18, where LATCHKEY_PG_DUMP names one; else by COPY of each table. */
async function dump({ ownerUrl }: Bench, store: Store, folder: string) {
  const path = join(folder, 'dump')
  const program = process.env.LATCHKEY_PG_DUMP
  if (program !== undefined) {
    const words = ['--format=custom', '--compress=0', `--file=${path}`, ownerUrl]
    const seconds = await timed(() => promisify(execFile)(program, words))
    return { what: 'pg_dump, not compressed', seconds, path }
  }
  const { rows } = await store.pool.query(
    `select format('%I.%I', n.nspname, c.relname) as name, current_setting('data_directory') as data from pg_class c
      join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname like 'latchkey%'`,
  )
  const copy = join(rows[0].data, 'all.copied')
  const seconds = await timed(async () => {
    for (const { name } of rows) await store.pool.query(`copy ${name} to program 'cat >> "${copy}"'`)
  })
  return { what: 'COPY of all tables, plain', seconds, path: copy }
}
