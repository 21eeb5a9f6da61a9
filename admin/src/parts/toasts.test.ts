import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endToast, keepToast, tell, toastsNow } from './toasts.ts'

test('an act takes the place of the one before, but not of one whose undo is on its way or was refused', () => {
  const texts = () => toastsNow().map(({ text }) => text)
  tell({ text: 'turned off' })
  tell({ text: 'deleted' })
  assert.deepEqual(texts(), ['deleted'])
  const [deleted] = toastsNow()
  keepToast(deleted!)
  tell({ text: 'added' })
  tell({ text: 'taken out' })
  assert.deepEqual(texts(), ['deleted', 'taken out'])
  endToast(deleted!)
  assert.deepEqual(texts(), ['taken out'])
  tell({ text: 'turned on' })
  assert.deepEqual(texts(), ['turned on'])
})
