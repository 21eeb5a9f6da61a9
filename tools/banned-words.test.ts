import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fold } from '../server/src/passwords/bannedWords.ts'
import { bannedTermsFile, makeBannedTerms } from './banned-words.ts'

test('the list of banned words is what its generator makes', () => {
  const made = makeBannedTerms()
  const kept = readFileSync(bannedTermsFile, 'utf8')
  assert.ok(kept === `${made.join('\n')}\n`, 'run npm run banned-words, and look at what it changes')
  assert.ok(made.length > 30_000 && made.length < 42_000, `${made.length} terms`)
  for (const word of ['password', 'latchkey', 'azerty', 'bienvenue', 'sakura', 'パスワード', 'février', '2026'])
    assert.ok(made.includes(fold(word)), word)
})
