// This file is long because every command is run as an operator runs it, on a database of its own.

import assert from 'node:assert/strict'
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'ldapts'
import pg from 'pg'
import { SECURE_PORT } from '../config.ts'
import { freePort } from '../demo/index.ts'
import { emptyDatabaseUrl, testDatabaseUrl } from '../testing/database.ts'
import { type Environment, latchkey, launch, type Running, server } from '../testing/program.ts'

const SECRETS = 'kV7dQ2xM9rTzW4nB8sYpL1hG6jFcA3eUoXiRm5wEvZ0='

const json = { 'content-type': 'application/json', accept: 'application/json' }

async function signIn(url: string, username: string, password: string) {
  const response = await fetch(`${url}/signin`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ username, password }),
  })
  return {
    status: response.status,
    body: (await response.json()) as { state?: string; code?: string },
    cookie: response.headers
      .getSetCookie()
      .map(one => one.split(';')[0])
      .join('; '),
  }
}

async function query<Row>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

test('an operator makes a tenant, its policy and its users, and no password is ever typed', async () => {
  const env = { DATABASE_URL: await emptyDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const early = await latchkey(env, 'tenant', 'list')
  assert.deepEqual([early.code, early.out], [1, ''])
  assert.match(early.err, /^latchkey: .*run latchkey migrate\.\n$/)

  const creates = ['tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example', '--country']
  const nowhere = await latchkey(env, ...creates, 'XX')
  assert.deepEqual([nowhere.code, nowhere.out], [2, ''])
  assert.match(nowhere.err, /--country is a code of two capital letters/)
  const made = await latchkey(env, ...creates, 'GB')
  assert.equal(made.code, 0, made.err)
  assert.deepEqual(await query(env.DATABASE_URL, 'select country from latchkey.tenants where country is not null'), [
    { country: 'GB' },
  ])
  assert.match(made.out, /\n {2}([0-9A-Z]{4}-){4}[0-9A-Z]{4}\n\nIt works until \d{4}-\d\d-\d\d \d\d:\d\d UTC\./)
  const again = await latchkey(env, 'tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example')
  assert.deepEqual([again.code, again.out], [1, ''])
  assert.match(again.err, /belongs to a tenant already/)
  assert.match((await latchkey(env, 'tenant', 'list')).out, /^contoso\.example {2}contoso\.example {2}[0-9a-f-]{36}\n$/)

  const policy = await latchkey(
    env,
    ...['tenant', 'policy', 'contoso.example', '--set', 'enabled=true', '--set', 'methods=["email","mobilePhone"]'],
    ...['--set', 'helpdesk=https://help.contoso.example'],
  )
  assert.equal(policy.code, 0, policy.err)
  const settings = JSON.parse((await latchkey(env, 'tenant', 'policy', 'contoso.example')).out)
  assert.deepEqual(
    [settings.enabled, settings.methods, settings.helpdesk],
    [true, ['email', 'mobilePhone'], 'https://help.contoso.example'],
  )
  for (const signInAfterReset of [false, true]) {
    const set = ['--set', `signInAfterReset=${signInAfterReset}`]
    const { out } = await latchkey(env, 'tenant', 'policy', 'contoso.example', ...set)
    assert.equal(JSON.parse(out).signInAfterReset, signInAfterReset)
  }
  const wrong = await latchkey(env, 'tenant', 'policy', 'contoso.example', '--set', 'enabled=yes')
  assert.deepEqual([wrong.code, wrong.out], [1, ''])
  assert.match(wrong.err, /^latchkey: enabled/)

  const user = ['users', 'create', 'ada@contoso.example', '--name', 'Ada']
  const options = ['--mail', 'ada@mail.example', '--language', 'fr', '--role', 'helpdesk administrator']
  const end = () => new Date(Date.now() + 72 * 3_600_000).toISOString().slice(0, 10)
  const before = end()
  const added = await latchkey(env, ...user, ...options, '--password-temporary')
  assert.equal(added.code, 0, added.err)
  const until = `(${before}|${end()})` // a midnight may lie between
  assert.match(
    added.out,
    new RegExp(`\\n {2}([0-9A-Z]{4}-){4}[0-9A-Z]{4}\\n\\nIt works until ${until} \\d\\d:\\d\\d UTC\\.\\n`),
  )
  const list = await latchkey(env, 'users', 'list', 'contoso.example')
  assert.match(list.out, /^ada@contoso\.example +Ada +enabled {2}Helpdesk Administrator\n/)
  assert.match(list.out, /root@contoso\.example .*Global Administrator\n$/)
  const typed = await latchkey(env, ...user, '--password=hunter2')
  assert.equal(typed.code, 2)
  assert.doesNotMatch(typed.err + typed.out, /hunter2/)

  // After its first tenant the database is no demonstration's.
  const demo = { ...env, LATCHKEY_DATA: await mkdtemp(join(tmpdir(), 'latchkey-cli-')), LATCHKEY_LISTEN: '127.0.0.1:0' }
  assert.match((await latchkey(demo, 'demo')).err, /in production use/)
  assert.match((await latchkey(demo, 'demo', '--fresh')).err, /no demonstration’s: nothing was removed/)
  assert.match((await latchkey(env, 'tenant', 'list')).out, /^contoso\.example/)
})

test('lesson 54: no password is an argument, none is there by default, and nothing is handed to a shell', async () => {
  const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const secret = 'Kestrel over marsh 48'
  for (const words of [
    ['tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example', '--password', secret],
    ['users', 'create', 'person@contoso.example', '--name', 'P', `--password=${secret}`],
    ['users', 'create', 'person@contoso.example', '--name', 'P', '--password-hash', secret],
  ]) {
    const { code, out, err } = await latchkey(env, ...words)
    assert.equal(code, 2, words.join(' '))
    assert.ok(!`${out}${err}`.includes(secret), 'and what was typed is not said again')
  }
  const made = []
  for (const name of ['one', 'two']) {
    const { out } = await latchkey(env, 'tenant', 'create', `${name}.example`, '--admin', `root@${name}.example`)
    made.push(/(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}/.exec(out)?.[0])
  }
  assert.ok(made[0] && made[1] && made[0] !== made[1], 'each administrator gets a password of their own')

  const root = new URL('..', import.meta.url)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name) && !/^testing\/|\.(test|fixture)\.tsx?$/.test(name))
    .map(name => [name, readFileSync(new URL(name, root), 'utf8')] as const)
  const starting = files.filter(([, text]) => /['"](node:)?(child_process|cluster)['"]/.test(text))
  // PostgreSQL's own programs, and the ones that make its account and copy its data; the directory beside a
  // demonstration. No argument holds a person's words.
  assert.deepEqual(starting.map(([name]) => name).sort(), [
    'demo/companyDirectory.ts',
    'store/binaries.ts',
    'store/embedded.ts',
    'store/postmaster.ts',
    'store/takeover.ts',
  ])
  for (const [name, text] of starting) assert.doesNotMatch(text, /\bexec(Sync)?\(|shell:/, name)
})

test('what is wrong on the command line or in the environment is said in a sentence', async () => {
  const url = await testDatabaseUrl()
  const env = { DATABASE_URL: url, LATCHKEY_SECRETS: SECRETS }
  const cases: [Environment, string[], number, RegExp][] = [
    [env, ['frobnicate'], 2, /no such command/],
    [env, ['users', 'list'], 2, /takes DOMAIN.*\nUsage: latchkey users list DOMAIN \[--search/],
    [env, ['tenant', 'create', 'a.example'], 2, /--admin is missing/],
    [env, ['users', 'create', 'x@a.example', '--name', 'X', '--language', 'xx'], 2, /one of en, fr, ja/],
    [
      env,
      ['tenant', 'create', 'a.example', '--admin', 'x@a.example', '--name', 'A\r\nBcc: b@c.example'],
      2,
      /on one line/,
    ],
    [env, ['users', 'create', 'x@a.example', '--name', 'Ada\u001b[2J'], 2, /on one line/],
    [
      env,
      ['users', 'create', 'x@a.example', '--name', 'X', '--role', 'Emperor'],
      1,
      /"Emperor" is no built-in role\. These are: .*Helpdesk Administrator/,
    ],
    ...[
      ['create', 'b b', '--name', 'B'],
      ['new-password', 'b b'],
      ['unblock', 'b b'],
    ].map((words): [Environment, string[], number, RegExp] => [
      env,
      ['users', ...words],
      2,
      /"b b" is no sign-in name/,
    ]),
    [env, ['users', 'list', 'nowhere.example'], 1, /No tenant has the domain/],
    [{ DATABASE_URL: url, LATCHKEY_ORIGIN: 'https://id.example' }, ['start'], 1, /LATCHKEY_SECRETS is missing/],
    [
      { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x' },
      ['tenant', 'list'],
      1,
      /cannot be reached \(ECONNREFUSED\)/,
    ],
    [{ DATABASE_URL: 'postgres://u:hunter2%ss@db.example/x' }, ['migrate', '--print-roles'], 1, /begins no escape/],
    [
      { ...env, LATCHKEY_ORIGIN: 'https://id.example', LATCHKEY_SMTP_URL: 'smtp://u:hunter2%ss@mail.example' },
      ['start'],
      1,
      /^latchkey: LATCHKEY_SMTP_URL holds a % that begins no escape: .*\.\n$/,
    ],
    [{ DATABASE_URL: 'postgres://u@localhost/x?host=/nowhere' }, ['tenant', 'list'], 1, /cannot be reached \(ENOENT\)/],
    [{ DATABASE_URL: url, LATCHKEY_LISTEN: '0.0.0.0:0' }, ['demo'], 1, /listens on 127\.0\.0\.1 alone/],
    [
      { ...env, LATCHKEY_ORIGIN: 'https://id.example', LATCHKEY_PLACES: '/nowhere.mmdb' },
      ['start'],
      1,
      /^latchkey: LATCHKEY_PLACES: The file of places \/nowhere\.mmdb cannot be read \(ENOENT\)\.\n$/,
    ],
    [
      { ...env, LATCHKEY_PLACES: import.meta.filename },
      ['demo'],
      1,
      /^latchkey: LATCHKEY_PLACES: .* is not in the MaxMind format\.\n$/,
    ],
  ]
  const results = cases.map(async ([env, words, code, sentence]) => {
    const { code: ended, out, err } = await latchkey(env, ...words)
    assert.equal(ended, code, `${words.join(' ')}: ${err}`)
    assert.match(err, sentence)
    assert.equal(out, '')
    assert.doesNotMatch(err, /hunter2|\n {4}at /)
  })
  await Promise.all(results)
  const roles = await latchkey({ DATABASE_URL: 'postgres://joe@db.example/x' }, 'migrate', '--print-roles')
  assert.match(roles.out, /create role latchkey_tenant[\s\S]*joe/)
  assert.match((await latchkey({}, '--help')).out, /latchkey users unblock UPN[\s\S]*latchkey users new-password UPN/)
})

test('the demonstration starts from nothing, keeps what was done, starts over when told, and ends when told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-cli-'))
  const env = { DATABASE_URL: await emptyDatabaseUrl(), LATCHKEY_DATA: folder }
  const password = 'Demo-passphrase-2026!'
  const first = await server(env, 'demo')
  assert.match(
    first.output.out,
    /registered.*@acme\.example\n.*admin.*@acme-europe\.example\n.*two-gates.*@globex\.example\n.*someone.*@initech\.example/,
  )
  assert.ok(first.output.out.includes(password))
  assert.match(first.output.out, /http:\/\/localhost:\d+\/demo\/outbox/)
  assert.equal((await fetch(`${first.url}/health/ready`)).status, 200)

  // A command works beside it, with the secrets that it made: it lifts a lock that a keyed hash hides.
  assert.equal((await signIn(first.url, 'locked@acme.example', password)).status, 401)
  const blocked = `update latchkey.methods set blocked_at = now() from latchkey.users where users.id = methods.user_id
    and user_principal_name = 'locked@acme.example' returning methods.id`
  assert.equal((await query(env.DATABASE_URL, blocked)).length, 1)
  const lifted = await latchkey(env, 'users', 'unblock', 'LOCKED@acme.example')
  assert.deepEqual(
    [lifted.code, lifted.out],
    [
      0,
      'Blocks lifted for LOCKED@acme.example: 1.\nMethods unblocked for LOCKED@acme.example: 1. They had been reported as used by somebody else.\n',
    ],
    lifted.err,
  )
  assert.match(
    (await latchkey(env, 'users', 'unblock', 'new@acme.example')).out,
    /^Blocks lifted for new@acme\.example: 0\.\n$/,
  )
  const wrongKeys = await latchkey({ ...env, LATCHKEY_SECRETS: SECRETS }, 'users', 'unblock', 'locked@acme.example')
  assert.deepEqual([wrongKeys.code, wrongKeys.out], [1, ''])
  assert.match(wrongKeys.err, /^latchkey: .*set LATCHKEY_SECRETS to its own\.\n$/)
  for (const words of [
    ['tenant', 'policy', 'acme.example', '--set', 'gates=2'],
    ['tenant', 'protection', 'acme.example', '--set', 'lockoutThreshold=1'],
    ['tenant', 'signin', 'acme.example', '--set', 'secondStep=everyone'],
    ['tenant', 'banned-words', 'acme.example', '--add', 'Kestrel'],
  ]) {
    const refused = await latchkey({ ...env, LATCHKEY_SECRETS: SECRETS }, ...words)
    assert.deepEqual([refused.code, refused.out], [1, ''], words.join(' '))
    assert.match(refused.err, /set LATCHKEY_SECRETS to its own/)
  }
  const noted = await query<{ line: string }>(
    env.DATABASE_URL,
    "select target_name || ' ' || (details->>'lifted') as line from latchkey.audit_events where activity = 'user.unblocked' order by at",
  )
  assert.deepEqual(
    noted.map(({ line }) => line),
    ['locked@acme.example 1', 'new@acme.example 0'],
  )
  for (const words of [
    ['users', 'create', 'ada@acme.example', '--name', 'Ada'],
    ['tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example'],
  ])
    assert.match((await latchkey(env, ...words)).err, /holds the demonstration/)
  assert.equal((await signIn(first.url, 'locked@acme.example', password)).status, 200)
  const fresh = await latchkey({ ...env, LATCHKEY_LISTEN: '127.0.0.1:0' }, 'demo', '--fresh')
  assert.equal(fresh.code, 1)
  assert.match(fresh.err, /Another program/)
  const port = new URL(first.url).port
  const second = await latchkey({ ...env, LATCHKEY_LISTEN: `127.0.0.1:${port}` }, 'demo')
  assert.equal(second.code, 1)
  assert.match(second.err, /Port \d+ of 127\.0\.0\.1 is taken.*LATCHKEY_LISTEN/)
  // What is refused once it answers, and its jobs run, ends it too.
  const late = { LATCHKEY_LISTEN: `127.0.0.1:${Number(port) - SECURE_PORT}`, LATCHKEY_DEMO_TLS: 'on' }
  const third = await latchkey({ ...env, ...late }, 'demo')
  assert.equal(third.code, 1)
  assert.match(third.err, /Port \d+ of 127\.0\.0\.1 is taken/)
  const origin = { LATCHKEY_ORIGIN: 'https://id.contoso.example', LATCHKEY_SECRETS: SECRETS }
  const production = await latchkey({ ...env, ...origin, LATCHKEY_LISTEN: '127.0.0.1:0' }, 'start')
  assert.equal(production.code, 1)
  assert.match(production.err, /holds the demonstration/)
  await ends(first, 'SIGTERM')

  const kept = await server(env, 'demo')
  assert.equal((await signIn(kept.url, 'locked@acme.example', password)).status, 200)
  await ends(kept, 'SIGINT')
  const over = await server(env, 'demo', '--fresh', '--directory')
  const [, url = '', dn = ''] = /ldapwhoami -x -H (ldap:\/\/\S+) -D (\S+)/.exec(over.output.out) ?? []
  const asPerson = async () => {
    const client = new Client({ url, timeout: 2_000 })
    await client.bind(dn, password).finally(() => client.unbind().catch(() => {}))
  }
  await asPerson()
  const brought =
    "select user_principal_name as name from latchkey.users where password_mastered_in = 'directory' order by 1"
  assert.deepEqual(
    (await query<{ name: string }>(env.DATABASE_URL, brought)).map(({ name }) => name.split('@')[0]),
    ['leaver', 'newcomer', 'onpremises'],
  )
  assert.match((await latchkey(env, 'agents', 'list', 'acme.example')).out, / up +/)
  assert.equal((await signIn(over.url, 'locked@acme.example', password)).status, 401)
  assert.equal((await signIn(over.url, 'registered@acme.example', password)).body.state, 'signed-in')
  await ends(over, 'SIGTERM')
  await assert.rejects(asPerson, 'the directory ended with it')
})

async function ends({ child, ended, output }: Running, signal: 'SIGTERM' | 'SIGINT') {
  const started = performance.now()
  child.kill(signal)
  assert.equal(await ended, 0, output.err)
  // A third of the patience that it has for what does not end.
  assert.ok(performance.now() - started < 15_000)
  assert.equal(output.err, '')
}

test('the first administrator of a started server signs in with the printed password and has to change it', async () => {
  const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const made = await latchkey(env, 'tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example')
  const password = /(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}/.exec(made.out)![0]
  const { running, url } = await started(env)
  const { status, body } = await signIn(url, 'root@contoso.example', password)
  assert.deepEqual([status, body.state], [200, 'change-password'])
  assert.equal((await fetch(`${url}/demo/outbox`)).status, 404)
  running.child.kill('SIGTERM')
  assert.equal(await running.ended, 0)
  const lines = running.output.out.trim().split('\n')
  assert.ok(lines.map(line => JSON.parse(line)).some(({ route, status }) => route === '/signin' && status === 200))
  assert.doesNotMatch(running.output.out, /root@|contoso|passw/)
  // As soon as it answers too, while its jobs begin.
  await ends((await started(env, '/health/live')).running, 'SIGTERM')
})

test('an operator gives somebody an access pass, which is shown once', async () => {
  const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const upn = 'root@contoso.example'
  await latchkey(env, 'tenant', 'create', 'contoso.example', '--admin', upn)
  const given = await latchkey(env, 'users', 'pass', upn, '--minutes', '10', '--once')
  assert.equal(given.code, 0, given.err)
  assert.match(given.out, /opens sign-in once[\s\S]*\n {2}([0-9A-Z]{4}-){2}[0-9A-Z]{4}\n\nIt works until/)
  const lasting =
    'select once, round(extract(epoch from ends_at - starts_at))::int as seconds from latchkey.access_passes'
  assert.deepEqual(await query(env.DATABASE_URL, lasting), [{ once: true, seconds: 600 }])
  assert.match((await latchkey(env, 'users', 'pass', upn)).out, /opens sign-in once/, 'as the methods policy says')
  const many = 'TemporaryAccessPass={"isUsableOnce":false}'
  const shown = await latchkey(env, 'tenant', 'methods', 'contoso.example', '--set', many)
  assert.equal(JSON.parse(shown.out).TemporaryAccessPass.isUsableOnce, false, shown.err)
  assert.match((await latchkey(env, 'users', 'pass', upn)).out, /until its end/)
  assert.deepEqual(await query(env.DATABASE_URL, lasting), [{ once: false, seconds: 3_600 }])
  const notices = 'select distinct template from latchkey.notices'
  assert.deepEqual(await query(env.DATABASE_URL, notices), [{ template: 'pass_issued' }], 'its owner is told')
  const events = "select actor_kind, target_name from latchkey.audit_events where activity = 'pass.issued'"
  assert.deepEqual(await query(env.DATABASE_URL, events), Array(3).fill({ actor_kind: 'operator', target_name: upn }))
  for (const minutes of ['9', '481', '10.5', 'x'])
    assert.equal((await latchkey(env, 'users', 'pass', upn, '--minutes', minutes)).code, 2, minutes)
  const unknown = await latchkey(env, 'users', 'pass', 'nobody@contoso.example')
  assert.deepEqual([unknown.code, unknown.out], [1, ''])
})

test('an operator gives somebody another temporary password, which ends what was granted and lifts the lock', async () => {
  const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const upn = 'root@contoso.example'
  const give = (name: string, more: Environment = {}) => latchkey({ ...env, ...more }, 'users', 'new-password', name)
  const passwordIn = ({ out, err }: { out: string; err: string }) => {
    const found = /(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}/.exec(out)
    assert.ok(found, err)
    return found[0]
  }
  const first = passwordIn(await latchkey(env, 'tenant', 'create', 'contoso.example', '--admin', upn))
  const { running, url } = await started(env)
  const session = (await signIn(url, upn, first)).cookie
  const headers = { accept: 'text/html', cookie: session }
  const account = () => fetch(`${url}/account/password`, { headers, redirect: 'manual' })
  assert.equal((await account()).status, 200)
  await query(env.DATABASE_URL, "update latchkey.passwords set set_at = now() - interval '73 hours'")
  assert.equal((await signIn(url, upn, first)).body.code, 'temporary_password_expired')
  for (let guess = 0; guess < 11; guess++) await signIn(url, upn, `wrong ${guess}`)
  assert.equal((await signIn(url, upn, first)).status, 401, 'locked')

  const given = await give('Root@contoso.example')
  assert.equal(given.code, 0, given.err)
  assert.match(given.out, /\n\nIt works until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\n$/)
  assert.notEqual(passwordIn(given), first)
  assert.equal((await account()).status, 303, 'the session from before has ended')
  assert.equal((await signIn(url, upn, first)).status, 401)
  const { status, body } = await signIn(url, upn, passwordIn(given))
  assert.deepEqual([status, body.state], [200, 'change-password'])
  const told = await query(
    env.DATABASE_URL,
    `select actor_kind, target_name, n.template from latchkey.audit_events e
      left join latchkey.notices n on n.tenant_id = e.tenant_id where activity = 'password.given'`,
  )
  assert.deepEqual(told, [{ actor_kind: 'operator', target_name: upn, template: 'password_reset' }])
  running.child.kill('SIGTERM')
  await running.ended
  assert.ok(!running.output.out.includes(passwordIn(given)))

  await query(env.DATABASE_URL, 'update latchkey.users set account_enabled = false')
  assert.match((await give(upn)).out, /UTC\.\n\nThe account is disabled: .*\n$/)
  const set = 'select count(*)::int as times from latchkey.audit_events where activity = $$password.given$$'
  assert.deepEqual(await query(env.DATABASE_URL, set), [{ times: 2 }])
  await query(env.DATABASE_URL, "update latchkey.users set password_mastered_in = 'directory'")
  for (const [name, more, why] of [
    [upn, {}, /is kept in another directory/],
    ['nobody@contoso.example', {}, /There is no user nobody@contoso\.example\./],
    ['root@nowhere.example', {}, /No tenant has the domain/],
    [upn, { LATCHKEY_SECRETS: randomBytes(32).toString('base64') }, /set LATCHKEY_SECRETS to its own/],
  ] as const) {
    const refused = await give(name, more)
    assert.deepEqual([refused.code, refused.out], [1, ''], name)
    assert.match(refused.err, why)
  }
  assert.deepEqual(await query(env.DATABASE_URL, set), [{ times: 2 }], 'what is refused changes nothing')
})

test('a server whose jobs have ended ends too, with 1, so that it is started again', async () => {
  const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const port = await freePort()
  const address = { LATCHKEY_LISTEN: `127.0.0.1:${port}`, LATCHKEY_ORIGIN: 'https://id.contoso.example' }
  const running = launch({ ...env, ...address }, ['start'])
  const end = performance.now() + 60_000
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined))?.ok
  while (performance.now() < end && !(await ready())) await sleep(30)
  // A newer program that changes the queue's tables tells the workers like this.
  await query(env.DATABASE_URL, 'insert into latchkey_jobs.migrations (id, breaking) values (999, true)')
  const over = running.ended.then(() => true)
  do await query(env.DATABASE_URL, `notify "worker:migrate", '{"breaking": true, "migrationNumber": 999}'`)
  while (!(await Promise.race([over, sleep(200, false)])) && performance.now() < end)
  assert.equal(await running.ended, 1, running.output.out)
  assert.match(running.output.out, /"level":60.*jobs\.ts.*unforeseen/)
})

