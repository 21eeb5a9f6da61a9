import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spell, spokenTo } from './spelling.ts'

test('a secret is spelled in the language of the caller, and a capital is said only beside small letters', () => {
  assert.deepEqual(spell('K7-ZA', 'en'), ['Kilo, seven, dash', 'Zulu, Alfa'])
  assert.deepEqual(spell('kZ', 'en'), ['small Kilo, capital Zulu'])
  assert.deepEqual(spell('z2', 'fr'), ['Zoé, deux'])
  assert.deepEqual(spell('aT', 'ja'), ['小文字のアメリカのA、大文字の東京のT'])
  for (const language of ['en', 'fr', 'ja'] as const)
    for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') {
      const [word] = spell(letter, language)
      const plain = word!.normalize('NFD')
      assert.ok(language === 'ja' ? plain.endsWith(letter) : plain.startsWith(letter), `${language} ${letter}: ${word}`)
    }
  assert.deepEqual(
    [spokenTo('fr-CA', 'en'), spokenTo('de', 'ja'), spokenTo(null, 'fr'), spokenTo('constructor', 'en')],
    ['fr', 'ja', 'fr', 'en'],
  )
})
