import assert from 'node:assert/strict'
import { test } from 'node:test'
import { together } from './together.ts'

test('what is asked meanwhile is done in one go, each key by itself, and the fault of one is its own', async () => {
  const goes: [key: string, items: readonly number[]][] = []
  const held = Promise.withResolvers<void>()
  const double = together(async (key, items: readonly number[]) => {
    goes.push([key, items])
    if (goes.length === 1) await held.promise
    if (items.includes(13)) throw new Error('unlucky')
    if (items.includes(17)) throw Object.assign(new Error('its agent is gone'), { code: '23503' })
    return items.map(item => 2 * item)
  })
  const asked = [1, 2, 3].map(item => double('one', item))
  assert.equal(await double('other', 4), 8)
  held.resolve()
  assert.deepEqual(await Promise.all(asked), [2, 4, 6])
  assert.deepEqual(goes, [
    ['one', [1]],
    ['other', [4]],
    ['one', [2, 3]],
  ])

  const [first, ...failing] = [5, 13, 6].map(item => double('one', item))
  assert.equal(await first, 10)
  for (const one of failing) await assert.rejects(one, /unlucky/)
  assert.equal(await double('one', 7), 14)
  goes.length = 0
  const ended = await Promise.allSettled([8, 9, 17, 10].map(item => double('faults', item)))
  assert.deepEqual(
    ended.map(one => (one.status === 'fulfilled' ? one.value : one.reason.code)),
    [16, 18, '23503', 20],
  )
  assert.deepEqual(
    goes.map(([, items]) => items),
    [[8], [9, 17, 10], [9], [17], [10]],
    'each once more by itself',
  )

  const many = await Promise.all(Array.from({ length: 120 }, (_, item) => double('many', 100 + item)))
  assert.deepEqual(
    many,
    Array.from({ length: 120 }, (_, item) => 200 + 2 * item),
  )
  assert.deepEqual(
    goes.filter(([key]) => key === 'many').map(([, items]) => items.length),
    [1, 50, 50, 19],
  )
})