test('an operator keeps a tenant’s own list of banned words', async () => {
  const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-words-'))
  const breached = `file://${join(folder, 'breached.txt')}`
  const create = ['tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example']
  const unusable = await latchkey({ ...env, LATCHKEY_BREACHED_PASSWORDS: breached }, ...create)
  assert.deepEqual([unusable.code, unusable.out], [1, ''])
  assert.match(unusable.err, /^latchkey: LATCHKEY_BREACHED_PASSWORDS: .*cannot be opened \(ENOENT\)\.\n$/)
  await writeFile(join(folder, 'breached.txt'), `${'0'.repeat(39)}A:1\n`)
  assert.equal((await latchkey({ ...env, LATCHKEY_BREACHED_PASSWORDS: breached }, ...create)).code, 0)

  const words = (...more: string[]) => latchkey(env, 'tenant', 'banned-words', 'contoso.example', ...more)
  await writeFile(join(folder, 'words.txt'), 'Rollerblade\r\nfox\r\nCONTOSO\r\n')
  const changed = await words('--add', 'Contoso', '--add', 'Kestrel', '--import', join(folder, 'words.txt'))
  assert.deepEqual(changed, {
    code: 1,
    err: '',
    out: [
      'Added: 2. On the list already: 0. Refused: 0.',
      'Added: 1. On the list already: 1. Refused: 1.',
      '  line 2, "fox", has fewer than 4 characters.',
      '',
    ].join('\n'),
  })
  const removed = await words('--remove', 'KESTREL', '--remove', 'unknown')
  assert.deepEqual([removed.code, removed.out], [0, 'Removed: 1. Not on the list: 1.\n'])
  assert.equal((await words()).out, 'contoso\nrollerblade\n')
  await writeFile(join(folder, 'latin.txt'), Buffer.from('caf\u00e9s', 'latin1'))
  assert.match((await words('--import', join(folder, 'latin.txt'))).err, /is not UTF-8 text/)
  const noted = await query<{ details: unknown }>(
    env.DATABASE_URL,
    "select details from latchkey.audit_events where activity = 'policy.changed' order by at",
  )
  assert.deepEqual(
    noted.map(({ details }) => details),
    [{ added: '2' }, { added: '1' }, { removed: '1' }],
  )
})

