import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { keyring } from '../crypto/index.ts'
import { findTenantId } from '../directory/index.ts'
import { claimDatabase } from '../runtime/purpose.ts'
import { inTenant, printRoles } from '../store/index.ts'
import { asMaintainer, emptyDatabaseUrl } from '../testing/database.ts'
import { latchkey, launch } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'

// Backups as an operator takes and restores them, beside a server that people use.

const PASSWORD = 'Demo-passphrase-2026!'
const OTHER = 'Zp0wE5mRiXoU3eAcF6jG1hLpYs8Bn4WzTr9Mx2QdV7k='
const server = await testServer()
await claimDatabase(server.store, keyring([SECRET]), 'production')
const folder = await mkdtemp(join(tmpdir(), 'latchkey-backup-'))
after(() => rm(folder, { recursive: true, force: true }))

const environment = (databaseUrl: string, secrets = SECRET) => ({
  DATABASE_URL: databaseUrl,
  LATCHKEY_SECRETS: secrets,
})
const own = environment(server.databaseUrl)
const signIn = (browser: Pick<typeof server, 'post'>, username = 'registered@acme.example') =>
  browser.post('/signin', { username, password: PASSWORD })

async function ask<Row>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl, options: '-c search_path=latchkey' })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

const tablesIn = async (url: string) =>
  (await ask(url, "select 1 from pg_class where relnamespace = to_regnamespace('latchkey')")).length

/** How many rows each table has that no request changes. */
const stillRows = (url: string) =>
  ask(
    url,
    `select (select count(*) from accounts) as accounts, (select count(*) from passwords) as passwords,
      (select count(*) from methods) as methods, (select count(*) from role_assignments) as roles,
      (select count(*) from signing_keys) as keys, (select json_agg(f order by name) from facts f) as facts`,
  )

test('a backup that is taken under load is of one moment, and people sign in where it is restored', async () => {
  const tenantId = await findTenantId(server.store, 'acme.example')
  const signedIn = server.browser()
  assert.equal((await signIn(signedIn)).json.state, 'signed-in')
  // Some blocks of what cannot be compressed.
  const filler = randomBytes(150_000).toString('hex')
  await server.store.pool.query('insert into latchkey.facts (name, value) values ($1, $2)', ['filler', filler])
  await server.store.pool.query(
    "insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at, last_used_at) values ($1, gen_random_uuid(), now(), now() + interval '90 days', now(), now())",
    [tenantId],
  )
  let going = true
  let written = 0
  // Two tables that the backup reads at different times always say the same.
  const writer = (async () => {
    for (; going; written++)
      await inTenant(server.store, tenantId, async trx => {
        const word = `moment ${written}`
        await sql`update accounts set job_title = ${word} where tenant_id = ${tenantId}`.execute(trx)
        await sql`update tenants set display_name = ${word} where tenant_id = ${tenantId}`.execute(trx)
      })
  })()
  const people = (async () => {
    const refused: unknown[] = []
    while (going) {
      const { status, json } = await signIn(server.browser(), 'new@acme.example')
      if (status !== 200 && status !== 201) refused.push(json)
    }
    return refused
  })()
  const file = join(folder, 'loaded')
  const { code, err, out } = await latchkey(own, 'backup', file, '--json')
  going = false
  await writer
  assert.deepEqual(await people, [])
  assert.equal(code, 0, err)
  const { rows } = JSON.parse(out)
  assert.ok(rows > 200 && written > 5, `${rows} rows, ${written} moments`)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(folder), ['loaded'])

  const target = await emptyDatabaseUrl()
  // Rotated since: the secret of its time stands at the end.
  const restored = await latchkey(environment(target, `${OTHER},${SECRET}`), 'restore', file)
  assert.equal(restored.code, 0, restored.err)
  assert.match(restored.out, /^[\d,]+ rows are restored\. Everybody has to sign in again\.\n$/)
  const [moments] = await ask<{ titles: string[]; name: string; titled: string }>(
    target,
    `select array_agg(distinct job_title) as titles, min(t.display_name) as name from accounts a join tenants t using (tenant_id)
     where tenant_id = '${tenantId}'`,
  )
  assert.deepEqual(moments!.titles, [moments!.name])
  assert.deepEqual(await stillRows(target), await stillRows(server.databaseUrl))
  const awake = `select greatest(awake_at, last_used_at) > now() - interval '60 days' as dap,
    (select dap_awake_until > now() + interval '1 minute' from served_companies) as listed from daps`
  assert.deepEqual(await ask(server.databaseUrl, awake), [{ dap: true, listed: true }])
  assert.deepEqual(await ask(target, awake), [{ dap: false, listed: false }], 'it may have been ended after the backup')
  // Row-level security, triggers and foreign keys are as migrations make them.
  const rules = `select (select count(*) from pg_class where relforcerowsecurity) as bound,
    (select count(*) from pg_trigger where tgenabled = 'O') as triggers,
    (select count(*) from pg_constraint where contype = 'f' and convalidated) as keys`
  assert.deepEqual(await ask(target, rules), await ask(server.databaseUrl, rules))

  const second = await testServer({ beside: { ...server, databaseUrl: target }, secrets: [OTHER, SECRET] })
  const before = second.browser()
  for (const [name, value] of signedIn.cookies) before.cookies.set(name, value)
  assert.equal((await signedIn.get('/account')).status, 200)
  assert.equal((await before.get('/account')).status, 401, 'a session may have ended after the backup')
  assert.equal((await signIn(before)).json.state, 'signed-in')
  assert.equal((await before.get('/account')).status, 200)
  await second.close()

  const again = await latchkey(environment(target), 'restore', file)
  assert.deepEqual([again.code, again.out], [1, ''])
  assert.match(again.err, /has tables of Latchkey already, and nothing was changed/)
  const taken = await latchkey(own, 'backup', file)
  assert.deepEqual([taken.code, taken.out], [1, ''])
  assert.match(taken.err, /is there already/)
  assert.deepEqual(await readdir(folder), ['loaded'])
})

