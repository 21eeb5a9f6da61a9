import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { listFiles } from '../../../tools/source.ts'

// What an engine that spreads tenants over several servers asks of statements, and costs nothing on one.

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = listFiles(root, ['.ts'])
  .map(path => ({ file: relative(root, path), text: readFileSync(path, 'utf8') }))
  .filter(({ file }) => !/\.test\.ts$|^store\/migrations\//.test(file))

test('every part of a statement names the tenant itself, and none takes it from the row of another', () => {
  assert.ok(sources.length > 100)
  const correlated = sources.filter(({ text }) =>
    text.split('\n').some(line => /\w+\.tenant_id = \w+\.tenant_id/.test(line) && !/\bjoin\b.* on /.test(line)),
  )
  // The one question about all tenants at once, which the system role asks.
  assert.deepEqual(
    correlated.map(({ file }) => file),
    ['audit/retention.ts'],
  )
})
