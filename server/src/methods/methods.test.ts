import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHasher, keyring, systemRandom } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import type { EffectivePolicy, MethodKind } from '../policies/index.ts'
import { resetPolicy } from '../policies/index.ts'
import { Refusal } from '../refusals.ts'
import { meansAt, SECRET } from '../testing/people.ts'
import { formatNumber, readNumber } from '../typing/index.ts'
import { loadWords } from '../words/index.ts'
import {
  checkAddress,
  countGates,
  countryChoice,
  hintOf,
  methods,
  methodsOf,
  openValue,
  ownValue,
  prepareAnswers,
  type RecordedMethod,
  readAddress,
  usableMethods,
} from './index.ts'
import { type CountryHints, hintNumber } from './phones.ts'

const fails = (code: string, field?: string) => (error: unknown) =>
  error instanceof Refusal && error.code === code && (field === undefined || error.field === field)

test('a number is read as E.164, whatever stands between its digits, and without its extension', () => {
  const table: [string, string | undefined, string | undefined][] = [
    ['+1 206 555 0110', undefined, '+12065550110'],
    ['+1 (206) 555-0110 x12345', undefined, '+12065550110'],
    ['+1 2065550110X12345', undefined, '+12065550110'],
    ['+46701740605', undefined, '+46701740605'],
    ['070-174 06 05', 'SE', '+46701740605'],
    ['0491 570 006', 'AU', '+61491570006'],
    ['+61 491 570 006', 'US', '+61491570006'],
    ['＋１　２０６ ５５５ ０１１０', undefined, '+12065550110'],
    // Invisible signs, every script's digits, other dashes and pluses.
    ['+1\ufe0d-206-555-0124', undefined, '+12065550124'],
    ['\u202a+1 206\u2011555\u20110110\u202c', undefined, '+12065550110'],
    ['+91 ९८१२३४५६७८', undefined, '+919812345678'],
    ['٠٧٩١٢٣٤٥٦٧', 'JO', '+962791234567'],
    ['＋８１ー９０ー１２３４ー５６７８', undefined, '+819012345678'],
    ['\ufe62 1 206 555 0110', undefined, '+12065550110'],
    // Extensions.
    ['+1 206 555 0124 poste 12', undefined, '+12065550124'],
    ['+1 206 555 0124, poste n° 12', undefined, '+12065550124'],
    ['+1 206 555 0124 ext. 12', undefined, '+12065550124'],
    ['+1 206 555 0124 extension: 12', undefined, '+12065550124'],
    ['+1 206 555 0124 内線12', undefined, '+12065550124'],
    ['+1-206-555-0124（内線番号：１２）', undefined, '+12065550124'],
    // Dialled abroad, with another country chosen.
    ['0012065550110', 'US', '+12065550110'],
    ['0012065550110', 'FR', '+12065550110'],
    ['00 1 206 555 0110', 'JP', '+12065550110'],
    ['0012065550110', undefined, '+12065550110'],
    ['01133612345678', 'US', '+33612345678'],
    ['011 33 6 12 34 56 78', 'FR', '+33612345678'],
    ['0011 44 7400 123456', 'US', '+447400123456'],
    ['010-81-90-1234-5678', 'US', '+819012345678'],
    ['01 12 34 56 78', 'FR', '+33112345678'],
    ['+1 206 555 0110', 'FR', '+12065550110'],
    ['2065550110', undefined, undefined],
    ['070-174 06 05', undefined, undefined],
    ['+1 206 555', undefined, undefined],
    ['+1 206 555 0110 0110', undefined, undefined],
    ['+999 1234567', undefined, undefined],
    ['', 'US', undefined],
    ['person@mail.example', 'US', undefined],
    ['070-174 06 05', 'Sweden', undefined],
    ['070-174 06 05', '__proto__', undefined],
  ]
  for (const [typed, country, number] of table) assert.equal(readNumber(typed, country), number, `${typed} ${country}`)
  assert.equal(readNumber('1'.repeat(100_000)), undefined)
  assert.equal(formatNumber('+12065550110'), '+1 206 555 0110')
})

test('countries stand in the reader’s language and order, and begin with a likely one', () => {
  const words = loadWords()
  const hints = { region: undefined, company: null }
  const { countries, country } = countryChoice(words.in('fr'), hints)
  assert.equal(country, 'FR')
  const first = (more: Partial<CountryHints>) => countryChoice(words.in('fr'), { ...hints, ...more }).country
  assert.equal(first({ chosen: 'SE', region: 'CH', company: 'BE' }), 'SE')
  assert.equal(first({ region: 'CH', company: 'BE' }), 'CH')
  assert.equal(first({ company: 'BE' }), 'BE')
  for (const nowhere of ['419', 'ZZ', 'AQ', '__proto__']) assert.equal(first({ region: nowhere, company: 'BE' }), 'BE')
  const sweden = countries.find(({ code }) => code === 'SE')
  assert.deepEqual(sweden, { code: 'SE', name: 'Suède', callingCode: '46' })
  assert.ok(countries.findIndex(({ code }) => code === 'DE') < countries.findIndex(({ code }) => code === 'SE'))
})