test('an operator sets a tenant’s protection, and brings a person along with the password that they have', async () => {
  const env = { DATABASE_URL: await testDatabaseUrl(), LATCHKEY_SECRETS: SECRETS }
  const create = await latchkey(env, 'tenant', 'create', 'contoso.example', '--admin', 'root@contoso.example')
  assert.equal(create.code, 0, create.err)
  const protection = (...set: string[]) => latchkey(env, 'tenant', 'protection', 'contoso.example', ...set)
  const first = JSON.parse((await protection()).out)
  assert.equal(first.lockoutThreshold, 10)
  assert.equal(first.concealAccounts, false)
  const changed = JSON.parse((await protection('--set', 'lockoutThreshold=5', '--set', 'concealAccounts=true')).out)
  assert.deepEqual(changed, { ...first, lockoutThreshold: 5, concealAccounts: true })
  for (const [wrong, why] of [
    ['lockoutThreshold=0', /lockoutThreshold/],
    ['lockoutThreshold=many', /lockoutThreshold/],
    ['concealAccount=true', /no setting "concealAccount", only lockoutThreshold, /],
  ] as const) {
    const refused = await protection('--set', wrong)
    assert.equal(refused.code, 1, wrong)
    assert.match(refused.err, why)
  }
  assert.deepEqual(JSON.parse((await protection()).out), changed, 'what is refused changes nothing')
  const noted = await query<{ details: unknown }>(
    env.DATABASE_URL,
    "select details from latchkey.audit_events where activity = 'protection.changed'",
  )
  assert.deepEqual(noted, [{ details: { changes: '{"lockoutThreshold":[10,5],"concealAccounts":[false,true]}' } }])

  const signInPolicy = (...set: string[]) => latchkey(env, 'tenant', 'signin', 'contoso.example', ...set)
  const before = JSON.parse((await signInPolicy()).out)
  assert.equal(before.secondStep, 'administrators')
  const methods = 'secondStepMethods=["email","authenticatorCode"]'
  const after = JSON.parse((await signInPolicy('--set', 'secondStep=everyone', '--set', methods)).out)
  assert.deepEqual(after, { ...before, secondStep: 'everyone', secondStepMethods: ['email', 'authenticatorCode'] })
  const unknown = await signInPolicy('--set', 'secondStep=perhaps')
  assert.equal(unknown.code, 1)
  assert.match(unknown.err, /secondStep takes one of off, administrators, everyone/)
  assert.deepEqual(JSON.parse((await signInPolicy()).out), after)
  const changes = "select details from latchkey.audit_events where activity = 'signInPolicy.changed'"
  assert.deepEqual(await query<{ details: unknown }>(env.DATABASE_URL, changes), [
    {
      details: {
        changes: JSON.stringify({
          secondStep: ['administrators', 'everyone'],
          secondStepMethods: [before.secondStepMethods, ['email', 'authenticatorCode']],
        }),
      },
    },
  ])

  const salt = Buffer.from('a salt of 16 byt')
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const hash = `$pbkdf2-sha512$i=5000$${plain(salt)}$${plain(pbkdf2Sync('Their old one 1', salt, 5_000, 32, 'sha512'))}`
  const bring = ['users', 'create', 'moved@contoso.example', '--name', 'Moved Person', '--password-hash']
  for (const [text, why] of [
    ['', /cannot be taken over/],
    ['Their old one 1', /cannot be taken over/],
    [hash.replace('i=5000', 'i=700000'), /costs too much/],
  ] as const) {
    const refused = await latchkey(env, ...bring, { input: text })
    assert.equal(refused.code, 2, refused.err)
    assert.match(refused.err, why)
    assert.doesNotMatch(refused.err, /Their old/)
  }
  assert.equal((await latchkey(env, ...bring, { input: `${hash}\n` })).code, 0)
  const { running, url } = await started(env)
  const signedIn = await signIn(url, 'moved@contoso.example', 'Their old one 1')
  assert.equal(signedIn.status, 200)
  running.child.kill('SIGTERM')
  await running.ended
})

test('a folder out of reach is not taken for a database that cannot be reached', async t => {
  if (process.getuid?.() !== 0)
    return t.diagnostic('proved where tests run as root, whose PostgreSQL has another account')
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-cli-'))
  const { code, err } = await latchkey({ PATH: '/nowhere', LATCHKEY_DATA: folder }, 'tenant', 'list')
  assert.equal(code, 1)
  assert.match(err, /cannot write .+: set LATCHKEY_DATA to a folder that it can reach/)
  assert.doesNotMatch(err, /DATABASE_URL/)
})

/** Starts a server of an installation, and waits until it answers. */
async function started(env: Environment, health = '/health/ready') {
  const port = await freePort()
  const address = { LATCHKEY_LISTEN: `127.0.0.1:${port}`, LATCHKEY_ORIGIN: 'https://id.contoso.example' }
  const running = launch({ ...env, ...address }, ['start'])
  const url = `http://127.0.0.1:${port}`
  const end = performance.now() + 60_000
  while (performance.now() < end && !(await fetch(url + health).catch(() => undefined))?.ok) await sleep(10)
  return { running, url }
}
