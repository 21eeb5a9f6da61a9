import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { asMaintainer, inDatabase, testDatabaseUrl } from '../testing/database.ts'
import { inSystem, inTenant, logIn, migrate, openStore, type Store, startEmbedded } from './index.ts'
import { verifierOf } from './login.ts'
import type { SystemTrx } from './transactions.ts'

// The roles that a smuggled statement can become.

const url = await testDatabaseUrl()
const asLogin = (name = 'latchkey_login') => {
  const changed = new URL(url)
  changed.username = name
  return changed.href
}
const store = await openStore({ databaseUrl: url })
after(() => store.close())
await migrate(store)
await logIn(store, { url: asLogin(), passwords: [] })

const tenant = randomUUID()
await inTenant(store, tenant, trx =>
  trx.insertInto('tenants').values({ tenant_id: tenant, display_name: 'x', created_at: new Date() }).execute(),
)
const ways = {
  latchkey_tenant: (work: (trx: SystemTrx) => Promise<void>) => inTenant(store, tenant, work),
  latchkey_system: (work: (trx: SystemTrx) => Promise<void>) => inSystem(store, work),
}

for (const [role, within] of Object.entries(ways))
  test(`nothing that is smuggled into a statement of ${role} becomes the owner`, async () => {
    const refused = (...texts: string[]) =>
      assert.rejects(
        within(async trx => {
          for (const text of texts) await sql.raw(text).execute(trx)
        }),
        { code: /^42501$/ },
        texts.join('; '),
      )
    const owner = pg.escapeIdentifier(new URL(url).username)
    for (const none of ["select set_config('role', 'none', true)", 'reset role', 'reset session authorization']) {
      for (const table of ['users', 'passwords', 'tenants', 'facts', 'asked_jobs'])
        await refused(none, `select * from latchkey.${table}`)
      await refused(none, 'select * from latchkey_jobs.jobs')
      await refused(none, `set role ${owner}`)
      await refused(none, 'create table latchkey.planted ()')
      await refused(none, 'create table public.planted ()')
      await refused(none, 'alter role latchkey_tenant superuser')
      await refused(none, 'create function pg_temp.f() returns int language sql as $$ select 1 $$')
      await refused(none, 'create temporary view audit_events_other as select now() as at')
      await refused(none, 'create extension dblink')
      await refused(none, "select latchkey.audit_partition('2150-06-01')")
    }
    await refused(`set session authorization ${owner}`)
    await refused("copy (select 1) to program 'id'")
    await refused("select pg_read_file('postgresql.conf')")
    await refused('select pg_terminate_backend(pid) from pg_stat_activity where usename <> session_user')
    await refused('create function pg_temp.f() returns int language sql as $$ select 1 $$')
    await within(async trx => {
      const { rows } = await sql`select session_user::text as login, current_user::text as role`.execute(trx)
      assert.deepEqual(rows, [{ login: 'latchkey_login', role }])
    })
  })

test('a login that could be more than a request is refused', async () => {
  const name = `latchkey_test_${randomUUID().slice(0, 8)}`
  const attempt = async () => {
    const opened = await openStore({ databaseUrl: url })
    try {
      await logIn(opened, { url: asLogin(name), passwords: [] })
    } finally {
      await opened.close()
    }
  }
  const refusal = (message: RegExp) => ({ code: 'role_unsafe', message })
  const run = (text: string) => asMaintainer(url, client => client.query(text))
  await attempt() // made, as it is missing
  await attempt()
  try {
    for (const power of ['superuser', 'bypassrls', 'createrole']) {
      await run(`alter role ${name} ${power}`)
      await assert.rejects(attempt(), refusal(/is a superuser, bypasses row-level security/), power)
      await run(`alter role ${name} no${power}`)
    }
    await run(`grant pg_read_all_data to ${name}`)
    await assert.rejects(attempt(), refusal(/may also become pg_read_all_data/))
    await run(`revoke pg_read_all_data from ${name}`)
    await store.pool.query(`create table latchkey.owned (); alter table latchkey.owned owner to ${name}`)
    await assert.rejects(attempt(), refusal(/owns the tables/))
    await store.pool.query('drop table latchkey.owned')
    await attempt()
  } finally {
    await run(`drop owned by ${name}; drop role ${name}`)
  }
  const opened = await openStore({ databaseUrl: url })
  await assert.rejects(logIn(opened, { url, passwords: [] }), { code: 'role_unsafe' }, 'the owner itself')
  await opened.close()
})

test('the password that is kept is the one that is derived, in a form that shows it to nobody', async () => {
  const verifier = verifierOf('a password')
  assert.match(verifier, /^SCRAM-SHA-256\$4096:[\w+/=]{24}\$[\w+/=]{44}:[\w+/=]{44}$/)
  assert.doesNotMatch(verifier, /a password/)
})

test('the login’s password follows the secrets while replicas run with the older ones', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-login-'))
  await chmod(folder, 0o755)
  const server = await startEmbedded(folder, ['fsync=off'])
  const opened: Store[] = []
  t.after(async () => {
    for (const one of opened) await one.close()
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const maintain = async (text: string, database = 'postgres') => {
    const client = new pg.Client({ connectionString: inDatabase(server.url, database) })
    await client.connect()
    await client.query(text).finally(() => client.end())
  }
  // As on another server: nobody gets in without a password.
  await maintain("create role owner login createrole password 'its own'")
  await maintain('create database ours owner owner')
  const rules = join(folder, 'postgres/18/pg_hba.conf')
  await writeFile(rules, `local all owner,latchkey_login scram-sha-256\n${await readFile(rules, 'utf8')}`)
  await maintain('select pg_reload_conf()')
  const as = (user: string, password: string) =>
    Object.assign(new URL(inDatabase(server.url, 'ours')), { username: user, password }).href
  const replica = async (...passwords: string[]) => {
    const one = await openStore({ databaseUrl: as('owner', 'its own') })
    opened.push(one)
    await migrate(one)
    await logIn(one, { url: as('latchkey_login', ''), passwords })
    return one
  }
  const works = (one: Store) => inSystem(one, trx => trx.selectFrom('facts').select('name').execute())
  const older = await replica('first', 'second')
  await works(older)
  const newer = await replica('second', 'first')
  await works(newer)
  await maintain("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'latchkey_login'")
  for (const one of [older, newer]) while (one.requests.totalCount > 0) await sleep(5)
  await assert.rejects(works(older), { code: '28P01' }, 'told as unavailable')
  await works(older)
  await works(newer)
  await works(await replica('second'))
  // None of its passwords is right: the owner sets the newest.
  await works(await replica('third'))
})
