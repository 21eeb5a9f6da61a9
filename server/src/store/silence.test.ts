import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { testDatabaseUrl } from '../testing/database.ts'
import { inTenant, logIn, migrate, openStore } from './index.ts'

// A database that accepts connections and answers nothing any more, as of a lost machine.

const url = new URL(await testDatabaseUrl())
const sockets = new Set<Socket>()
const relay = createServer(socket => {
  const database = connect(join(url.searchParams.get('host') ?? '', '.s.PGSQL.5432'))
  for (const [one, other] of [
    [socket, database],
    [database, socket],
  ] as const) {
    sockets.add(one)
    one.pipe(other)
    one.on('error', () => {}).on('close', () => other.destroy())
  }
})
await new Promise<void>(done => relay.listen(0, '127.0.0.1', done))
const { port } = relay.address() as { port: number }
const through = (user: string) => `postgres://${user}@127.0.0.1:${port}${url.pathname}`

const store = await openStore({ databaseUrl: url.href })
after(async () => {
  for (const socket of sockets) socket.destroy()
  relay.close()
  await store.close()
})
await migrate(store)

test('a database that falls silent fails each statement in time, and the next one finds another connection', async () => {
  // Long enough for an answer of a busy machine: every question below has as much.
  await logIn(store, { url: through('latchkey_login'), passwords: [] }, 2_000)
  const tenant = randomUUID()
  const ask = () => inTenant(store, tenant, trx => trx.selectFrom('users').select('id').execute())
  assert.deepEqual(await ask(), [])
  const silent = [...sockets]
  for (const socket of silent) socket.unpipe().pause()
  const failed = await Promise.allSettled(Array.from({ length: 3 }, ask))
  assert.ok(failed.some(one => one.status === 'rejected' && /Query read timeout/.test(String(one.reason))))
  for (const one of failed) if (one.status === 'fulfilled') assert.deepEqual(one.value, [])
  // Had the silent connection gone back to the pool, one of these would find it.
  for (let time = 0; time < 20; time++) assert.deepEqual(await ask(), [], `question ${time}`)
})
