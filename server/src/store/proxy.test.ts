import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { testDatabaseUrl } from '../testing/database.ts'
import { logIn, openStore } from './index.ts'

// Proxies that read statements and do otherwise with the settings of a transaction, by which tenants are kept apart.

const url = new URL(await testDatabaseUrl())
const socket = url.searchParams.get('host')
const skip = !socket && 'the tests use a PostgreSQL of somebody’s own'

/** A proxy that puts as many signs in the place of what it finds in statements. Gives the database's URL through it. */
async function proxy(t: { after(work: () => void): void }, found: RegExp, inPlace: string) {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const database = connect(join(socket ?? '', '.s.PGSQL.5432'))
    client.on('data', data => {
      const text = data.toString('latin1').replace(found, one => inPlace.padEnd(one.length))
      database.write(Buffer.from(text, 'latin1'))
    })
    database.pipe(client)
    for (const one of [client, database]) {
      sockets.add(one)
      one.on('error', () => {}).on('close', () => [client, database].map(other => other.destroy()))
    }
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    for (const one of sockets) one.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return (user: string) => `postgres://${user}@127.0.0.1:${port}${url.pathname}`
}

const proxies = {
  'swallows the tenant': [/set local latchkey\.tenant = '[^']*'/g, ''],
  'swallows the role': [/set local role \w+/g, ''],
  'keeps the tenant for the session': [/set local latchkey\.tenant/g, 'set latchkey.tenant'],
  'keeps the role for the session': [/set local role/g, 'set role'],
} as const

test('a proxy that loses or keeps what a transaction sets is refused', { skip }, async t => {
  const store = await openStore({ databaseUrl: url.href })
  t.after(() => store.close())
  const refused = {
    code: 'role_unsafe',
    message: /^A proxy between Latchkey and PostgreSQL loses or keeps "set local"/,
  }
  for (const [what, [found, inPlace]] of Object.entries(proxies)) {
    const through = await proxy(t, found, inPlace)
    await assert.rejects(openStore({ databaseUrl: through('latchkey') }), refused, what)
    await assert.rejects(logIn(store, { url: through('latchkey_login'), passwords: [] }), refused, what)
  }
  const through = await proxy(t, /nothing of this/g, '')
  await logIn(store, { url: through('latchkey_login'), passwords: [] })
})
