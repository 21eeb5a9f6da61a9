import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeNotice, noticeFile } from './notice.ts'

const lock = readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')
const notice = readFileSync(noticeFile, 'utf8')

test('NOTICE names every package that ships, with its licence', () => {
  assert.ok(makeNotice(notice, lock) === notice, 'run npm run notice, and look at what it changes')
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../server/package.json'), 'utf8'))
  for (const [name, version] of Object.entries(dependencies))
    assert.match(notice, new RegExp(`^ {2}${name} ${version} \\(.+\\)$`, 'm'), name)
  for (const name of ['esbuild', 'playwright-core', 'fast-check']) assert.ok(!notice.includes(`  ${name} `), name)
  for (const name of ['Node.js', 'PostgreSQL', 'Debian']) assert.ok(notice.includes(`- ${name} (https://`))
})

test('a package without a licence stops the list', () => {
  const nameless = JSON.stringify({ packages: { 'node_modules/nameless': { version: '1.0.0' } } })
  assert.throws(() => makeNotice(notice, nameless), /nameless names no licence/)
})
