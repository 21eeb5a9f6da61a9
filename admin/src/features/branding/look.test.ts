import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsFor, lookLengths } from '../../../../server/src/organization/index.ts'
import { bodyOf, lookOf, pickable, pictureKinds, pictures, textNames, texts } from './look.ts'

test('limits that are told before an upload are those that the server judges by', () => {
  for (const kind of pictureKinds) assert.deepEqual(pictures[kind], limitsFor(kind), kind)
  for (const name of textNames) assert.equal(texts[name], lookLengths[name], name)
})

test('a colour is read as people write it, and an empty field says that there is nothing', () => {
  assert.deepEqual(bodyOf({ backgroundColor: ' 0B5394 ', signInPageText: ' Hello ', usernameHintText: ' ' }), {
    backgroundColor: '#0b5394',
    signInPageText: 'Hello',
    usernameHintText: null,
  })
  assert.deepEqual(bodyOf({ backgroundColor: '＃fa0' }), { backgroundColor: '#ffaa00' })
  assert.deepEqual(bodyOf({ backgroundColor: '' }), { backgroundColor: null })
  assert.equal(
    bodyOf({ backgroundColor: 'orange' }).backgroundColor,
    '#orange',
    'the server says what is wrong with it',
  )
  assert.equal(pickable('orange', '#2f56c4'), '#2f56c4')
  assert.equal(lookOf(null).backgroundColor, '')
})
