import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, MINUTE, SECOND } from '../clock.ts'
import { createClockWatch } from './clock.ts'

test('a clock that jumps, or differs from the database’s, is told of once each time', async () => {
  let [wall, steady, database] = [1_000 * DAY, 0, 1_000 * DAY]
  const pass = (milliseconds: number) => {
    wall += milliseconds
    steady += milliseconds
    database += milliseconds
  }
  const told: string[] = []
  const look = createClockWatch({ wall: () => wall, steady: () => steady, database: async () => database }, what =>
    told.push(what),
  )
  const heard = async () => {
    pass(5 * SECOND)
    await look()
    return told.splice(0).map(what => what.replace(/:.*/, ''))
  }
  assert.deepEqual(await heard(), [])
  wall += SECOND // as time servers correct it
  assert.deepEqual(await heard(), [])
  wall += 365 * DAY
  assert.deepEqual(await heard(), [
    "this machine's clock jumped ahead by 31536000 seconds",
    "the database's clock is 31536001 seconds behind this machine's",
  ])
  assert.deepEqual(await heard(), [], 'once')
  wall -= 365 * DAY
  assert.deepEqual(await heard(), ["this machine's clock jumped back by 31536000 seconds"])
  database += 2 * MINUTE
  assert.deepEqual(await heard(), ["the database's clock is 119 seconds ahead of this machine's"])
  assert.deepEqual(await heard(), [])
  database -= 2 * MINUTE
  assert.deepEqual(await heard(), [])
  database += 2 * MINUTE
  assert.equal((await heard()).length, 1, 'and again when it happens again')
})
