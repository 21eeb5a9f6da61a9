import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { granted } from '../testing/contract.ts'
import { testDatabaseUrl } from '../testing/database.ts'
import { latchkey, server } from '../testing/program.ts'
import { CALLBACK, payloadOf } from '../testing/provider.ts'
import { outboxOf, testBrowser } from '../testing/server.ts'
import { SIGNER, signIn } from '../testing/signIns.ts'
import { until } from '../testing/until.ts'

const EXPENSES = 'd3e00000-0000-4000-8000-000000000001'

/** What the application was told. */
const told: { iss: string; sub: string; aud: string }[] = []
const application = createServer(async (request, response) => {
  let body = ''
  for await (const part of request.setEncoding('utf8')) body += part
  told.push(payloadOf(new URLSearchParams(body).get('logout_token')!))
  response.end()
})
await once(application.listen(0, '127.0.0.1'), 'listening')
const uri = `http://127.0.0.1:${(application.address() as AddressInfo).port}/out`
const folder = await mkdtemp(join(tmpdir(), 'latchkey-killed-'))
const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_DATA: folder, LATCHKEY_CAPTCHA: 'off' }
const database = new pg.Client({ connectionString: env.DATABASE_URL })
await database.connect()
after(async () => {
  application.close()
  await database.end()
  await rm(folder, { recursive: true, force: true })
})

const count = async (query: string): Promise<number> =>
  (await database.query(`select count(*)::int as count from ${query}`)).rows[0].count
const OURS = `latchkey_jobs._private_jobs where payload->>'appId' = '${EXPENSES}'`

test('a server that is killed between an end and its call tells the application after its start, once', async t => {
  const killed = await server(env, 'demo')
  t.after(() => killed.child.kill('SIGKILL'))
  const set = await latchkey(env, 'applications', 'update', EXPENSES, '--set', `backChannelLogoutUri="${uri}"`)
  assert.equal(set.code, 0, set.err)
  const origin = killed.url.replace('127.0.0.1', 'localhost')
  const asked = new URLSearchParams({
    client_id: EXPENSES,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    code_challenge: createHash('sha256').update('x'.repeat(43)).digest('base64url'),
    code_challenge_method: 'S256',
  })
  /** Signs a person in to the application, in a browser of their own. */
  const open = async (username: string) => {
    const browser = testBrowser(origin)
    const answer = await signIn(browser, origin, `/acme.example/v2.0/authorize?${asked}`, { username })
    assert.ok(answer.searchParams.has('code'), answer.href)
    return { browser, sub: granted(await browser.get('/session')).user.id as string }
  }
  const forgetful = await open(SIGNER)
  const intruder = await open('registered@acme.example')
  const owner = await open('registered@acme.example')

  // The job signs its token by a key that it cannot read: it stops between the commit and the call.
  await database.query('begin; lock table latchkey.signing_keys')
  await reset(origin)
  const { activity } = granted(await owner.browser.get('/account/activity'))
  const signedIn = activity.find(
    (one: { activity: string; here?: true }) => one.activity === 'signin.succeeded' && !one.here,
  )
  granted(await owner.browser.post(`/account/activity/${signedIn.id}/report`))
  assert.equal((await intruder.browser.get('/session')).status, 401)
  // Tables of the databases beside it have the same numbers.
  const stopped = `pg_locks where relation = 'latchkey.signing_keys'::regclass and not granted
    and database = (select oid from pg_database where datname = current_database())`
  await until(async () => (await count(stopped)) === 2, 'both calls are being made')
  killed.child.kill('SIGKILL')
  await killed.ended
  await database.query('rollback')
  assert.deepEqual([told.length, await count(OURS)], [0, 2])
  await until(async () => {
    const left = 'pg_stat_activity join latchkey_jobs._private_jobs on locked_by = application_name'
    return (await count(left)) === 0
  }, 'its connections end')
  // A process that is asked so soon takes the jobs for those of a living one.
  await database.query("update latchkey_jobs._private_jobs set locked_at = locked_at - interval '1 minute'")

  const next = await server(env, 'demo')
  t.after(() => next.child.kill('SIGKILL'))
  await until(async () => told.length >= 2 && (await count(OURS)) === 0, 'both are told')
  await sleep(300)
  const issuer = new RegExp(`^${origin}/[0-9a-f-]{36}/v2\\.0$`)
  for (const { iss, aud } of told) {
    assert.match(iss, issuer, 'as the application knows it')
    assert.equal(aud, EXPENSES)
  }
  assert.deepEqual(told.map(({ sub }) => sub).sort(), [forgetful.sub, owner.sub].sort())
  next.child.kill('SIGTERM')
  assert.equal(await next.ended, 0)
})

/** The signer resets their password, in another browser. */
async function reset(origin: string) {
  const browser = testBrowser(origin)
  const messages = outboxOf(async () => (await browser.get('/demo/outbox')).json.messages)
  const { id, methods } = granted(await browser.post('/reset', { username: SIGNER }), 201)
  const { id: method } = methods.find(({ kind }: { kind: string }) => kind === 'email')
  const { challenge } = granted(await browser.post(`/reset/${id}/challenges`, { method }), 201)
  const code = await messages.code('signer@mail.example')
  granted(await browser.post(`/reset/${id}/proofs`, { challenge: challenge.id, code }))
  granted(await browser.post(`/reset/${id}/password`, { newPassword: 'Quiet harbour lights 11' }))
}
