import assert from 'node:assert/strict'
import { test } from 'node:test'
import { languages, loadWords } from '../words/index.ts'
import { ownScopeNames } from './scopes.ts'
import { describeScope } from './scopeWords.ts'

const words = loadWords()

test('each scope of ours is told in plain words, another’s in its owner’s', () => {
  const scope = { needsAdministrator: false, escalates: false }
  for (const language of languages) {
    const { t } = words.in(language)
    const told = ownScopeNames.map(name => describeScope(t, { ...scope, name, words: null }))
    for (const [place, { title, detail }] of told.entries()) {
      assert.doesNotMatch(title + detail, /scopes\./, ownScopeNames[place])
      assert.doesNotMatch(title, /\.All|Read\./, 'it is no name')
    }
    for (const part of ['title', 'detail'] as const)
      assert.equal(new Set(told.map(one => one[part])).size, told.length, 'no two are told alike')
    const own = { title: 'Read your reports', detail: 'All of them.' }
    assert.deepEqual(describeScope(t, { ...scope, name: 'api://x/y', words: own }), own)
  }
})