test('lesson 32: an address is one address, and nothing that could become two or reach into a header', () => {
  const good: [string, string][] = [
    ['person@mail.example', 'person@mail.example'],
    ['  Person.Name+tag@Mail.Example ', 'Person.Name+tag@mail.example'],
    ['甲斐@黒川.日本', '甲斐@黒川.日本'],
    ['甲斐@黒川。日本', '甲斐@黒川.日本'],
    ['person@ｍａｉｌ.example', 'person@mail.example'],
    ["o'neil_%/!{}|=?@mail.example", "o'neil_%/!{}|=?@mail.example"],
    ['cafe\u0301@mail.example', 'caf\u00e9@mail.example'],
    ['ｐｅｒｓｏｎ＠ｍａｉｌ．ｅｘａｍｐｌｅ', 'person@mail.example'],
    ['person＠mail｡example', 'person@mail.example'],
    ['per\u200bson@mail.example', 'person@mail.example'],
    ['\u2068person\u202e@mail.example\u2069', 'person@mail.example'],
    ['person@mail.exa\u00admple', 'person@mail.example'],
    ['\ufeff甲斐@黒川.日本\u200b', '甲斐@黒川.日本'],
    [`${'a'.repeat(64)}@mail.example`, `${'a'.repeat(64)}@mail.example`],
  ]
  for (const [typed, address] of good) assert.equal(readAddress(typed), address)
  const bad = [
    '',
    'person',
    'person@',
    '@mail.example',
    'person@mail',
    'person@mail.example,other@mail.example',
    'person@mail.example;other@mail.example',
    'person@mail.example other@mail.example',
    'person@mail.example@other.example',
    '<person@mail.example>',
    'Person <person@mail.example>',
    '"person"@mail.example',
    'person(comment)@mail.example',
    'group:person@mail.example',
    'person@[192.0.2.1]',
    'person@192.0.2.1',
    'person@0x7f.1',
    'per\\son@mail.example',
    'person@mail.example\r\nBcc: other@mail.example',
    'person@mail.example\nother',
    'per\u0000son@mail.example',
    'per\u2028son@mail.example',
    // A parser of URLs would drop the rest, or misread it.
    'person@mail.example/../y',
    'person@mail.example\\y',
    'person@mail.example#fragment',
    'person@mail.example?subject=x',
    'person@mail.example:25',
    'person@user:secret@mail.example',
    'person@%6dail.example',
    'person@mail.example/',
    'person@ma_il.example',
    'person@-mail.example',
    'person@mail-.example',
    'person@m½l.example',
    'per..son@mail.example',
    '\u212aim@mail.example',
    'per\u200bs\u00f6n@mail.example',
    'person@黒\u200d川.日本',
    `person@${'b'.repeat(64)}.example`,
    `${'é'.repeat(33)}@mail.example`,
    `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(54)}.example`,
    '.person@mail.example',
    'person.@mail.example',
    'person@.example',
    'person@mail..example',
    'person@mail.example.',
    'person@mail。example。',
    'person@xn--\u00e9.example',
    `${'a'.repeat(65)}@mail.example`,
    `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(62)}.example`,
  ]
  for (const typed of bad) assert.throws(() => readAddress(typed), fails('email_invalid', 'address'), typed)
})

const user: User = {
  tenantId: 't',
  id: 'u',
  userPrincipalName: 'Person@acme.example',
  displayName: 'Person',
  givenName: null,
  surname: null,
  mail: 'person.name@acme.example',
  proxyAddresses: ['SMTP:p.name@acme.example', 'smtp:old@globex.example'],
  preferredLanguage: null,
  accountEnabled: true,
  passwordMasteredIn: 'cloud',
  directory: null,
  securityEpoch: 0,
  roles: [],
  roleAssignable: false,
  settlingUntil: null,
}

