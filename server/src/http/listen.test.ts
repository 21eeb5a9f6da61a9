import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { listen } from './listen.ts'

const HERE = '127.0.0.1'

async function listening(context: TestContext) {
  const app = Fastify({ keepAliveTimeout: 60_000 })
  /** Let the slow answers go. */
  const waiting: (() => void)[] = []
  app.get('/', async () => 'here')
  app.get('/slow', async () => {
    await new Promise<void>(go => waiting.push(go))
    return 'here'
  })
  context.after(() => app.close())
  return { app, waiting, port: await listen(app, { host: HERE, port: 0 }) }
}

test('lesson 47: several newcomers get in at a time, however long what is under way takes', {
  skip: process.platform !== 'linux',
}, async t => {
  const { app, port } = await listening(t)
  let inThisTurn = 0
  let most = 0
  app.server.on('connection', () => {
    inThisTurn++
    most = Math.max(most, inThisTurn)
  })
  const countTurns = () => {
    inThisTurn = 0
    if (app.server.listening) setImmediate(countTurns)
  }
  const newcomers = Array.from({ length: 64 }, () => connect({ host: HERE, port }))
  t.after(() => newcomers.forEach(one => void one.destroy()))
  setImmediate(countTurns)
  await Promise.all(newcomers.map(one => once(one, 'connect')))
  // All of them wait at the door now, or are in.
  await Promise.all(newcomers.map(one => answered(one)))
  assert.ok(most >= 4, `${most} of 64 at most got in at a time`)
})

const answered = async (socket: Socket, path = '/') => {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${HERE}\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200 .+here$/s)
}

test('a port that somebody listens on is not shared with them', async t => {
  const { port } = await listening(t)
  const second = Fastify()
  await assert.rejects(listen(second, { host: HERE, port }), { code: 'EADDRINUSE' })
  await second.close()
  await answered(connect({ host: HERE, port }).unref())
})

test('its end waits for what it has begun, on every socket, and closes what does nothing', async t => {
  const { app, waiting, port } = await listening(t)
  const all = Array.from({ length: 32 }, () => connect({ host: HERE, port }))
  await Promise.all(all.map(one => answered(one)))
  const busy = all.slice(16)
  const answers = Promise.all(busy.map(one => answered(one, '/slow')))
  while (waiting.length < busy.length) await sleep(5)
  const idleClosed = Promise.all(all.slice(0, 16).map(one => once(one.resume(), 'close')))
  let ended = false
  const ending = app.close().then(() => {
    ended = true
  })
  await idleClosed
  for (let tries = 0; tries < 32; tries++) await assert.rejects(once(connect({ host: HERE, port }), 'connect'))
  assert.equal(ended, false)
  for (const go of waiting) go()
  await answers
  for (const one of busy) one.end()
  await ending
})
