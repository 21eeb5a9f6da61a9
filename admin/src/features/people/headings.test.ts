import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areOurs, guessHeadings, mapColumns, readCsv, readText, separatorOf } from './headings.ts'

const PROPERTIES = [
  'userPrincipalName',
  'displayName',
  'givenName',
  'surname',
  'mail',
  'department',
  'employeeId',
  'password',
]

test('headings of other systems are guessed, each property once, and what nothing means is left out', () => {
  const guess = (...headings: string[]) => guessHeadings(headings, PROPERTIES)
  assert.deepEqual(guess('User name', 'First name', 'Last name', 'Shoe size'), [
    'userPrincipalName',
    'givenName',
    'surname',
    null,
  ])
  assert.deepEqual(guess('First Name [Required]', 'Email Address [Required]'), ['givenName', 'userPrincipalName'])
  assert.deepEqual(guess('Prénom', 'Nom', 'Matricule'), ['givenName', 'surname', 'employeeId'])
  assert.deepEqual(guess('氏名', '部署', 'メールアドレス'), ['displayName', 'department', 'mail'])
  assert.deepEqual(guess('Name', 'displayName'), [null, 'displayName'], 'an exact name goes before a synonym')
  assert.deepEqual(guess('USERPRINCIPALNAME', 'email', 'E-Mail'), ['userPrincipalName', 'mail', null])
})

test('headings that the server reads by itself need no mapping', () => {
  assert.ok(areOurs(['Name [displayName] Required', 'User name [userPrincipalName] Required', 'objectId'], PROPERTIES))
  assert.ok(!areOurs(['displayName', 'Full name'], PROPERTIES))
})

test('a file is read with quotes, both separators and line ends, and written with the chosen columns', () => {
  assert.deepEqual(readCsv('\ufeffName;Shoe size\r\n"Ann; ""A"""; 38\r\n\r\n'), [
    ['Name', 'Shoe size'],
    ['Ann; "A"', ' 38'],
  ])
  const ours = 'userPrincipalName;displayName\r\nann@acme.example;Ann\r\n'
  const [own = []] = readCsv(ours)
  assert.deepEqual([separatorOf(ours), areOurs(own, PROPERTIES)], [';', true], 'the server reads a comma alone')
  assert.deepEqual(mapColumns(readCsv(ours), guessHeadings(own, PROPERTIES)), [
    ['userPrincipalName', 'displayName'],
    ['ann@acme.example', 'Ann'],
  ])
  assert.equal(separatorOf('a,b;c\n1;2'), ',')
  const rows = readCsv('a,b,c\n1,"2\n3",4\n5')
  assert.deepEqual(mapColumns(rows, ['x', null, 'y']), [
    ['x', 'y'],
    ['1', '4'],
    ['5', ''],
  ])
})

test('a file that is not UTF-8 is not read', () => {
  const text = (...bytes: number[]) => readText(new Uint8Array(bytes).buffer)
  assert.equal(text(0xef, 0xbb, 0xbf, 0x41, 0xc3, 0xa9), 'Aé', 'without the mark')
  assert.equal(text(0x41, 0xe9, 0x2c), undefined, 'Windows-1252')
  assert.equal(text(0x8e, 0x81, 0x96, 0xbc), undefined, 'Shift_JIS')
  assert.equal(text(0xff, 0xfe, 0x41, 0), undefined, 'UTF-16')
})
