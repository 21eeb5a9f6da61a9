import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { Webhook } from 'standardwebhooks'
import { DAY, plus } from '../clock.ts'
import { keyring, systemRandom } from '../crypto/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant, openStore } from '../store/index.ts'
import { openTargets } from '../targets/index.ts'
import { testDatabaseUrl } from '../testing/database.ts'
import { server } from '../testing/program.ts'
import { testBrowser } from '../testing/server.ts'
import { until } from '../testing/until.ts'
import { createHandshakes } from './endpoints.ts'
import { createSubscription } from './subscriptions.ts'

/** What the subscriber was told, and how it answers. */
const told: { id: string; body: string; headers: Record<string, string> }[] = []
let answer = (response: ServerResponse) => void response.writeHead(202).end()
const far = createServer(async (request, response) => {
  let body = ''
  for await (const part of request.setEncoding('utf8')) body += part
  const token = new URL(request.url!, 'http://far').searchParams.get('validationToken')
  if (token !== null) return void response.writeHead(200, { 'content-type': 'text/plain' }).end(token)
  const headers = request.headers as Record<string, string>
  told.push({ id: headers['webhook-id']!, body, headers })
  answer(response)
})
await once(far.listen(0, '127.0.0.1'), 'listening')
const folder = await mkdtemp(join(tmpdir(), 'latchkey-webhooks-'))
const secret = randomBytes(32).toString('base64')
const env = {
  DATABASE_URL: await testDatabaseUrl(),
  LATCHKEY_DATA: folder,
  LATCHKEY_CAPTCHA: 'off',
  LATCHKEY_SECRETS: secret,
}
const database = new pg.Client({ connectionString: env.DATABASE_URL })
await database.connect()
const store = await openStore({ databaseUrl: env.DATABASE_URL, applicationName: 'latchkey test' })
after(async () => {
  far.closeAllConnections()
  far.close()
  await database.end()
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const count = async (query: string): Promise<number> =>
  (await database.query(`select count(*)::int as count from ${query}`)).rows[0].count

/** Subscribes an administrator to sign-ins. Returns the secret of the signature. */
async function subscribe(): Promise<string> {
  const tenantId = await findTenantId(store, 'acme.example')
  const user = await inTenant(store, tenantId, trx => findUserByName(trx, tenantId, 'admin@acme.example'))
  const { id, userPrincipalName: name, roles, securityEpoch } = user!
  const now = new Date()
  const scopes = ['Directory.AccessAsUser.All']
  const act = {
    now,
    random: systemRandom,
    keys: keyring([secret]),
    actor: { kind: 'user', id, tenantId, name, roles, scopes, proof: { acr: 'mfa', authTime: now } },
    trail: { correlationId: systemRandom.uuid(now) },
  } as const
  const made = await createSubscription(store, act, createHandshakes(openTargets(['127.0.0.1'])), {
    appId: 'latchkey-admin',
    resource: 'auditLogs/signIns',
    changeType: 'created',
    notificationUrl: `http://127.0.0.1:${(far.address() as AddressInfo).port}/`,
    expiresAt: plus(now, DAY),
    securityEpoch,
  })
  return made.signingSecret
}

/** Lets a killed process be known as one: its connections end, and what it held was taken long enough ago. */
async function forgetKilled() {
  await until(async () => {
    const left = 'pg_stat_activity join latchkey_jobs._private_jobs on locked_by = application_name'
    return (await count(left)) === 0
  }, 'its connections end')
  await database.query("update latchkey_jobs._private_jobs set locked_at = locked_at - interval '1 minute'")
  await database.query("update latchkey.subscriptions set calling_until = calling_until - interval '1 minute'")
}

test('a server that is killed before a call or in the middle of it tells the subscriber after its start', async t => {
  const first = await server(env, 'demo')
  t.after(() => first.child.kill('SIGKILL'))
  const signingSecret = await subscribe()
  // The job takes its subscription under a lock that it does not get: it stops between the commit and the call.
  await database.query('begin; lock table latchkey.subscriptions in exclusive mode')
  const browser = testBrowser(first.url.replace('127.0.0.1', 'localhost'))
  assert.equal((await browser.post('/signin', { username: 'registered@acme.example', password: PASSWORD })).status, 200)
  // Databases that are copies of one have the same numbers for their tables.
  const here = 'database = (select oid from pg_database where datname = current_database())'
  const stopped = `pg_locks where ${here} and relation = 'latchkey.subscriptions'::regclass and not granted`
  await until(async () => (await count(stopped)) > 0, 'the call is about to be made')
  first.child.kill('SIGKILL')
  await first.ended
  await database.query('rollback')
  assert.equal(told.length, 0)
  assert.equal(await count("latchkey.deliveries where status = 'waiting'"), 1)
  await forgetKilled()

  // The next one is killed while the subscriber has not answered yet.
  answer = () => {}
  const second = await server(env, 'demo')
  t.after(() => second.child.kill('SIGKILL'))
  await until(() => told.length === 1, 'the subscriber is called')
  second.child.kill('SIGKILL')
  await second.ended
  await forgetKilled()

  answer = response => void response.writeHead(202).end()
  const third = await server(env, 'demo')
  t.after(() => third.child.kill('SIGKILL'))
  await until(async () => (await count("latchkey.deliveries where status = 'delivered'")) === 1, 'it is told')
  const [one, other] = told
  assert.deepEqual([other!.id, other!.body], [one!.id, one!.body], 'as the same message')
  new Webhook(signingSecret).verify(other!.body, other!.headers)
  third.child.kill('SIGTERM')
  assert.equal(await third.ended, 0)
})
