import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testServer } from '../testing/server.ts'

const portOf = (url: string) => Number(new URL(url).port)

/** Milliseconds that a connection is watched: the framework by itself would keep it for five minutes. */
const PATIENCE = 80_000

/** Sends bytes, then one more each second, and gives the milliseconds until the connection ends. */
async function trickle(url: string, start: string): Promise<number> {
  const socket = connect(portOf(url), '127.0.0.1')
  socket.on('error', () => {})
  const began = performance.now()
  socket.write(start)
  const more = setInterval(() => socket.write('x'), 1_000)
  await Promise.race([once(socket.resume(), 'close'), sleep(PATIENCE, undefined, { ref: false })])
  clearInterval(more)
  socket.destroy()
  return performance.now() - began
}

/** Sends a request on a connection that stays open, and gives whether it was answered before the connection ended. */
async function knock(url: string, sockets: Socket[]): Promise<boolean> {
  const socket = connect({ port: portOf(url), host: '127.0.0.1', localAddress: '127.0.0.2' })
  sockets.push(socket)
  socket.on('error', () => {})
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  return new Promise(resolve => {
    socket.once('data', () => resolve(true)).once('close', () => resolve(false))
  })
}

/** Knocks three hundred times, few enough at once for a slow machine, and gives how often it was answered. */
async function crowd(url: string, sockets: Socket[]): Promise<number> {
  let answered = 0
  for (let n = 0; n < 12; n++) {
    const served = await Promise.all(Array.from({ length: 25 }, () => knock(url, sockets)))
    answered += served.filter(Boolean).length
  }
  return answered
}

suite('connections', { concurrency: true }, () => {
  test('lesson 47: headers that never end are waited for ten seconds, a body half a minute', async t => {
    const server = await testServer({ context: t, seed: false })
    const [headers, body] = await Promise.all([
      trickle(server.url, 'GET /signin HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
      trickle(
        server.url,
        'POST /signin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"',
      ),
    ])
    // Both wait for the same machine, however busy it is; with one limit for both they would end together.
    assert.ok(headers + 5_000 < body && body < PATIENCE, `${headers}, ${body}`)
  })

  test('one address holds a bounded number of connections, and another one still gets in', async t => {
    const server = await testServer({ context: t, seed: false, floodLimits: true })
    const sockets: Socket[] = []
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    assert.equal(await crowd(server.url, sockets), 200)
    assert.equal((await server.page('/signin')).status, 200)
    assert.equal(sockets.filter(socket => !socket.destroyed).length, 200)
    for (const socket of sockets) socket.destroy()
    // The server hears of their end a moment later.
    for (const end = performance.now() + 60_000; !(await knock(server.url, sockets)); await sleep(50))
      assert.ok(performance.now() < end, 'the address gets in again')
  })

  test('a trusted proxy holds everybody’s connections', async t => {
    const server = await testServer({ context: t, seed: false, floodLimits: true, trustedProxies: ['127.0.0.0/30'] })
    const sockets: Socket[] = []
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    assert.equal(await crowd(server.url, sockets), 300)
    assert.ok(sockets.every(socket => !socket.destroyed))
  })

  test('a site whose name leads to this machine reads no message of a demonstration, and elsewhere any name is served', async t => {
    const demo = await testServer({ context: t })
    const ask = async (url: string, host: string) => {
      const socket = connect(portOf(url), '127.0.0.1')
      socket.write(
        `GET /demo/outbox HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n`,
      )
      const [answer] = await once(socket, 'data')
      return Number(String(answer).slice(9, 12))
    }
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '[::1]'])
      assert.equal(await ask(demo.url, host), 200)
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil.example:8080',
      '10.0.0.1',
      'x',
    ])
      assert.equal(await ask(demo.url, host), 404, host)
    const production = await testServer({ context: t, seed: false, demo: false })
    const page = await production.request('GET', '/signin', { page: true, headers: { host: 'reset.example.com' } })
    assert.equal(page.status, 200)
  })
})
