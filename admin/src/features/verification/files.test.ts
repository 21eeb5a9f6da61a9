import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseFiles } from './files.ts'

const file = (name: string, type = 'application/pdf', size = 1_000) => ({ name, type, size })

test('files that the server would refuse do not travel, each with its reason', () => {
  const { fine, faults } = chooseFiles(
    [
      ...[file('Extract 2026.pdf'), file('evil.exe', 'application/x-msdownload'), file('a;b.pdf'), file('../x.pdf')],
      ...[file('big.png', 'image/png', 10 * 1024 * 1024 + 1), file('just.jpg', 'image/jpeg', 10 * 1024 * 1024)],
    ],
    0,
  )
  assert.deepEqual(
    fine.map(({ name }) => name),
    ['Extract 2026.pdf', 'just.jpg'],
  )
  assert.deepEqual(
    faults.map(({ name, fault }) => [name, fault]),
    [
      ['evil.exe', 'type'],
      ['a;b.pdf', 'name'],
      ['../x.pdf', 'name'],
      ['big.png', 'size'],
    ],
  )
})

test('ten files at most, with those that are chosen already', () => {
  const { fine, faults } = chooseFiles([file('a.pdf'), file('b.pdf'), file('c.pdf')], 8)
  assert.deepEqual([fine.length, faults], [2, [{ name: 'c.pdf', fault: 'many' }]])
})
