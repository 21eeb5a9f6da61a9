import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/min'
import {
  directoryNumber,
  fewestLetters,
  foldAddress,
  foldAnswer,
  foldName,
  formatNumber,
  lengthOfAnswer,
  mailboxOf,
  readAddress,
  readCode,
  readNumber,
  readRecoveryCode,
} from './index.ts'
import { foldNumber } from './numbers.ts'

const allOfUnicode = Array.from({ length: 0x110000 }, (_, point) => String.fromCodePoint(point))
const isUnassigned = (sign: string) => /[\p{Cn}\p{Co}]/u.test(sign) && !isInvisible(sign)
const isInvisible = (sign: string) => /\p{Default_Ignorable_Code_Point}/u.test(sign)

/** Every sign of Unicode; of those that have no meaning yet, which are all alike, the short run takes each 16th. */
const everySign =
  process.env.PROOF === 'long'
    ? allOfUnicode
    : allOfUnicode.filter((sign, point) => point % 16 === 0 || !isUnassigned(sign))

/** Folds each text. Many at once, separated by a sign that nothing folds: one by one it takes minutes. */
function foldEach(fold: (text: string) => string, texts: readonly string[]): string[] {
  const parted = []
  for (let from = 0; from < texts.length; from += 2_000)
    parted.push(...fold(texts.slice(from, from + 2_000).join('|\u0001|')).split('|\u0001|'))
  return parted
}

/** Fails for the first sign that does not hold. `assert` for each would take most of the time. */
function forEverySign(holds: (sign: string, place: number) => boolean) {
  const failing = everySign.find((sign, place) => !holds(sign, place))
  assert.equal(failing?.codePointAt(0)?.toString(16), undefined)
}
const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)
const isWide = (sign: string) => /[\uff01-\uff5e\u3002\uff61]/.test(sign)

test('Unicode changes no sign without a meaning, so that a share of them stands for all', () => {
  const alike = allOfUnicode.filter(isUnassigned).join('')
  for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) assert.ok(alike.normalize(form) === alike, form)
  assert.ok(alike.toLowerCase() === alike && alike.toUpperCase() === alike)
  assert.ok(!/[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}]/u.test(alike))
})

test('a code is read whatever keyboard, clipboard or message it came through', () => {
  for (const typed of [
    '591806',
    ' 591 806 ',
    '591806\u200b',
    '\u2068591806\u2069',
    '\u200e591806',
    '\ufeff591\u00ad806',
    '٥٩١٨٠٦',
    '۵۹۱۸۰۶',
    '५९१८०६',
    '５９１８０６',
    '𝟓𝟗𝟏𝟖𝟎𝟔',
    '591–806',
    '591—806',
    '591\u2212806',
    '５９１ー８０６',
    '5９١۸०6',
    '5\u20099\u202f1\u00a08\u30000 6',
  ])
    assert.equal(readCode(typed), '591806', typed)
  for (const typed of [
    '',
    '59180',
    '5918066',
    '59180x',
    '①②③④⑤⑥',
    '591.806',
    '五九一八〇六',
    '⁵⁹¹⁸⁰⁶',
    '591806 591806',
  ])
    assert.equal(readCode(typed), undefined, typed)
})

test('of every sign, only a decimal digit is one in a code, with the value that its script gives it', () => {
  const values = new Map<string, string>()
  for (const numberingSystem of Intl.supportedValuesOf('numberingSystem')) {
    const digits = [...new Intl.NumberFormat('en', { numberingSystem, useGrouping: false }).format(9876543210)]
    if (digits.length === 10 && digits.every(digit => /\p{Nd}/u.test(digit)))
      for (const [place, digit] of digits.entries()) values.set(digit, String(9 - place))
  }
  forEverySign(sign => {
    const read = readCode(`12345${sign}`)
    if (!/\p{Nd}/u.test(sign)) return read === undefined
    return read !== undefined && (!values.has(sign) || read === `12345${values.get(sign)}`)
  })
  assert.ok(values.size >= 700, `${values.size}`)
})

const SIGNS = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ']
const LOOK_ALIKES: Record<string, string[]> = { 0: ['O', 'o', 'Ｏ', '٠'], 1: ['I', 'i', 'L', 'l', 'Ｉ', '１'] }
const wide = (sign: string) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0)

