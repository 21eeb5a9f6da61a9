import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { changePassword } from '../account/index.ts'
import { changeProtection } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, PASSWORD, readEvents, stage, watchedHasher } from '../testing/people.ts'
import {
  BreachedFileError,
  createPasswordChecks,
  homeOf,
  openBreachedPasswords,
  type PasswordChecks,
  preparePassword,
  readPasswordRules,
  refusedPassword,
} from './index.ts'

const { store, cast } = await stage()
const BREACHED = 'Lantern orchard 88'
const FINE = 'Lantern orchard 89'
const sha1 = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase()

const asked: { url: string; padding: unknown }[] = []
let answer = (_response: ServerResponse): void => assert.fail('nothing is to be asked')
const service = createServer((request, response) => {
  asked.push({ url: request.url ?? '', padding: request.headers['add-padding'] })
  answer(response)
})
await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve))
after(() => {
  service.closeAllConnections()
  service.close()
})
const origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
const source = await openBreachedPasswords(new URL(`${origin}/range/`))

const noise = Array.from({ length: 900 }, (_, n) => `${sha1(`noise ${n}`).slice(5)}:${n + 1}`)
const answerWith = (...lines: string[]) => {
  answer = response => response.end([...noise, ...lines].sort().join('\r\n'))
}

test('a range service learns five digits of a hash and nothing else', async () => {
  for (const [lines, found] of [
    [[`${sha1(BREACHED).slice(5)}:1`], true],
    [[`${sha1(BREACHED).slice(5).toLowerCase()}:73`], true],
    [[`${sha1(BREACHED).slice(5)}:0`], false],
    [[], false],
  ] as const) {
    answerWith(...lines)
    asked.length = 0
    assert.equal(await source.includes(BREACHED), found, lines.join(' '))
    assert.deepEqual(asked, [{ url: `/range/${sha1(BREACHED).slice(0, 5)}`, padding: 'true' }])
  }
})

test('lesson 57: an answer that is none is an error, soon, and leads to nobody else', async () => {
  const breached = `${sha1(BREACHED).slice(5)}:1`
  const wrong: Record<string, (response: ServerResponse) => void> = {
    'an error': response => response.writeHead(500).end(breached),
    'not found': response => response.writeHead(404).end(),
    'somebody’s page': response => response.end('<!doctype html><title>Welcome to this network</title>'),
    nothing: response => response.end(),
    'another place': response => response.writeHead(302, { location: `${origin}/elsewhere` }).end(),
    'too much of it': response => response.end(`${breached}\r\n`.repeat(50_000)),
    'a broken line': response => response.end(`${breached}\r\n${breached.slice(3)}`),
    'an end too early': response => {
      response.writeHead(200, { 'content-length': 1_000 })
      response.write(breached)
      response.destroy()
    },
    'silence, which lasts': () => {},
    'silence in the middle': response => void response.write(`${breached}\r\n`),
  }
  for (const [what, answers] of Object.entries(wrong)) {
    answer = answers
    asked.length = 0
    const from = performance.now()
    await assert.rejects(source.includes(BREACHED), what)
    assert.ok(performance.now() - from < 20_000, what)
    assert.equal(asked.length, 1, `${what}: nobody else is asked`)
  }
})

test('lesson 46: what others know is refused in every way, and a source that is silent is seen', async () => {
  const tenantId = await cast.tenant('globex.example')
  const user = await cast.person(tenantId, 'person@globex.example')
  const checks = { ...createPasswordChecks(cast.hasher, source), homeOf }
  const judge = async (password: string, setting: 'change' | 'reset', withChecks: PasswordChecks = checks) => {
    const rules = await inTenant(store, tenantId, trx => readPasswordRules(trx, meansAt(), user, setting))
    return preparePassword(store, meansAt(), withChecks, { rules, newPassword: password })
  }
  answerWith(`${sha1(BREACHED).slice(5)}:2`, `${sha1(PASSWORD).slice(5)}:2`)
  for (const setting of ['change', 'reset'] as const) {
    assert.deepEqual(await judge(BREACHED, setting), { refused: ['password_breached'] })
    assert.ok('prepared' in (await judge(FINE, setting)))
  }
  assert.deepEqual(await judge(PASSWORD, 'change'), { refused: ['password_same', 'password_breached'] })
  const session = await cast.session(meansAt(), user)
  const change = { session, currentPassword: PASSWORD, newPassword: BREACHED, deviceCookie: undefined }
  assert.deepEqual(await changePassword(store, meansAt(), checks, change), {
    outcome: 'refused',
    refusal: refusedPassword(['password_breached']),
  })

  // A password that is refused anyhow is sent to no service, and never hashed.
  asked.length = 0
  const untouched = createPasswordChecks(
    watchedHasher(cast.hasher, () => assert.fail('nothing is hashed')),
    source,
  )
  for (const bad of ['Password1!', 'short', 'Person-person-77', 'x'.repeat(300)])
    assert.ok('refused' in (await judge(bad, 'change', untouched)), bad)
  assert.equal(asked.length, 0)

  assert.deepEqual(
    (await readEvents(store, tenantId)).filter(event => event.includes('breach_check')),
    [],
  )
  answer = response => response.writeHead(503).end()
  assert.ok('prepared' in (await judge(FINE, 'reset')), 'by default people go on')
  await inTenant(store, tenantId, trx => changeProtection(trx, tenantId, { breachedPasswordsUnreachable: 'refuse' }))
  assert.deepEqual(await judge(FINE, 'change'), { refused: ['password_not_checked'] })
  assert.deepEqual(
    (await readEvents(store, tenantId)).filter(event => event.includes('breach_check')),
    ['password.breach_check_failed failure allowed', 'password.breach_check_failed failure refused'],
  )
  const { rows } = await store.pool.query(
    "select details->>'code' as code from latchkey.audit_events where activity = 'password.breach_check_failed'",
  )
  assert.deepEqual(rows, [{ code: '503' }, { code: '503' }])
})

