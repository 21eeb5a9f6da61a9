import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelSkeleton } from '../directory/index.ts'
import { Refusal } from '../refusals.ts'
import { labelsFor, readLabel, readOrganizationName } from './names.ts'

const suffix = 'latchkey.example'

function judge(read: () => string): string {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}
const nameOf = (typed: string, sure = false) => judge(() => readOrganizationName(typed, sure))
const labelOf = (typed: string, below = suffix) => {
  const read = readLabel(typed, below)
  return typeof read === 'string' ? read : read.code
}

test('a name is of any script, and neither a sign, a letter, nor a legal form alone', () => {
  for (const name of ['Acme', '株式会社アクメ', 'Société Générale', 'ООО Ромашка', '3M', 'J & J', 'あ社', '1-800'])
    assert.equal(nameOf(name), name)
  assert.equal(nameOf('  Acme  '), 'Acme')
  const invalid = [
    'A',
    '森',
    '...',
    '  ',
    '--',
    'GmbH',
    'LLC',
    'l.l.c.',
    'S.A.R.L.',
    'Co., Ltd.',
    '株式会社',
    '(株)',
    'Pty Ltd',
  ]
  for (const name of [...invalid, 'a'.repeat(257), 'Ac\u202eme', 'Ac\nme'])
    assert.equal(nameOf(name, true), 'name_invalid', name)
  assert.equal(nameOf('ab'.repeat(128)), 'ab'.repeat(128))
})

test('a name that holds an address or a number is refused, sure or not: it travels in mails', () => {
  for (const name of ['www.x.example', 'Visit http://x', 'a@x', 'Ｗｗｗ．x', 'Call 555 0123 4', 'Acme １２３４５６７'])
    assert.equal(nameOf(name, true), 'name_is_address', name)
  assert.equal(nameOf('Acme 123456'), 'Acme 123456')
})

test('a doubtful name passes where its author is sure', () => {
  for (const name of ['Shop.com', 'Acmeee', 'A c m e', 'ｗｅｂ.net']) {
    assert.equal(nameOf(name), 'name_doubtful', name)
    assert.equal(nameOf(name, true), name)
  }
})

test('a label has three to 27 small letters, digits and single hyphens, and fits beside the suffix', () => {
  for (const label of ['abc', 'a1-b2', 'a'.repeat(27)]) assert.equal(labelOf(label), label)
  assert.equal(labelOf(' Acme '), 'acme')
  for (const label of [
    'ab',
    'xn--x',
    'a--b',
    '1abc',
    '-abc',
    'abc-',
    'a.b',
    'acmé',
    'アクメ',
    'a_b',
    'a'.repeat(28),
    '',
  ])
    assert.equal(labelOf(label), 'label_invalid', label)
  assert.equal(labelOf('a'.repeat(27), 'a'.repeat(20)), 'a'.repeat(27))
  assert.equal(labelOf('a'.repeat(27), 'a'.repeat(21)), 'label_invalid')
})

test('the operator’s own names are reserved, with digits and hyphens around too', () => {
  for (const label of ['admin', 'admin1', 'ad-min', 'login', 'mail-2', 'support', 'latchkey', 'latch-key'])
    assert.equal(labelOf(label), 'label_reserved', label)
  for (const label of ['mall', 'admins-friends', 'mail2go']) assert.equal(labelOf(label), label)
})

test('labels that look alike have one skeleton', () => {
  for (const [one, other] of [
    ['acme', 'acrne'],
    ['acme', 'ac-me'],
    ['wolf', 'vv0lf'],
    ['sail', '5a1l'],
    ['ill', 'lll'],
  ])
    assert.equal(labelSkeleton(one!), labelSkeleton(other!), other)
  assert.notEqual(labelSkeleton('acme'), labelSkeleton('acne'))
})

test('suggestions come from the domain and the name, and each could be taken', () => {
  const suggested = labelsFor('Société Générale SA', 'socgen.fr', suffix)
  assert.deepEqual(suggested.slice(0, 3), ['socgen', 'generale', 'societe-generale-sa'])
  assert.ok(suggested.includes('socgen-fr'))
  assert.equal(
    labelsFor('株式会社アクメ', 'akume.jp', suffix)[0],
    'akume',
    'a name of another script leaves the domain',
  )
  assert.ok(labelsFor('アクメ', 'xn--bcher-kva.example', suffix).every(label => !label.startsWith('xn')))
  for (const label of [
    ...suggested,
    ...labelsFor('Mail', 'mail.com', suffix),
    ...labelsFor('A'.repeat(60), 'x.example', suffix),
  ])
    assert.equal(labelOf(label), label)
})
