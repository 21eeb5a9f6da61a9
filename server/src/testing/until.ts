import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE } from '../clock.ts'

/** Waits until something holds or is found, for a minute at most, and gives it. */
export async function until<T>(find: () => T | Promise<T>, what = `${find}`): Promise<NonNullable<T>> {
  for (const end = performance.now() + MINUTE; ; await sleep(20)) {
    const found = await find()
    if (found) return found
    assert.ok(performance.now() < end, `not within a minute: ${what}`)
  }
}
