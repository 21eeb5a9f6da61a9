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
  // The tables of `testing/` are of tests alone.
  const correlated = sources.filter(
    ({ file, text }) =>
      !file.startsWith('testing/') &&
      text.split('\n').some(line => /\w+\.tenant_id = \w+\.tenant_id/.test(line) && !/\bjoin\b.* on /.test(line)),
  )
  // The three questions about all tenants at once, which the system role asks.
  assert.deepEqual(
    correlated.map(({ file }) => file),
    ['audit/retention.ts', 'signup/unjoined.ts', 'verification/desk.ts'],
  )
})

test('what is asked before a tenant is known reads system tables, and which tenant has a domain, an application or a message', () => {
  const readme = readFileSync(fileURLToPath(new URL('./README.md', import.meta.url)), 'utf8')
  const section = readme.split(/^## /m).find(part => part.startsWith('System tables')) ?? ''
  const allowed = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
  // As far as the end of the text that each call asks.
  const asked = sources.flatMap(({ text }) =>
    text
      .split(/\baskSystem(?:<[^(]*>)?\(/)
      .slice(1)
      .flatMap(call => [...call.slice(0, 600).matchAll(/\b(?:from|into|update|join) ([a-z_]+)\b(?!\()/g)])
      .map(([, name]) => name!),
  )
  // What leads to a tenant: spread over servers, these would be on each of them. A receipt names a message alone.
  const leading = ['domains', 'registered_applications', 'challenges']
  assert.ok([...leading, 'spent_captchas'].every(name => asked.includes(name)))
  assert.deepEqual(
    [...new Set(asked)].filter(name => !leading.includes(name) && name !== 'set' && !allowed.includes(name)),
    [],
  )
})