test('lesson 33: an address that leads back into the account is refused, in every spelling of it', () => {
  const own = { allowed: true, domains: ['acme.example', 'xn--n8jub8754b.example'] }
  const check = (typed: string, allowed = true) => checkAddress(readAddress(typed), user, { ...own, allowed })
  for (const typed of [
    'person@acme.example',
    'PERSON@ACME.EXAMPLE',
    'Person.Name@acme.example',
    'p.name@acme.example',
    'old@globex.example',
    // The same mailboxes, once the domain is written as mail servers look it up.
    'person@ａｃｍｅ.example',
    'person@acme。example',
    'person@ACM\u212f.example',
    'ｐｅｒｓｏｎ＠acme.example',
    // A text behind a plus sign, and the same mailbox in another domain of the tenant.
    'person+reset@acme.example',
    'Person+@acme.example',
    'person+a+b@ACME.example',
    'p.name+x@acme.example',
    'old+x@globex.example',
    'person@美しい.example',
    'p.name+x@xn--n8jub8754b.example',
  ])
    assert.throws(() => check(typed), fails('email_is_this_account', 'address'), typed)
  check('colleague@acme.example')
  check('colleague+person@acme.example')
  // Its domain is none of the tenant's: another company's mailbox.
  check('old@acme.example')
  check('old@mail.example')
  check('+person@acme.example')
  check('person@mail.example')
  for (const typed of [
    'colleague@acme.example',
    'colleague@ACME.example',
    'colleague@ａｃｍｅ.example',
    'colleague@美しい.example',
  ])
    assert.throws(() => check(typed, false), fails('email_own_domain', 'address'), typed)
  check('person@mail.example', false)
  check('person@notacme.example', false)
  check('person@sub.acme.example', false)
})

test('lesson 39: a hint has the same length for every value', () => {
  const numbers = ['+12065550110', '+4670174060', '+290123456'].map(hintNumber)
  assert.deepEqual(numbers, ['••••••••10', '••••••••60', '••••••••56'])
  const hint = (address: string) => methods.email.hint!(address)
  assert.equal(hint('person@mail.example'), 'p•••••@m•••••')
  assert.equal(hint('x@y.z'), 'x•••••@y•••••')
  assert.equal(hint('甲斐@黒川.日本'), '甲•••••@黒•••••')
  assert.equal(hint('😀a@mail.example'), '😀•••••@m•••••')
  assert.equal(methods.securityQuestions.hint, undefined)
  assert.equal(methods.authenticatorCode.hint, undefined)
})

test('answers are judged by number, repeats and length before any of them is hashed', async () => {
  const real = await createHasher({ atOnce: 2, waiting: 100 })
  let hashed = 0
  const hasher: typeof real = { ...real, hash: secret => real.hash(secret).finally(() => hashed++) }
  const policy = {
    questions: [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'own', text: 'Whose rocket?' }],
    questionsToRegister: 3,
  }
  const prepare = (...given: [string, string][]) =>
    prepareAnswers(
      hasher,
      policy,
      given.map(([question, answer]) => ({ question, answer })),
    )
  const [a, b, c]: [string, string][] = [
    ['a', 'first'],
    ['b', 'second'],
    ['c', 'third'],
  ]
  await assert.rejects(prepare(a!, b!), fails('questions_too_few'))
  await assert.rejects(prepare(), fails('questions_too_few'))
  await assert.rejects(prepare(a!, b!, ['a', 'fourth']), fails('question_repeated', 'answers.2.question'))
  await assert.rejects(prepare(a!, ['x', 'second'], c!), fails('question_unknown', 'answers.1.question'))
  await assert.rejects(prepare(a!, ['__proto__', 'second'], c!), fails('question_unknown'))
  await assert.rejects(prepare(a!, b!, ['c', ' SECOND ']), fails('answer_repeated', 'answers.2.answer'))
  await assert.rejects(prepare(a!, b!, ['c', ' ab ']), fails('answer_too_short', 'answers.2.answer'))
  await assert.rejects(prepare(a!, b!, ['c', 'a\u0301e\u0301']), fails('answer_too_short'))
  await assert.rejects(prepare(a!, b!, ['c', 'a\u200b\u200bb']), fails('answer_too_short'))
  await assert.rejects(prepare(a!, b!, ['c', '京']), fails('answer_too_short'))
  await assert.rejects(prepare(a!, ['b', 'ab'], ['c', '阿']), {
    code: 'answer_too_short',
    errors: [
      { field: 'answers.1.answer', code: 'answer_too_short' },
      { field: 'answers.2.answer', code: 'answer_too_short' },
    ],
  })
  await assert.rejects(prepare(a!, b!, ['c', '   ']), fails('answer_too_short'))
  await assert.rejects(prepare(a!, b!, ['c', 'x'.repeat(41)]), fails('answer_too_long', 'answers.2.answer'))
  assert.equal(hashed, 0)

  await prepare(['a', '京都'], ['b', 'すし'], ['c', '서울'])
  await prepare(a!, b!, ['c', '😀😀😀'])
  await prepare(a!, b!, ['c', '😀'.repeat(40)])
  await prepare(a!, b!, ['c', ` ${'e\u0301'.repeat(40)} `])
  const { rows } = await prepare(a!, b!, c!, ['own', 'Mine'])
  assert.deepEqual(
    rows.map(row => [row.question, row.text]),
    [
      ['a', null],
      ['b', null],
      ['c', null],
      ['own', 'Whose rocket?'],
    ],
  )
  assert.ok(await real.verify(rows[3]!.hash, 'mine'))
  assert.equal(new Set(rows.map(row => row.hash)).size, 4)
})

