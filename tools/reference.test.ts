import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { makePages } from './reference.ts'

test('the pages of settings, commands and codes say what the code does', () => {
  for (const [name, text] of Object.entries(makePages()))
    assert.equal(
      readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8'),
      text,
      'npm run reference writes it anew',
    )
})