test('a recovery code is read in any case, width and grouping, and with signs that look alike', () => {
  const written = (sign: string) =>
    fc.constantFrom(sign, sign.toLowerCase(), wide(sign), wide(sign.toLowerCase()), ...(LOOK_ALIKES[sign] ?? []))
  const between = fc.constantFrom('', ' ', '-', '–', '\u3000', '\u200b', 'ー', ' - ')
  const typed = fc
    .array(fc.constantFrom(...SIGNS), { minLength: 12, maxLength: 12 })
    .chain(signs =>
      fc
        .tuple(...signs.flatMap(sign => [between, written(sign)]), between)
        .map(parts => ({ code: signs.join(''), text: parts.join('') })),
    )
  fc.assert(fc.property(typed, ({ code, text }) => readRecoveryCode(text) === code))
  const codes = fc.string({ unit: 'grapheme', maxLength: 20 })
  fc.assert(
    fc.property(codes, text => {
      const read = readRecoveryCode(text)
      return read === undefined || (/^[0-9A-Z]{12}$/.test(read) && readRecoveryCode(read) === read)
    }),
  )
})

test('of every sign, a recovery code has its own thirty-two, and their look-alikes', () => {
  forEverySign(sign => {
    const read = readRecoveryCode(`ABCD-EFGH-JKM${sign}`)
    const plain = sign.normalize('NFKC').toUpperCase()
    if (/\p{Nd}/u.test(sign)) return read !== undefined
    if (!isAscii(sign) && !isWide(sign)) return read === undefined
    return (read !== undefined) === /^[A-TV-Z]$/.test(plain)
  })
})

test('lesson 33: of every sign, none but its own width and case makes a name of somebody else’s', () => {
  const name = (between: string) => `kim${between}iris@acme.example`
  const folded = foldEach(foldName, everySign.map(name))
  assert.deepEqual(foldEach(foldName, folded), folded)
  forEverySign((sign, place) => {
    if (isAscii(sign)) return folded[place] === name(sign.toLowerCase())
    if (isInvisible(sign)) return folded[place] === name('')
    if (isWide(sign)) return folded[place] === name(/[。｡]/.test(sign) ? '.' : sign.normalize('NFKC').toLowerCase())
    return !isAscii(folded[place]!)
  })
})

test('lesson 33: of every sign, none makes an address of somebody else’s', () => {
  forEverySign(sign => {
    const domain = /[\p{L}\p{M}\p{N}]/u.test(sign) ? readAddress(`kim@ma${sign}il.example`) : undefined
    if (domain !== undefined && readAddress(domain) !== domain) return false
    const typed = `kim${sign}iris@mail.example`
    const read = readAddress(typed)
    if (read === undefined || isInvisible(sign) || isWide(sign)) return true
    // What changes is written otherwise, and is the same sign to Unicode.
    return read === typed.normalize('NFC') && isAscii(read) === isAscii(sign)
  })
  for (const sign of ['\u017f', '\u0131', '\u0130', 'É']) assert.equal(foldAddress(`${sign}@mail.example`)[0], sign)
  assert.equal(readAddress('\u212a@mail.example'), undefined)
})

test('an address is compared by the mailbox that it leads to', () => {
  assert.deepEqual(mailboxOf('Kim+news@Mail.Example'), { mailbox: 'kim', domain: 'mail.example' })
  assert.deepEqual(mailboxOf('+kim@mail.example'), { mailbox: '+kim', domain: 'mail.example' })
  assert.equal(foldAddress('Kim@美しい.example'), 'kim@xn--n8jub8754b.example')
  assert.equal(foldAddress('+12065550110'), '+12065550110')
})

