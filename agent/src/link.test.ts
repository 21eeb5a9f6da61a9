import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepLink, type Link } from './link.ts'

test('an agent comes back within half a second, and then waits twice as long each time up to thirty', async () => {
  const stopping = new AbortController()
  const waits: number[] = []
  let opens = 0
  const nothing = async () => {}
  /** The ninth one opens, and ends at once. */
  const open = async (): Promise<Link> => {
    opens += 1
    if (opens !== 9) throw new Error('nobody is there')
    return { say: nothing, leave: nothing, prove: nothing, skew: 0, ended: Promise.resolve('cut'), end: () => {} }
  }
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds)
    if (waits.length === 11) stopping.abort()
  }
  const codes: number[] = []
  await keepLink(open, { stop: stopping.signal, drained: new Promise(() => {}), wait }, ({ code }) => codes.push(code))
  const longest = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 500, 1_000, 2_000]
  assert.equal(waits.length, longest.length)
  for (const [at, most] of longest.entries())
    assert.ok(waits[at]! <= most && waits[at]! >= most / 2, `${at}: ${waits[at]} of ${most}`)
  assert.ok(new Set(waits.map((one, at) => (one / longest[at]!).toFixed(6))).size > 1, 'not in step')
  assert.deepEqual(
    codes,
    longest.map((_, at) => (at === 8 ? 32_014 : 32_002)),
  )
})
