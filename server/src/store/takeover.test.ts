import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { binariesFor, findAccount, serverAccount } from './binaries.ts'
import { startEmbedded } from './embedded.ts'

// PostgreSQL once ran as an account of other programs too. The tests try what they could do, and how the data gets its
// own account.

const skip = process.getuid?.() !== 0 && 'accounts change only where tests run as root'
const base = await mkdtemp(join(tmpdir(), 'latchkey-takeover-'))
await chmod(base, 0o755)
const started = new Set<ChildProcess>()
after(async () => {
  for (const child of started) child.kill('SIGKILL')
  await rm(base, { recursive: true, force: true })
})

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return Object.values((await client.query(text)).rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

/** A folder as earlier versions left it: everything is nobody's, and root alone may connect. */
async function former(name: string): Promise<string> {
  const folder = join(base, name)
  const server = await startEmbedded(folder, ['fsync=off'])
  await ask(server.url, 'create table kept as select 42 as value')
  await server.stop()
  await writeFile(join(folder, 'postgres/18/pg_ident.conf'), 'latchkey "root" all\n')
  execFileSync('chown', ['-R', 'nobody:', join(folder, 'postgres')])
  return folder
}

/** PostgreSQL as an earlier version ran it. */
async function formerServer(folder: string): Promise<ChildProcess> {
  const home = join(folder, 'postgres')
  const binaries = await binariesFor(await serverAccount(), folder)
  const words = ['-D', join(home, '18'), '-c', 'listen_addresses=', '-c', `unix_socket_directories=${home}`]
  const child = spawn(join(binaries, 'postgres'), words, {
    ...(await findAccount('nobody')),
    cwd: home,
    stdio: 'ignore',
  })
  started.add(child)
  const lock = join(home, '18/postmaster.pid')
  for (const end = Date.now() + 60_000; !/ready/.test(await readFile(lock, 'utf8').catch(() => '')); await sleep(20))
    assert.ok(Date.now() < end, 'it starts')
  return child
}

async function assertTakenOver(folder: string) {
  const server = await startEmbedded(folder, ['fsync=off'])
  try {
    assert.equal(await ask(server.url, 'select value from kept'), 42)
    const { uid } = await serverAccount()
    for (const path of ['', '18', '18/PG_VERSION', '18/base', '18/pg_ident.conf'])
      assert.equal((await stat(join(folder, 'postgres', path))).uid, uid, path)
    const left = (await readdir(folder)).filter(name => !/^bin-/.test(name))
    assert.deepEqual(left, ['postgres'])
  } finally {
    await server.stop()
  }
}

test('no program of another account reads the data, connects to the server or signals it', { skip }, async () => {
  const folder = join(base, 'own')
  const server = await startEmbedded(folder, ['fsync=off'])
  try {
    const lock = join(folder, 'postgres/18/postmaster.pid')
    const pid = Number((await readFile(lock, 'utf8')).split('\n')[0])
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const { uid } = await serverAccount()
    assert.match(status, new RegExp(`^Uid:\t${uid}\t`, 'm'))
    const nobody = await findAccount('nobody')
    assert.ok(nobody && nobody.uid !== uid)
    const script = `
      import { open } from 'node:fs/promises'
      import { connect } from 'node:net'
      const tried = [
        ...['18/pg_hba.conf', '18/base', '18/postmaster.pid', 'postgres.log'].map(name => open(${JSON.stringify(join(folder, 'postgres'))} + '/' + name)),
        new Promise((resolve, reject) => connect(${JSON.stringify(join(folder, 'postgres/.s.PGSQL.5432'))}).on('connect', resolve).on('error', reject)),
        (async () => process.kill(${pid}, 'SIGHUP'))(),
      ]
      console.log((await Promise.allSettled(tried)).map(one => one.reason?.code ?? 'done').join(' '))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      ...nobody,
      cwd: '/',
      encoding: 'utf8',
    })
    assert.equal(stdout.trim(), 'EACCES EACCES EACCES EACCES EACCES EPERM')
  } finally {
    await server.stop()
  }
})

test('data that belongs to nobody is taken over, also where a start was killed in the middle', { skip }, async () => {
  await assertTakenOver(await former('stopped'))
  const killed = await former('killed')
  await rename(join(killed, 'postgres'), join(killed, 'postgres.of-nobody'))
  await assertTakenOver(killed)
})

test('a server of nobody that a killed program left is ended first, and one in use is left alone', {
  skip,
}, async () => {
  const folder = await former('running')
  const used = await formerServer(folder)
  const socket = encodeURIComponent(join(folder, 'postgres'))
  const url = `postgres://latchkey@localhost/postgres?host=${socket}`
  const keeper = new pg.Client({ connectionString: url })
  await keeper.connect()
  await keeper.query("select pg_advisory_lock(hashtextextended('latchkey keeper', 0))")
  await assert.rejects(startEmbedded(folder), {
    code: 'folder_unusable',
    message: /^A PostgreSQL of the account "nobody" still runs in .+: end the Latchkey of an earlier version .+\.$/,
  })
  assert.equal(used.exitCode, null)
  await keeper.end()
  const ended = once(used, 'exit')
  await assertTakenOver(folder)
  await ended
})
