import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { freePort } from '../server/src/demo/index.ts'
import { testDatabaseUrl } from '../server/src/testing/database.ts'
import { writeServer } from './server.ts'

const root = join(import.meta.dirname, '..')

/** A folder as deep as the built server's. */
function folderOf(context: TestContext): string {
  mkdirSync(join(root, 'dist'), { recursive: true })
  const folder = mkdtempSync(join(root, 'dist/built-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the built server shows its pages with their style', async context => {
  const folder = folderOf(context)
  await writeServer(join(root, 'server/src/cli/index.ts'), folder)
  const port = await freePort()
  const child = spawn(process.execPath, [join(folder, 'cli/index.js'), 'start'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: await testDatabaseUrl(),
      LATCHKEY_LISTEN: `127.0.0.1:${port}`,
      LATCHKEY_ORIGIN: 'http://localhost',
      LATCHKEY_SECRETS: randomBytes(32).toString('base64'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  context.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const page = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined))?.text()
  let begin = await page('/signin')
  for (let tries = 0; begin === undefined && child.exitCode === null && tries < 6_000; tries++) {
    await sleep(10)
    begin = await page('/signin')
  }
  const style = /href="([^"]+\.css)"/.exec(begin ?? '')?.[1]
  assert.match((await page(style ?? '')) ?? '', /--/)
})

test('the build compiles under the limits of memory that servers run with: for others Node would compile anew', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const limitsIn = (text: string) => text.match(/--[a-z-]+-size=\d+/g)
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const limits = limitsIn(scripts.build!)
  assert.equal(limits?.length, 3)
  for (const path of ['deploy/Dockerfile', 'deploy/latchkey.service', 'bench/server.ts'])
    assert.deepEqual(limitsIn(read(path)), limits, path)
})

test('an error of a built file is told by the lines of its source', async context => {
  const folder = folderOf(context)
  const source = join(folder, 'failing.ts')
  const lines = [
    "import { stackOf } from '../../server/src/stack.ts'",
    'interface Gone {}',
    '',
    'const fail = (gone?: Gone): never => {',
    '  throw new Error(String(gone ?? new Error().stack?.match(/file:.*\\d/)))',
    '}',
    'try {',
    '  fail()',
    '} catch (error) {',
    '  process.stdout.write(stackOf(error as Error))',
    '}',
  ]
  writeFileSync(source, lines.join('\n'))
  await writeServer(source, folder)
  const { stdout } = spawnSync(process.execPath, [join(folder, 'cli/index.js')], { encoding: 'utf8' })
  assert.ok(stdout.includes(`at fail (${pathToFileURL(source).href}:5:9)`), stdout)
  // A message may quote what somebody sent: nothing is looked up for it.
  assert.ok(stdout.startsWith(`Error: ${pathToFileURL(join(folder, 'cli/index.js')).href}:`), stdout)
})
