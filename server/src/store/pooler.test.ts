import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../demo/index.ts'
import { testDatabaseUrl } from '../testing/database.ts'
import { findAccount } from './binaries.ts'
import { inTenant, logIn, migrate, openStore } from './index.ts'

// PgBouncer as Debian brings it, in transaction mode, in front of the tests' PostgreSQL.

const root = process.getuid?.() === 0
const folder = await mkdtemp(join(tmpdir(), 'latchkey-pooler-'))
await chmod(folder, 0o755)
const databaseUrl = await testDatabaseUrl()
const socket = new URL(databaseUrl).searchParams.get('host')
const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
after(async () => {
  for (const end of ends.reverse()) await end()
})

const missing = () => spawnSync('pgbouncer', ['--version']).error !== undefined
if (missing() && root)
  spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', 'pgbouncer'])
const skip = !socket ? 'the tests use a PostgreSQL of somebody’s own' : missing() && 'PgBouncer is not installed'

/** Starts PgBouncer; gives the URL of the test's database through it. */
async function pgbouncer(...settings: string[]): Promise<(user: string) => string> {
  const port = await freePort()
  const users = join(folder, 'users')
  await writeFile(users, '"latchkey" ""\n"latchkey_login" ""\n')
  const file = join(folder, `${port}.ini`)
  const lines = [
    ...[
      '[databases]',
      `* = host=${socket} port=5432`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
    ],
    ...['unix_socket_dir =', 'auth_type = trust', `auth_file = ${users}`, 'pool_mode = transaction'],
    ...['default_pool_size = 3', ...settings, ''],
  ]
  await writeFile(file, lines.join('\n'))
  // Neither it nor our PostgreSQL lets just anybody in.
  const account = root ? await findAccount('latchkey') : undefined
  const child = spawn('pgbouncer', ['-q', file], { ...account, cwd: '/', stdio: 'ignore' })
  ends.push(() => child.kill('SIGKILL'))
  const through = (user: string) => {
    const url = new URL(databaseUrl)
    url.searchParams.delete('host')
    return Object.assign(url, { username: user, hostname: '127.0.0.1', port: String(port) }).href
  }
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const client = new pg.Client({ connectionString: through('latchkey') })
    client.on('error', () => {})
    const answers = await client.connect().then(
      () => true,
      () => false,
    )
    await client.end().catch(() => {})
    if (answers) return through
    assert.ok(Date.now() < end, 'PgBouncer answers')
  }
}

test('an owner’s URL that leads to a pooler is told of within seconds', { skip }, async () => {
  for (const settings of [[], ['ignore_startup_parameters = options']]) {
    const through = await pgbouncer(...settings)
    const begun = performance.now()
    await assert.rejects(openStore({ databaseUrl: through('latchkey') }), {
      code: 'pooler',
      message: /^The database is reached through a connection pooler, .+ LATCHKEY_DATABASE_DIRECT_URL .+\.$/,
    })
    assert.ok(performance.now() - begun < 9_000)
  }
})

test('requests go through a pooler where the owner’s URL leads past it', { skip }, async t => {
  const through = await pgbouncer()
  const store = await openStore({ databaseUrl })
  t.after(() => store.close())
  await migrate(store)
  await logIn(store, { url: through('latchkey_login'), passwords: [] })
  const ids = Array.from({ length: 40 }, () => randomUUID())
  const found = await Promise.all(
    ids.map(id =>
      inTenant(store, id, async trx => {
        await trx.insertInto('tenants').values({ tenant_id: id, display_name: id, created_at: new Date() }).execute()
        await sleep(1)
        return trx.selectFrom('tenants').select('display_name').execute()
      }),
    ),
  )
  assert.deepEqual(
    found,
    ids.map(id => [{ display_name: id }]),
  )
})
