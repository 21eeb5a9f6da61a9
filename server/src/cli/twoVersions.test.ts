import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { emptyDatabaseUrl } from '../testing/database.ts'
import { launch, startedServer } from '../testing/program.ts'
import { type TestBrowser, type TestResponse, testBrowser } from '../testing/server.ts'
import { type MailSink, mailSink } from '../testing/sinks.ts'

// A version of before serves while this one migrates and takes over, as an upgrade without a pause has it.

const ROOT = new URL('../../../', import.meta.url).pathname
/** So many migrations at least lie between the two. */
const MIGRATING = 4
const SECRETS = 'm4Xr9Kq2Vb7Tn1Ls6Yd3Hw8Zc5Pf0Jg9UaEoRiQtCkB='
const PEOPLE = ['kim', 'lee', 'mei', 'noa'].map(name => `${name}@contoso.example`)
const run = promisify(execFile)

// A minute of an upgrade, so in the long proof.
const skip = process.env.PROOF !== 'long'

test('a version of before serves while this one migrates and serves beside it', { skip }, async t => {
  const before = await formerVersion(t)
  if (!before) return t.skip('git knows no version of before')
  const mails = await mailSink()
  const databaseUrl = await emptyDatabaseUrl()
  const env = {
    DATABASE_URL: databaseUrl,
    LATCHKEY_SECRETS: SECRETS,
    LATCHKEY_SMTP_URL: mails.url,
    LATCHKEY_MAIL_FROM: 'no-reply@contoso.example',
  }
  const command = async (words: string[], input?: string) => {
    const { ended, output } = launch(env, words, input, before)
    assert.equal(await ended, 0, output.err)
  }
  await command(['migrate'])
  await command(['tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example'])
  for (const set of ['enabled=true', 'gates=1', 'methods=["email"]'])
    await command(['tenant', 'policy', 'contoso.example', '--set', set])
  const passwords = new Map(PEOPLE.map(name => [name, `Quiet harbour ${name}`]))
  for (const [name, password] of passwords) {
    const own = `otherMails=["${name.replace('contoso', 'mail')}"]`
    await command(['users', 'create', name, '--name', 'Some Body', '--set', own, '--password-hash'], hashOf(password))
  }
  const former = await startedServer(env, before)
  t.after(() => former.child.kill('SIGKILL'))
  const ports = [former.port]
  const done = new Map<number, number>()
  let going = true
  /** Somebody who signs in and resets for as long as it lasts, at each version in turn, also within one reset. */
  const person = async (name: string) => {
    for (let turn = 0; going; turn++) {
      const port = ports[turn % ports.length]!
      const other = ports[(turn + 1) % ports.length]!
      await signIn(port, name, passwords.get(name)!)
      if (turn < 6) passwords.set(name, await reset(mails, port, other, name))
      await signIn(other, name, passwords.get(name)!)
      done.set(port, (done.get(port) ?? 0) + 1)
      await sleep(50)
    }
  }
  const people = PEOPLE.map(person)
  const failed = Promise.all(people)
  failed.catch(() => {})
  const rounds = async (port: number, more: number) => {
    const end = (done.get(port) ?? 0) + more
    while ((done.get(port) ?? 0) < end) await Promise.race([sleep(20), failed])
  }
  await rounds(former.port, 4)
  const earlier = await migrationsOf(databaseUrl)
  const migrating = performance.now()
  const latter = await startedServer(env)
  const migrated = performance.now()
  t.after(() => latter.child.kill('SIGKILL'))
  assert.ok((await migrationsOf(databaseUrl)) >= earlier + MIGRATING, 'this version has migrated')
  await rounds(former.port, 4)
  ports.push(latter.port)
  await Promise.all([rounds(former.port, 8), rounds(latter.port, 8)])
  // The one of before stops as a replica does, and the other goes on alone.
  ports.shift()
  await sleep(1_000)
  former.child.kill('SIGTERM')
  await rounds(latter.port, 4)
  going = false
  await failed
  t.diagnostic(`${earlier} migrations, then ${await migrationsOf(databaseUrl)}; turned away: ${turnedAway.length}`)
  // Who asks while a table changes may be told to come back, and is served then: nobody is told so at another time.
  assert.deepEqual(
    turnedAway.filter(at => at < migrating || at > migrated + 2_000),
    [],
  )
  assert.equal(await former.ended, 0, former.output.err)
  // A start of the version of before refuses a database that is newer than it.
  const late = launch(env, ['migrate'], undefined, before)
  assert.equal(await late.ended, 1, late.output.out)
})

