import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import pg from 'pg'
import { openStore, type Store } from '../store/index.ts'

/** The same URL with another database. */
export function inDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/**
 * A migrated database of its own for the test file, or for the test whose context is passed; closed after it.
 * It is not dropped: a connection whose end the server has not seen yet would fail the test. The run drops them all.
 */
export async function testDatabase(context?: { after(work: () => Promise<void>): void }): Promise<Store> {
  const store = await openStore({ databaseUrl: await testDatabaseUrl(), applicationName: 'latchkey test' })
  const close = () => store.close()
  if (context) context.after(close)
  else after(close)
  return store
}

/** The URL of a new database like `testDatabase`'s, for tests that start processes of their own. */
export const testDatabaseUrl = (): Promise<string> => copyOf(templateUrl())

/** The URL of a new database that `seed` has filled: once for the run, and for each other caller it is a copy. */
export async function seededDatabaseUrl(seed: (url: string) => Promise<void>): Promise<string> {
  const template = templateUrl()
  const name = `${nameIn(template)}_seeded`
  await asMaintainer(template, async client => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount) return
    const url = await testDatabaseUrl()
    await seed(url)
    await client.query(`alter database ${nameIn(url)} rename to ${name}`) // so that it is there whole, or not at all
  })
  return copyOf(inDatabase(template, name))
}

async function copyOf(template: string): Promise<string> {
  const source = nameIn(template)
  const name = `${source}_${randomBytes(6).toString('hex')}`
  await asMaintainer(template, client => client.query(`create database ${name} template ${source} strategy file_copy`))
  return inDatabase(template, name)
}

const nameIn = (url: string) => new URL(url).pathname.slice(1)

/** The URL of a new database without any table of ours. */
export async function emptyDatabaseUrl(): Promise<string> {
  const template = templateUrl()
  const name = `${nameIn(template)}_${randomBytes(6).toString('hex')}`
  await asMaintainer(template, client => client.query(`create database ${name}`))
  return inDatabase(template, name)
}

/** Runs statements in the database `postgres`, where databases and roles are made, on a connection of their own. */
export async function asMaintainer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: inDatabase(url, 'postgres') })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function templateUrl(): string {
  const url = process.env.TEST_DATABASE
  if (url) return url
  throw new Error('No test database: run tests with --test-global-setup=./tools/test-setup.ts')
}