test('a list on this machine is searched where it lies', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-breached-'))
  after(() => rm(folder, { recursive: true }))
  const passwords = Array.from({ length: 3_000 }, (_, n) => `password number ${n}`)
  const lines = passwords.map((password, n) => `${sha1(password)}:${n % 10 === 0 ? 0 : n ** 2}`).sort()
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return pathToFileURL(join(folder, name))
  }
  const lists = {
    'lines as Windows ends them': `${lines.join('\r\n')}\r\n`,
    'lines as others do': `${lines.join('\n')}\n`,
    'no end after the last line': lines.join('\n'),
    'small digits': `${lines.join('\n').toLowerCase()}\n`,
  }
  for (const [what, text] of Object.entries(lists)) {
    const list = await openBreachedPasswords(await write('list', text))
    const ends = [lines[0], lines.at(-1)].map(line => passwords.find(password => line?.startsWith(sha1(password)))!)
    for (const password of [...passwords.slice(0, 150), ...ends]) {
      const n = passwords.indexOf(password)
      assert.equal(await list.includes(password), n % 10 !== 0, `${what}: ${password}`)
      assert.equal(await list.includes(`${password}!`), false, what)
    }
    await list.close()
  }
  const one = await openBreachedPasswords(await write('one', `${sha1(BREACHED)}:5\n`))
  assert.deepEqual([await one.includes(BREACHED), await one.includes(FINE)], [true, false])
  await one.close()
  await assert.rejects(one.includes(BREACHED), 'what cannot be read is an error and not a no')

  const shuffled = [...lines.slice(1_500), ...lines.slice(0, 1_500)]
  const refused: Record<string, string> = {
    empty: '',
    'another text': 'These are not the hashes you look for.\n'.repeat(200),
    'the passwords themselves': passwords.join('\n'),
    'hashes without a count': lines.map(line => line.slice(0, 40)).join('\n'),
    'not sorted': shuffled.join('\n'),
    'sorted by count': lines.toSorted((a, b) => Number(b.slice(41)) - Number(a.slice(41))).join('\n'),
    'one endless line': 'A'.repeat(100_000),
  }
  for (const [what, text] of Object.entries(refused))
    await assert.rejects(openBreachedPasswords(await write('wrong', text)), BreachedFileError, what)
  await assert.rejects(
    openBreachedPasswords(pathToFileURL(join(folder, 'missing'))),
    /missing cannot be opened \(ENOENT\)/,
  )
  await assert.rejects(openBreachedPasswords(pathToFileURL(folder)), BreachedFileError)
})

test('lesson 46: no other module writes passwords, so that none escapes the rules', () => {
  const root = new URL('..', import.meta.url)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name))
  const writes =
    /(insertInto|updateTable|mergeInto)\(\s*['"]passwords['"]|(insert into|update|merge into)\s+passwords\b/i
  const writing = files.filter(
    name => !/\.test\.tsx?$/.test(name) && writes.test(readFileSync(new URL(name, root), 'utf8')),
  )
  assert.ok(writing.includes('passwords/set.ts'), 'what is looked for is found')
  assert.deepEqual(
    // A migration has no password to write; it says of each hash how it was made.
    writing.filter(name => !name.startsWith('passwords/') && !name.startsWith('store/migrations/')),
    [],
  )
})