/** The URL of a folder with the version before the last migrations; undefined where git does not know it. */
async function formerVersion(t: TestContext): Promise<string | undefined> {
  const git = async (...words: string[]) => (await run('git', words, { cwd: ROOT })).stdout.split('\n').filter(Boolean)
  const folderOf = 'server/src/store/migrations/'
  const migrationsAt = async (commit: string) =>
    (await git('ls-tree', '--name-only', commit, folderOf)).filter(path => /\/\d{4}_/.test(path)).sort()
  const now = await migrationsAt('HEAD').catch(() => [])
  // Of one that lacks a migration in the middle a database would be refused: such a one was never a release.
  const isBefore = (then: readonly string[]) =>
    then.length <= now.length - MIGRATING && then.every((path, at) => path === now[at])
  let commit: string | undefined
  for (const adding of now.length > 0 ? await git('log', '--diff-filter=A', '--format=%H', '--', folderOf) : []) {
    commit = `${adding}^`
    if (isBefore(await migrationsAt(commit).catch(() => []))) break
    commit = undefined
  }
  if (commit === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-former-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const archive = join(folder, 'former.tar')
  await run('git', ['archive', '--output', archive, commit], { cwd: ROOT })
  await run('tar', ['-xf', archive, '-C', folder])
  // Its dependencies are those of now: what is shown is one database under two programs.
  for (const modules of ['node_modules', 'server/node_modules'])
    if (existsSync(join(ROOT, modules))) await symlink(join(ROOT, modules), join(folder, modules))
  return pathToFileURL(`${folder}/`).href
}

function hashOf(password: string): string {
  const salt = randomBytes(16)
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$pbkdf2-sha256$i=1000$${text(salt)}$${text(pbkdf2Sync(password, salt, 1_000, 32, 'sha256'))}`
}

async function migrationsOf(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query('select count(*)::int as count from latchkey.kysely_migration')
  await client.end()
  return rows[0].count
}

const browserAt = (port: number) => testBrowser(`http://127.0.0.1:${port}`, 'http://localhost')

/** When somebody was told to come back. */
const turnedAway: number[] = []

/** Posts, and comes back when told to, as a browser's person does. */
async function post(browser: TestBrowser, path: string, body: unknown): Promise<TestResponse> {
  for (const end = performance.now() + 60_000; ; ) {
    const answer = await browser.post(path, body)
    if (answer.status !== 503 || performance.now() > end) return answer
    turnedAway.push(performance.now())
    await sleep(Number(answer.headers.get('retry-after')) * 1_000)
  }
}

async function signIn(port: number, username: string, password: string): Promise<void> {
  const answer = await post(browserAt(port), '/signin', { username, password })
  assert.equal(answer.status, 200, `${port}: ${answer.text}`)
}

/** A reset that goes from one replica to the other at each step, and returns the new password. */
async function reset(mails: MailSink, port: number, other: number, username: string): Promise<string> {
  const browser = browserAt(port)
  const visit = async (to: number, path: string, body: unknown, expected: number) => {
    const there = browserAt(to)
    for (const [name, value] of browser.cookies) there.cookies.set(name, value)
    const answer = await post(there, path, body)
    for (const [name, value] of there.cookies) browser.cookies.set(name, value)
    assert.equal(answer.status, expected, `${to} ${path}: ${answer.text}`)
    return answer.json
  }
  const begun = await visit(port, '/reset', { username }, 201)
  const path = `/reset/${begun.id}`
  const asked = await visit(other, `${path}/challenges`, { method: begun.methods[0].id }, 201)
  const code = await nextCode(mails, username.replace('contoso', 'mail'))
  await visit(port, `${path}/proofs`, { challenge: asked.challenge.id, code }, 200)
  const newPassword = `Quiet harbour ${randomBytes(6).toString('hex')}`
  const ended = await visit(other, `${path}/password`, { newPassword }, 200)
  assert.equal(ended.state, 'finished')
  return newPassword
}

/** The code of the next mail to an address, which is taken out of the sink. */
async function nextCode(sink: MailSink, address: string): Promise<string> {
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(20)) {
    const at = sink.mails.findIndex(({ to, parsed }) => to.includes(address) && /\d{6}/.test(parsed.subject ?? ''))
    if (at < 0) continue
    const [mail] = sink.mails.splice(at, 1)
    return /\d{6}/.exec(mail!.parsed.subject!)![0]
  }
  throw new Error(`no code came for ${address}`)
}
