import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openStore, startEmbedded } from '../server/src/store/index.ts'
import { asMaintainer, inDatabase } from '../server/src/testing/database.ts'

// Runs once around all test files. A part starts a resource that the tests share, tells them through the environment,
// and returns its end.
type Part = () => Promise<() => Promise<void>>

const parts: Part[] = [database]
const ends: (() => Promise<void>)[] = []

export async function globalSetup(): Promise<void> {
  process.env.NODE_ENV ??= 'production' // pages are drawn by what people run, which takes half the time
  for (const part of parts) ends.unshift(await part())
}

export async function globalTeardown(): Promise<void> {
  for (const end of ends) await end()
}

/** One database server for the run, with a migrated database that each test file copies. */
async function database(): Promise<() => Promise<void>> {
  const { url, end } = process.env.LATCHKEY_TEST_DATABASE_URL
    ? { url: process.env.LATCHKEY_TEST_DATABASE_URL, end: async () => {} }
    : await cluster()
  const name = `template_latchkey_${process.pid}`
  const template = inDatabase(url, name)
  await asMaintainer(url, async client => {
    await client.query(`drop database if exists ${name}`)
    await client.query(`create database ${name}`)
  })
  const store = await openStore({ databaseUrl: template })
  await migrate(store)
  await store.close()
  process.env.TEST_DATABASE = template
  return async () => {
    // A server that is not ours is left as it was; ours is removed whole.
    if (process.env.LATCHKEY_TEST_DATABASE_URL) await dropAll(url, name)
    await end()
  }
}

async function cluster(): Promise<{ url: string; end: () => Promise<void> }> {
  const base = await stat('/dev/shm').then(
    () => '/dev/shm',
    () => tmpdir(),
  )
  await sweep(base)
  const folder = await mkdtemp(join(base, `latchkey-test-${process.pid}-`))
  await chmod(folder, 0o755) // where tests run as root, PostgreSQL is another account and has to get in
  const hasty = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off', 'max_connections=300']
  const server = await startEmbedded(folder, hasty)
  return {
    url: server.url,
    end: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Ends the servers of test runs that were killed before they could. */
async function sweep(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const pid = /^latchkey-test-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    const folder = join(base, name)
    const left = await startEmbedded(folder).catch(() => undefined)
    await left?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function dropAll(url: string, name: string): Promise<void> {
  await asMaintainer(url, async client => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where datname = $1 or datname ^@ ($1 || $2)',
      [name, '_'],
    )
    for (const { datname } of rows) await client.query(`drop database ${datname}`)
  })
}
