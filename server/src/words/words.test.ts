import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedLanguages, acceptedRegion, chooseLanguage, languages, loadWords } from './index.ts'

const words = loadWords()

test('a reader gets the first of their wishes that is spoken here', () => {
  assert.equal(chooseLanguage(['de', 'fr-CA', 'ja']), 'fr')
  assert.equal(chooseLanguage(['JA-jp']), 'ja')
  assert.equal(chooseLanguage([undefined, null, '', 'xx', 'french']), 'en')
  assert.equal(chooseLanguage(['de'], 'ja'), 'ja')
})

test('Accept-Language is read by weight, and nonsense in it wishes for nothing', () => {
  assert.deepEqual(acceptedLanguages('en;q=0.5, ja, fr;q=0.9'), ['ja', 'fr', 'en'])
  assert.deepEqual(acceptedLanguages('fr;q=0, en;q=0.1'), ['en'])
  assert.deepEqual(acceptedLanguages(' fr-CA ; q=0.8 ,, en;q=x'), ['fr-CA'])
  assert.deepEqual(acceptedLanguages(undefined), [])
  assert.ok(acceptedLanguages('a,'.repeat(100_000)).length <= 500)
})

test('the region of the most wanted language that names one is where a number is guessed to be from', () => {
  const table: [string | undefined, string | undefined][] = [
    ['en-GB', 'GB'],
    ['fr-CH', 'CH'],
    ['fr, fr-CA;q=0.9, en-US;q=0.8', 'CA'],
    ['en-US;q=0.5, pt-BR', 'BR'],
    ['ja', undefined],
    ['zh-Hant-TW', 'TW'],
    [undefined, undefined],
    ['*', undefined],
    ['x-GB, 12-34, -, _, en_GB, en-, ;;;', undefined],
  ]
  for (const [header, region] of table) assert.equal(acceptedRegion(acceptedLanguages(header)), region, header)
})

test('lengths of time are rounded up to a unit that a person would say', () => {
  const { duration } = words.in('en')
  const table: [number, string][] = [
    [1, '1 second'],
    [60, '60 seconds'],
    [91, '2 minutes'],
    [300, '5 minutes'],
    [3_600, '60 minutes'],
    [5_401, '2 hours'],
    [86_400, '24 hours'],
    [172_801, '3 days'],
  ]
  for (const [seconds, said] of table) assert.equal(duration(seconds), said.replace(' ', '\u00a0'))
  assert.equal(words.in('fr').duration(300), '5\u00a0minutes', 'a line never ends between number and unit')
  assert.equal(words.in('ja').duration(86_400), '24\u00a0時間')
})

test('each language has its own lists, names, dates and order', () => {
  const [en, fr, ja] = languages.map(language => words.in(language))
  assert.equal(en!.list(['a', 'b', 'c']), 'a, b, and c')
  assert.equal(fr!.list(['a', 'b', 'c']), 'a, b et c')
  assert.equal(ja!.list(['a', 'b', 'c']), 'a、b、c')
  assert.equal(en!.languageName('fr'), 'Français')
  assert.equal(fr!.languageName('ja'), '日本語')
  assert.equal(fr!.country('JP'), 'Japon')
  const moment = new Date('2026-03-02T09:04:05Z')
  assert.deepEqual(
    [en!, fr!, ja!].map(one => one.dateTime(moment)),
    ['2 March 2026 at 09:04 UTC', '2 mars 2026 à 09:04 UTC', '2026年3月2日 9:04 UTC'],
  )
  assert.deepEqual(['é', 'z', 'a'].sort(fr!.compare), ['a', 'é', 'z'])
  for (const one of [en!, fr!, ja!]) assert.doesNotMatch(one.t('reset.refused.SSPR_0014.title'), /reset\.|SSPR/)
})

test('lesson 55: what is put into a sentence is put there as it is, for its page or mail to escape', () => {
  const { t } = words.in('en')
  const text = t('messages.request.subject', { organization: 'A & <b>', username: '$t(messages.from)' })
  assert.match(text, /A & <b>/)
  assert.match(text, /\$t\(messages\.from\)/)
})