test('an answer is the same in capitals and in other keyboards’ quotes, dashes, digits and spaces', () => {
  const same: [string, string][] = [
    ['Große Straße 5', 'GROSSE STRASSE 5'],
    ['GROẞE STRASSE ５', 'große straße ٥'],
    ["O'Brien", 'O’Brien'],
    ['O´Brien', 'O‘BRIEN'],
    ['OʼBrien', 'o`brien'],
    ['“Rex”', '«REX»'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['οδυσσευσ', 'Οδυσσευς'],
    ['İstanbul', 'ISTANBUL'],
    ['İSTANBUL', 'istanbul'],
    ['ISPARTA', 'ısparta'],
    ['Saint-Malo', 'saint\u2011malo'],
    ['Saint–Malo', 'SAINT—MALO'],
    ['blue\u200b whale', 'Blue \u00a0 Whale\u200e'],
    ['  Blue   Whale ', 'blue whale'],
    ['ｂｌｕｅ　ｗｈａｌｅ', 'blue whale'],
    ['ﾊﾟﾘ', 'パリ'],
    ['Caf\u00e9', 'cafe\u0301'],
    ['CAFÉ', 'café'],
    ['\u212aelvin', 'kelvin'],
    ['ﬁnance', 'Finance'],
    ['\tBlue\nWhale', 'blue whale'],
    ['ᏣᎳᎩ', 'ꮳꮃꭹ'],
  ]
  for (const [one, two] of same) assert.equal(foldAnswer(one), foldAnswer(two), one)
  for (const [one, two] of [
    ['café', 'cafe'],
    ['blue whale', 'bluewhale'],
    ['パリ', 'ハリ'],
    ['ラーメン', 'ラメン'],
    ['münchen', 'munchen'],
  ] as const)
    assert.notEqual(foldAnswer(one), foldAnswer(two), one)
})

test('of every sign, folding an answer twice is folding it once, and leaves nothing of none but a space', () => {
  for (const around of [(sign: string) => sign, (sign: string) => `a${sign}b`, (sign: string) => `Σ${sign}${sign}`]) {
    const folded = foldEach(foldAnswer, everySign.map(around))
    const again = foldEach(foldAnswer, folded)
    forEverySign((_, place) => again[place] === folded[place])
    for (const change of [(sign: string) => sign.toLowerCase(), (sign: string) => sign.toUpperCase()]) {
      // Others are the same text, which was folded above.
      const places = [...everySign.keys()].filter(place => change(everySign[place]!) !== everySign[place])
      const changed = foldEach(
        foldAnswer,
        places.map(place => around(change(everySign[place]!))),
      )
      assert.ok(changed.length > 1_000)
      for (const [n, place] of places.entries()) assert.equal(changed[n], folded[place], everySign[place])
    }
    const blank = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}]$/u
    forEverySign((sign, place) => folded[place] !== '' || blank.test(sign))
  }
})

test('an answer has three letters, or two where one is a word or syllable of its own', () => {
  for (const short of ['京都', 'すし', 'ﾊﾟ子', '서울', 'a京']) assert.equal(fewestLetters(foldAnswer(short)), 2, short)
  for (const long of ['Rex', 'é1', 'дом', '😀']) assert.equal(fewestLetters(foldAnswer(long)), 3, long)
  assert.equal(lengthOfAnswer(foldAnswer('e\u0301a\u0301')), 2)
  assert.equal(lengthOfAnswer(foldAnswer('ｶﾞｷﾞ')), 2)
})

test('of every sign, folding a number twice is folding it once', () => {
  const folded = foldEach(
    foldNumber,
    everySign.map(sign => `+1 206${sign}555 0110`),
  )
  assert.deepEqual(foldEach(foldNumber, folded), folded)
})

test('nothing takes more than its share of time, however long and strange', () => {
  const kinds = {
    foldName,
    readCode,
    readRecoveryCode,
    foldNumber,
    readAddress,
    foldAddress,
    mailboxOf,
    foldAnswer,
    lengthOfAnswer,
  }
  const signs = [
    'a',
    ' ',
    '\u3000',
    '\u200b',
    '٣',
    '\u{1d7ff}',
    'İ',
    'ß',
    '@',
    'a@',
    '.',
    '-',
    '+',
    '(',
    "'",
    '\u0301',
    'ext 1',
    '京',
    '\ud800',
  ]
  for (const [name, fold] of Object.entries(kinds))
    for (const sign of signs) {
      const text = `${sign.repeat(300_000 / sign.length)}!`
      const begun = performance.now()
      fold(text)
      const spent = performance.now() - begun
      // Some hundredths of a second; looking back at each sign would take minutes.
      assert.ok(spent < 5_000, `${name} of ${JSON.stringify(sign)}: ${spent} ms`)
    }
})

test('a directory writes a number as it is dialled, without the library that formats it', () => {
  for (const code of [...new Set(getCountries().map(country => getCountryCallingCode(country))), '800', '883'])
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{5,12}$/), digits => {
        const e164 = `+${code}${digits}`
        const number = readNumber(e164)
        if (number !== e164) return
        const [first, ...rest] = formatNumber(e164).split(' ')
        assert.equal(directoryNumber(e164), `${first} ${rest.join('').replace(/\D/g, '')}`)
      }),
      { numRuns: 30 },
    )
  assert.deepEqual([null, '', 'none', '2065550110'].map(directoryNumber), [null, '', 'none', '2065550110'])
})
