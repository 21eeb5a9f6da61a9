import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { moduleOf, processes } from './tests.ts'

test('each test file runs, once, and what changes its process runs alone', () => {
  const root = join(import.meta.dirname, '..')
  const known = globSync('**/*.test.{ts,tsx}', { cwd: root, exclude: ['**/node_modules', '**/dist'] })
  const parts = processes()
  const all = parts.flat()
  assert.deepEqual(all.toSorted(), known.map(path => join(root, path)).sort())
  assert.ok(parts.length < all.length / 2)
  for (const name of ['server/src/cli/help.test.ts', 'server/src/http/blur.test.ts', 'e2e/walks.test.ts'])
    assert.ok(
      parts.some(([path, ...others]) => path === join(root, name) && others.length === 0),
      name,
    )
})

test('files of one process begin one after the other, end what they started, and fail it where one fails', context => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-tests-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, `import { after, beforeEach, test } from 'node:test'\n${text}`)
    return path
  }
  const run = (...paths: string[]) => {
    const path = write('all.mjs', moduleOf(paths))
    const runner = join(import.meta.dirname, 'runner.js')
    const env = { ...process.env, NODE_TEST_CONTEXT: '' }
    return spawnSync(process.execPath, ['--import', runner, path], { encoding: 'utf8', env })
  }
  const told = (text: string) => `console.log('told: ${text}')`
  const first = write(
    'first.mjs',
    `await new Promise(done => setTimeout(done, 5)); after(async () => ${told('first ends')})
     beforeEach(() => ${told('before each of the first')})
     test('one', async () => {
       await new Promise(setImmediate)
       after(() => ${told('one ends')})
       ${told('one')}
     })`,
  )
  const second = write('second.mjs', `${told('second begins')}; test('two', () => ${told('two')})`)
  const both = run(first, second)
  assert.equal(both.status, 0, both.stdout)
  assert.deepEqual(
    both.stdout.split('\n').filter(line => line.startsWith('told')),
    ['before each of the first', 'one', 'one ends', 'first ends', 'second begins', 'two'].map(what => `told: ${what}`),
  )
  const late = 'await new Promise(done => setTimeout(() => { done(); throw new Error("late") }))'
  for (const text of [
    "test('fails', () => { throw new Error('no') })",
    `test('fails', async () => { ${late} })`,
    "throw new Error('cannot begin')",
  ]) {
    const { status, stdout } = run(write('failing.mjs', text), second)
    assert.equal(status, 1, text)
    assert.match(stdout, /two/, 'the others run')
  }
})