test('a backup that was altered, or is of other secrets, changes nothing', async () => {
  const file = await readFile(join(folder, 'loaded'))
  const target = await emptyDatabaseUrl()
  const restore = async (content: Buffer, ...more: string[]) => {
    const path = join(folder, randomBytes(4).toString('hex'))
    await writeFile(path, content)
    return latchkey(environment(target, more[0] ?? SECRET), 'restore', path)
  }
  // In its last block: everything before was written when it is found.
  const altered = Buffer.from(file)
  altered[file.length - 40]! ^= 1
  const wrong: [string, Buffer, RegExp][] = [
    ['altered', altered, /altered or cut off \(block [1-9]\d* does not open\), and nothing was changed/],
    ['of something else', Buffer.from('PGDMP'.padEnd(100)), /This is no backup of Latchkey/],
  ]
  for (const [what, content, why] of wrong) {
    const { code, out, err } = await restore(content)
    assert.deepEqual([code, out], [1, ''], what)
    assert.match(err, why, what)
    assert.equal(await tablesIn(target), 0, what)
  }
  const other = await restore(file, OTHER)
  assert.equal(other.code, 1)
  assert.match(other.err, /sealed by a secret that is not among LATCHKEY_SECRETS/)
  assert.equal(await tablesIn(target), 0)
})

test('a backup goes through standard output and input, by a passphrase, for an owner that is no superuser', async () => {
  const passphrase = join(folder, 'passphrase')
  await writeFile(passphrase, 'four words that nobody guesses\n')
  const words = ['backup', '-', '--passphrase-file', passphrase]
  const { child, output, ended } = launch(own, words)
  child.stdout!.removeAllListeners('data')
  child.stdout!.setEncoding('latin1')
  const parts: string[] = []
  child.stdout!.on('data', (text: string) => parts.push(text))
  assert.equal(await ended, 0, output.err)
  const content = Buffer.from(parts.join(''), 'latin1')
  assert.doesNotMatch(content.toString('latin1'), /registered@acme|argon2id/)

  const target = new URL(await emptyDatabaseUrl())
  const owner = `latchkey_owner_${randomBytes(4).toString('hex')}`
  await asMaintainer(target.href, async client => {
    await client.query(`create role ${owner} login createrole`)
    await client.query(printRoles(owner))
    await client.query(`alter database ${target.pathname.slice(1)} owner to ${owner}`)
  })
  target.username = owner
  const env = environment(target.href)
  const file = join(folder, 'by-passphrase')
  await writeFile(file, content)
  await writeFile(`${passphrase}-other`, 'four words that somebody guesses')
  const without = await latchkey(env, 'restore', file)
  assert.match(without.err, /sealed by a passphrase: name its file/)
  const wrong = await latchkey(env, 'restore', file, '--passphrase-file', `${passphrase}-other`)
  assert.deepEqual([wrong.code, /this is not its passphrase/.test(wrong.err)], [1, true], wrong.err)
  // What it holds is sealed under the secrets all the same.
  const secrets = await latchkey(environment(target.href, OTHER), 'restore', file, '--passphrase-file', passphrase)
  assert.deepEqual([secrets.code, /written with none of these secrets/.test(secrets.err)], [1, true], secrets.err)
  const restoring = launch(env, ['restore', '-', '--json', '--passphrase-file', passphrase], content as never)
  assert.equal(await restoring.ended, 0, restoring.output.err)
  const { rows } = JSON.parse(restoring.output.out)

  const [{ powers } = { powers: true }] = await ask<{ powers: boolean }>(
    target.href,
    'select rolsuper or rolbypassrls as powers from pg_roles where rolname = current_user',
  )
  assert.equal(powers, false)
  assert.deepEqual(await ask(target.href, 'select * from accounts'), [], 'row-level security binds the owner')
  const again = await latchkey(env, 'backup', join(folder, 'by-owner'), '--json')
  assert.equal(again.code, 0, again.err)
  assert.equal(JSON.parse(again.out).rows, rows)
})
