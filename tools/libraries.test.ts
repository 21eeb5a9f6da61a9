import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { keptLibraries } from './libraries.ts'

test('a library in one file gives what its own files give, to the source alone', async context => {
  const cache = mkdtempSync(join(tmpdir(), 'latchkey-libraries-'))
  context.after(() => rmSync(cache, { recursive: true }))
  const kept = keptLibraries(cache)
  assert.ok(kept.size > 5)
  const installed = createRequire(new URL('../server/node_modules/any.js', import.meta.url))
  for (const [way, url] of kept) {
    const own = pathToFileURL(installed.resolve(way)).href
    assert.match(own, /\/node_modules\/(?!\.cache)/, way)
    const names = Object.keys(await import(own)).filter(name => name !== 'module.exports') // what CommonJS adds
    assert.deepEqual(Object.keys(await import(url)), names, way)
    assert.match(import.meta.resolve(way), /\/\.cache\/.*\.mjs$/, way)
  }
})

test('where libraries cannot be written the source takes their own files', context => {
  const cache = mkdtempSync(join(tmpdir(), 'latchkey-libraries-'))
  context.after(() => rmSync(cache, { recursive: true }))
  writeFileSync(join(cache, 'full'), '')
  assert.equal(keptLibraries(join(cache, 'full')).size, 0)
  assert.ok(existsSync(join(cache, 'full')))
})
