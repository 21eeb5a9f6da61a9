import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { asSource } from '../testing/program.ts'
import { startEmbedded } from './embedded.ts'
import { prepareRoles } from './roles.ts'

const fixture = fileURLToPath(new URL('./embedded.fixture.ts', import.meta.url))
const hasty = ['fsync=off']
const root = process.getuid?.() === 0
const folder = await mkdtemp(join(tmpdir(), 'latchkey-embedded-'))
await chmod(folder, 0o755)
const started = new Set<ChildProcess>()
const left = new Set<string>([folder])

after(async () => {
  for (const child of started) child.kill('SIGKILL')
  for (const each of left) {
    const server = await startEmbedded(each, hasty).catch(() => undefined)
    await server?.stop()
    await rm(each, { recursive: true, force: true })
  }
})

interface Program {
  child: ChildProcess
  url: string
  first: boolean
}

/** Another process on the folder; resolves once its server takes connections. */
async function program(at = folder): Promise<Program> {
  const child = spawn(process.execPath, [...asSource, fixture, at], { stdio: ['pipe', 'pipe', 'inherit'] })
  started.add(child)
  child.once('exit', () => started.delete(child))
  const lines = createInterface({ input: child.stdout! })
  const ended = once(child, 'exit').then(() => assert.fail('the program ended before it served'))
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  ended.catch(() => {}) // its end later on is expected
  return { child, ...(JSON.parse(line) as { url: string; first: boolean }) }
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL') {
  const gone = once(child, 'exit')
  child.kill(signal)
  return gone
}

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query({ text, rowMode: 'array' })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

const lockFile = (at = folder) => join(at, 'postgres/18/postmaster.pid')
const postmaster = async (at = folder) => Number((await readFile(lockFile(at), 'utf8')).split('\n')[0])
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

test('two starters on an empty folder make one cluster, and one of them owns it', async () => {
  const halfMade = join(folder, 'postgres/18.abcdef')
  await mkdir(halfMade, { recursive: true })
  await utimes(halfMade, new Date(0), new Date(0))
  const two = await Promise.all([program(), program()])
  assert.deepEqual(two.map(({ first }) => first).sort(), [false, true])
  await ask(two[0].url, 'create table kept as select 42 as value')
  assert.equal(await ask(two[1].url, 'select value from kept'), 42)
  assert.deepEqual(
    (await readdir(join(folder, 'postgres'))).filter(name => name.startsWith('18')),
    ['18'],
    'half-made clusters are swept',
  )
  const pid = await postmaster()
  await kill(two.find(({ first }) => !first)!.child, 'SIGTERM')
  assert.equal(await postmaster(), pid, 'a guest does not stop the server of its host')
  assert.equal(await ask(two[0].url, 'select 1'), 1)
  const [code] = await kill(two.find(({ first }) => first)!.child, 'SIGTERM')
  assert.equal(code, 0)
  assert.equal(await exists(lockFile()), false, 'SIGTERM to its owner stops the server')
})

test('a program killed alone leaves its server to the next one', async () => {
  const { child } = await program()
  const pid = await postmaster()
  await kill(child)
  const server = await startEmbedded(folder, hasty)
  assert.equal(server.first, true)
  assert.equal(await postmaster(), pid)
  assert.equal(await ask(server.url, 'select value from kept'), 42)
  await server.stop()
  assert.equal(await exists(lockFile()), false)
})

test('a killed server is replaced, and the start does not wait for its zombie', async () => {
  for (const both of [false, true]) {
    const { child } = await program()
    const pid = await postmaster()
    if (both) await kill(child)
    process.kill(pid, 'SIGKILL')
    const server = await startEmbedded(folder, hasty)
    assert.equal(await ask(server.url, 'select value from kept'), 42)
    assert.notEqual(await postmaster(), pid)
    await server.stop()
    if (!both) await kill(child)
  }
})

test('a lock file that names another living program does not keep the server from starting', async () => {
  const { child } = await program()
  const text = await readFile(lockFile(), 'utf8')
  const socketLock = join(folder, 'postgres/.s.PGSQL.5432.lock')
  const socketText = await readFile(socketLock, 'utf8')
  await kill(child, 'SIGTERM')
  // PostgreSQL takes a pid of its own account for a server, so the stranger runs as that account.
  const identity = root ? { uid: (await stat(join(folder, 'postgres'))).uid } : {}
  const stranger = spawn('sleep', ['60'], { ...identity, stdio: 'ignore' })
  started.add(stranger)
  for (const [path, content] of [
    [lockFile(), text],
    [socketLock, socketText],
  ] as const) {
    await writeFile(path, content.replace(/^\d+/, String(stranger.pid)))
    if (root) await chown(path, identity.uid!, identity.uid!)
  }
  const server = await startEmbedded(folder, hasty)
  assert.equal(await ask(server.url, 'select value from kept'), 42)
  await server.stop()
  await kill(stranger)
})

test('a path too long for a socket has it elsewhere, where the next start finds it', async () => {
  const long = join(await mkdtemp(join(tmpdir(), 'latchkey-long-')), 'x'.repeat(90))
  await chmod(join(long, '..'), 0o755)
  await mkdir(long)
  left.add(join(long, '..'))
  const server = await startEmbedded(long, hasty)
  const guest = await startEmbedded(long, hasty)
  // Roles belong to the server, which is new here: ten programs that make them at once all succeed.
  await Promise.all(Array.from({ length: 10 }, () => prepareRoles(server.url)))
  assert.match(decodeURIComponent(server.url), /host=\/tmp\/latchkey-/)
  assert.deepEqual([server.url, guest.first], [guest.url, false])
  await guest.stop()
  await server.stop()
})

test('a folder that cannot work is refused in one sentence', async context => {
  if (!root) return context.diagnostic('refusals that need another account are proved where tests run as root')
  const hidden = await mkdtemp(join(homedir(), '.latchkey-'))
  left.add(hidden)
  await assert.rejects(startEmbedded(hidden, hasty), {
    code: 'folder_unusable',
    message: /^The account "latchkey", which runs PostgreSQL, cannot write .+: set LATCHKEY_DATA .+\.$/,
  })
  // The other way round: a program of an ordinary account on a folder that root made, and one that nobody knows.
  const asAccount = async (uid: number) => {
    const child = spawn(process.execPath, [...asSource, fixture, folder], {
      uid,
      gid: uid,
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    started.add(child)
    let output = ''
    child.stderr.on('data', text => {
      output += text
    })
    await Promise.race([once(child, 'close'), sleep(60_000, undefined, { ref: false })]) // its last words were read
    return output
  }
  assert.match(await asAccount(1), /The folder .+ belongs to another account .+ or set LATCHKEY_DATA/)
  assert.match(await asAccount(54_321), /uid 54321 has no entry in \/etc\/passwd/)
})
