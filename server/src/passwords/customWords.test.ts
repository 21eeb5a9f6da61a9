import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTenant } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { addBannedWords, CUSTOM_WORDS_AT_MOST, importBannedWords, listBannedWords, removeBannedWords } from './index.ts'

const { store, cast } = await stage()

test('an import says what it added, what was there, and which lines it refused', async () => {
  const tenantId = await cast.tenant('acme.example')
  const inside = <T>(work: (trx: Parameters<typeof listBannedWords>[0]) => Promise<T>) =>
    inTenant(store, tenantId, work)
  const added = await inside(trx => addBannedWords(trx, meansAt(), tenantId, ['AcmeRocket', ' coyote ']))
  assert.deepEqual(added, { added: ['acmerocket', 'coyote'], present: [], refused: [] })
  const text =
    '\uFEFFRoadrunner\r\n\r\nＣＯＹＯＴＥ\r\nfox\nロケット工場\na word that is far too long\nred fox\nin\u0000side\nroadrunner\n'
  assert.deepEqual(await inside(trx => importBannedWords(trx, meansAt(), tenantId, text)), {
    added: ['roadrunner', 'ロケット工場', 'red fox'],
    present: ['coyote', 'roadrunner'],
    refused: [
      { line: 4, word: 'fox', why: 'too_short' },
      { line: 6, word: 'a word that is far too long', why: 'too_long' },
      { line: 8, word: 'in\u0000side', why: 'not_printable' },
    ],
  })
  assert.deepEqual(await inside(trx => removeBannedWords(trx, tenantId, ['COYOTE', 'nothing'])), ['coyote'])
  assert.deepEqual((await inside(trx => listBannedWords(trx, tenantId))).sort(), [
    'acmerocket',
    'red fox',
    'roadrunner',
    'ロケット工場',
  ])
  const other = await cast.tenant('globex.example')
  assert.deepEqual(await inTenant(store, other, trx => listBannedWords(trx, other)), [])
})

test('imports at once do not pass the limit together', async () => {
  const tenantId = await cast.tenant('initech.example')
  const batch = (name: string) => Array.from({ length: 400 }, (_, n) => `${name}${n}`)
  const results = await Promise.all(
    ['alpha', 'bravo', 'charlie', 'delta'].map(name =>
      inTenant(store, tenantId, trx => addBannedWords(trx, meansAt(), tenantId, batch(name))),
    ),
  )
  const all = results.flatMap(({ added }) => added)
  assert.equal(all.length, CUSTOM_WORDS_AT_MOST)
  assert.equal((await inTenant(store, tenantId, trx => listBannedWords(trx, tenantId))).length, CUSTOM_WORDS_AT_MOST)
  const refused = results.flatMap(one => one.refused)
  assert.equal(refused.length, 600)
  assert.ok(refused.every(({ why }) => why === 'list_full'))
  const again = await inTenant(store, tenantId, trx => addBannedWords(trx, meansAt(), tenantId, all.slice(0, 3)))
  assert.equal(again.present.length, 3, 'what is there is not refused for want of room')
})
