import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { asSource } from './testing/program.ts'

const root = new URL('../../', import.meta.url)

/** Runs the program with a Node that says that it is this version, from the start or once it reads the source. */
function run(version: string, from: 'start' | 'source') {
  const said = `Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`
  const entry = fileURLToPath(new URL('server/src/cli/index.ts', root))
  const older = ['--import', `data:text/javascript,${said}`]
  const words = from === 'start' ? [...older, ...asSource] : [...asSource, ...older]
  return spawnSync(process.execPath, [...words, entry, '--help'], { encoding: 'utf8' })
}

test('a Node that is too old is told of in one sentence, and the number is one everywhere', () => {
  for (const from of ['start', 'source'] as const) {
    for (const version of ['18.20.8', '20.20.2', '22.17.1']) {
      const { status, stdout, stderr } = run(version, from)
      assert.deepEqual([status, stdout], [1, ''], version)
      assert.equal(stderr, `latchkey: Node ${version} is too old, Latchkey needs Node 22.18 or newer.\n`)
    }
    for (const version of ['22.18.0', '24.0.0']) assert.equal(run(version, from).status, 0, version)
  }
  for (const file of ['package.json', 'server/package.json'])
    assert.equal(JSON.parse(readFileSync(new URL(file, root), 'utf8')).engines.node, '>=22.18', file)
  assert.match(readFileSync(new URL('README.md', root), 'utf8'), /Node 22\.18 or newer/)
})