const tenantId = systemRandom.uuid(new Date())

/** A method as the database has it, its value under the newest secret of `keys`. */
const stored = (kind: MethodKind, value: string | null, keys = keyring([SECRET])) => ({
  id: kind,
  kind,
  source: 'person',
  sealed: value && `\\x${keys.seal({ purpose: 'method', tenantId, rowId: kind }, value).toString('hex')}`,
  valueHash: value && `\\x${keys.mac('destination', tenantId, value).toString('hex')}`,
  createdAt: new Date(),
  confirmedAt: new Date(),
  provedAt: new Date(),
  blockedAt: null,
  answers: 0,
  sheets: 1,
})
const read = (rows: readonly object[], keys = keyring([SECRET])) =>
  methodsOf({ keys }, { tenantId, id: tenantId }).read(rows)
const recorded = (kind: MethodKind, more: Partial<RecordedMethod> = {}): RecordedMethod => ({
  ...read([stored(kind, kind)])[0]!,
  ...more,
})

test('a gate is one number, address, app or set of questions, whatever the fields are called', () => {
  const number = '+12065550110'
  const [old, both] = [keyring([SECRET]), keyring(['a newer secret that only tests have', SECRET])]
  const gates = (rows: readonly object[], keys = old) => countGates(read(rows, keys))
  assert.equal(gates([]), 0)
  assert.equal(gates([stored('mobilePhone', number), stored('officePhone', number)]), 1)
  assert.equal(gates([stored('mobilePhone', number), stored('email', 'own@mail.example')]), 2)
  const mobile = stored('mobilePhone', number, old)
  const office = stored('officePhone', number, both)
  assert.notEqual(mobile.valueHash, office.valueHash)
  assert.equal(gates([mobile, office], both), 1, 'recorded before and after a rotation of the secrets')
  const other = { ...stored('officePhone', '+12065550111', old), valueHash: mobile.valueHash }
  assert.equal(gates([mobile, other], both), 2)
  assert.equal(gates([stored('securityQuestions', null), stored('email', number)]), 2)
  const letters = [stored('mobilePhone', 'own@mail.example'), stored('email', 'OWN@mail.example')]
  assert.equal(gates(letters, both), 1)
})

test('an app’s key is shown to nobody, its owner included', () => {
  const app = recorded('authenticatorCode')
  assert.deepEqual([ownValue(meansAt(), app), hintOf(meansAt(), app)], [undefined, undefined])
})

test('a method is read without opening its number, address or key', () => {
  const gone = keyring(['a secret that is not configured any more'])
  const [email] = read([stored('email', 'own@mail.example', gone)])
  assert.throws(() => openValue(meansAt(), email!), /sealed with a secret/)
})

test('usable is what the policy allows, with answers enough, and prefilled only where it counts', () => {
  const everything = { Email: true, Sms: true, Voice: true, SoftwareOath: true, Fido2: true, TemporaryAccessPass: true }
  const policy = (settings: Partial<EffectivePolicy['settings']>): EffectivePolicy => ({
    id: 'p',
    settings: { ...resetPolicy.defaults, ...settings },
    plain: resetPolicy.defaults,
    enabledForSome: true,
    administrator: false,
    publicPolicy: undefined,
    methodsOn: everything,
    publicMethodsOn: everything,
  })
  const usable = (settings: Partial<EffectivePolicy['settings']>, ...those: RecordedMethod[]) =>
    usableMethods(policy(settings), those).map(({ kind }) => kind)
  assert.deepEqual(usable({ methods: ['email'] }, recorded('email'), recorded('mobilePhone')), ['email'])
  const questions = (answers: number) => recorded('securityQuestions', { answers })
  const asks = { methods: ['securityQuestions' as const], questionsToReset: 4 }
  assert.deepEqual(usable(asks, questions(3)), [])
  assert.deepEqual(usable(asks, questions(4)), ['securityQuestions'])
  const prefilled = recorded('email', { source: 'administrator' })
  assert.deepEqual(usable({ prefilledDataCounts: true }, prefilled), ['email'])
  assert.deepEqual(usable({ prefilledDataCounts: false }, prefilled), [])
})
