import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { meaningOf, type Pressed } from './shortcuts.ts'

const plain: Pressed = {
  key: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isTyping: false,
  isInDialog: false,
}

test('a key means what the list says, and a letter nothing where it is typed, in a dialog, or where letters are off', () => {
  const mean = (changes: Partial<Pressed>, letters = true, after?: string) =>
    meaningOf({ ...plain, ...changes }, letters, after)?.does
  assert.equal(mean({ key: 'k', ctrlKey: true, isTyping: true }), 'palette')
  assert.equal(mean({ key: 'K', metaKey: true }, false), 'palette')
  assert.equal(mean({ key: 'Enter', ctrlKey: true, isTyping: true, isInDialog: true }), 'primary')
  for (const [key, does] of Object.entries({ '?': 'list', '/': 'search', e: 'edit', j: 'row', g: 'wait' })) {
    assert.equal(mean({ key }), does)
    for (const changes of [{ isTyping: true }, { isInDialog: true }, { altKey: true }, { ctrlKey: true }])
      assert.equal(mean({ key, ...changes }), undefined, `${key} ${JSON.stringify(changes)}`)
    assert.equal(mean({ key }, false), undefined)
  }
  assert.equal(mean({ key: 'g' }, true, 'g'), 'go')
})

test('no two places have the same letter', () => {
  const source = readFileSync(new URL('places.ts', import.meta.url), 'utf8')
  const letters = [...source.matchAll(/letter: '(.)'/g)].map(([, letter]) => letter)
  assert.ok(letters.length > 5)
  assert.deepEqual(letters.toSorted(), [...new Set(letters)].toSorted())
})
