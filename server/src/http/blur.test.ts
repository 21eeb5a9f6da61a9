import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { waitFor } from './blur.ts'

// The thread keeps no process alive, as a server does that listens.
const alive = setInterval(() => undefined, 1_000)
after(() => clearInterval(alive))

const begun: Worker[] = []
process.on('worker', thread => begun.push(thread))

const timed = async (microseconds: number) => {
  const start = process.hrtime.bigint()
  await waitFor(microseconds)
  return Number(process.hrtime.bigint() - start) / 1_000
}

test('a wait is as long as was said to the fraction of a millisecond, however many wait', async () => {
  const asked = Array.from({ length: 60 }, (_, n) => ((n * 7_919) % 60) * 50 + 10)
  const took = await Promise.all(asked.map(timed))
  for (const [place, microseconds] of asked.entries()) assert.ok(took[place]! >= microseconds, `${microseconds} µs`)
  // A timer would make a whole millisecond of it.
  const short: number[] = []
  for (let n = 0; n < 60; n++) short.push(await timed(100))
  const third = short.sort((one, other) => one - other)[2]!
  assert.ok(third < 800, `${third} µs`)
})

test('the thread of requests is free while strangers wait', async () => {
  await waitFor(1)
  const before = process.threadCpuUsage()
  for (let n = 0; n < 60; n++) await waitFor(999)
  const { user, system } = process.threadCpuUsage(before)
  assert.ok((user + system) / 60 < 500, `${(user + system) / 60} µs each`)
})

test('where the thread that waits has ended, what waits for it is refused, and the next wait has a new one', async () => {
  await waitFor(1)
  const waiting = assert.rejects(waitFor(60_000_000), /has ended/)
  await begun.at(-1)!.terminate()
  await waiting
  const many = begun.length
  await waitFor(1)
  assert.equal(begun.length, many + 1)
})
