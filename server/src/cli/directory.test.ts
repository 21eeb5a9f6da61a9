import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { emptyDatabaseUrl } from '../testing/database.ts'
import { nameServer } from '../testing/nameServer.ts'
import { latchkey } from '../testing/program.ts'

const zone = await nameServer()
const env = {
  DATABASE_URL: await emptyDatabaseUrl(),
  LATCHKEY_SECRETS: randomBytes(32).toString('base64'),
  LATCHKEY_DNS: zone.address,
  LATCHKEY_TENANT_SUFFIX: 'latchkey.example',
}

/** Runs a command that must end with 0, and reads its JSON. */
async function ask(...words: string[]) {
  const { code, out, err } = await latchkey(env, ...words, '--json')
  assert.equal(code, 0, `${words.join(' ')}: ${err}`)
  return JSON.parse(out)
}

async function refused(words: string[], code: number, why: RegExp) {
  const run = await latchkey(env, ...words)
  assert.deepEqual([run.code, run.out], [code, ''], run.err)
  assert.match(run.err, why)
}

const made = await latchkey(env, 'tenant', 'create', 'acme.example', '--admin', 'admin@acme.example')
assert.equal(made.code, 0, made.err)
for (const name of ['new', 'registered']) {
  const user = await latchkey(env, 'users', 'create', `${name}@acme.example`, '--name', 'Some Person')
  assert.equal(user.code, 0, user.err)
}

test('a domain is added, shows its record, is proven by it, becomes the default and goes', async () => {
  const added = await ask('domains', 'add', 'acme.example', 'shop.example')
  assert.deepEqual([added.isVerified, added.record.hosts], [false, ['shop.example', '_latchkey.shop.example']])
  await refused(['domains', 'add', 'acme.example', 'shop.example'], 1, /The organization has it already/)
  await refused(['domains', 'add', 'acme.example', 'x.latchkey.example'], 1, /operator’s own/)
  await refused(['domains', 'records', 'acme.example', 'other.example'], 1, /nothing of this name/)
  assert.deepEqual(await ask('domains', 'records', 'acme.example', 'shop.example'), [added.record])
  await refused(['domains', 'default', 'acme.example', 'shop.example'], 1, /has to be verified first/)
  await refused(['domains', 'verify', 'acme.example', 'shop.example'], 1, /does not hold the record/)
  zone.texts['shop.example'] = [[added.record.value]]
  assert.equal((await ask('domains', 'verify', 'acme.example', 'shop.example')).isVerified, true)
  await refused(['domains', 'contest', 'acme.example', 'other.example'], 1, /nothing of this name/)
  await ask('domains', 'default', 'acme.example', 'shop.example')
  await refused(['domains', 'delete', 'acme.example', 'shop.example'], 1, /default domain stay/)
  await ask('domains', 'default', 'shop.example', 'acme.example')
  await ask('domains', 'delete', 'acme.example', 'shop.example')
  const left: { name: string }[] = await ask('domains', 'list', 'acme.example')
  assert.deepEqual(
    left.map(({ name }) => name),
    ['acme.example', 'acme.latchkey.example'],
  )
  const { out } = await latchkey(env, 'domains', 'list', 'acme.example')
  assert.match(out, /^acme\.example +verified, default\n/)
})

test('a group is made, joined, listed, left and deleted, by name or id', async () => {
  const { id } = await ask('groups', 'create', 'acme.example', '--name', 'Reset users')
  await ask('groups', 'add', 'acme.example', 'reset USERS', 'new@acme.example')
  await refused(['groups', 'add', 'acme.example', id, 'new@acme.example'], 1, /it is there already/)
  await refused(['groups', 'add', 'acme.example', 'Reset users', 'nobody@acme.example'], 1, /nothing of this name/)
  const members: { userPrincipalName: string }[] = await ask('groups', 'members', 'acme.example', id)
  assert.deepEqual(
    members.map(({ userPrincipalName }) => userPrincipalName),
    ['new@acme.example'],
  )
  await ask('groups', 'create', 'acme.example', '--name', 'Reset users')
  await refused(['groups', 'members', 'acme.example', 'Reset users'], 1, /not one that the property takes/)
  await ask('groups', 'remove', 'acme.example', id, 'new@acme.example')
  await refused(['groups', 'remove', 'acme.example', id, 'new@acme.example'], 1, /nothing of this name/)
  await ask('groups', 'delete', 'acme.example', id)
  const left: { id: string }[] = await ask('groups', 'list', 'acme.example')
  assert.deepEqual([left.length, left.some(one => one.id === id)], [1, false])
  const [deleted] = await ask('groups', 'list', 'acme.example', '--deleted')
  assert.deepEqual([deleted.id, deleted.displayName], [id, 'Reset users'])
  await ask('groups', 'restore', 'acme.example', id)
  await ask('groups', 'update', 'acme.example', id, '--name', 'May reset', '--description', 'Who asked for it')
  const [first] = await ask('groups', 'list', 'acme.example')
  assert.deepEqual([first.id, first.displayName, first.description], [id, 'May reset', 'Who asked for it'])
  await refused(['groups', 'update', 'acme.example', id], 2, /--name or --description/)
  await refused(['groups', 'purge', 'acme.example', id], 1, /nothing of this name/)
  await ask('groups', 'delete', 'acme.example', id)
  await ask('groups', 'purge', 'acme.example', id)
  assert.deepEqual(await ask('groups', 'list', 'acme.example', '--deleted'), [])
})

test('a role is given to a person or a group and taken away, with an event of the operator', async () => {
  const { id } = await ask('groups', 'create', 'acme.example', '--name', 'Help desk', '--can-hold-roles')
  await ask('roles', 'assign', 'acme.example', 'Help desk', 'helpdesk administrator')
  await ask('roles', 'assign', 'acme.example', 'registered@acme.example', 'Global Reader')
  await refused(['roles', 'assign', 'acme.example', id, 'Emperor'], 1, /no built-in role/)
  await refused(['roles', 'unassign', 'acme.example', 'new@acme.example', 'Global Reader'], 1, /nothing of this name/)
  await refused(
    ['roles', 'unassign', 'acme.example', 'admin@acme.example', 'Global Administrator'],
    1,
    /no Global Administrator who can sign in/,
  )
  await ask('roles', 'unassign', 'acme.example', 'registered@acme.example', 'Global Reader')
  const { out } = await latchkey(env, 'roles', 'list', 'acme.example')
  assert.match(out, /^Global Administrator +admin@acme\.example +user\nHelpdesk Administrator +Help desk +group\n$/)
  const client = new pg.Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select activity, actor_kind, details->>'role' as role from latchkey.audit_events where activity like 'role.%' order by id`,
    )
    assert.deepEqual(rows, [
      { activity: 'role.assigned', actor_kind: 'operator', role: 'Helpdesk Administrator' },
      { activity: 'role.assigned', actor_kind: 'operator', role: 'Global Reader' },
      { activity: 'role.unassigned', actor_kind: 'operator', role: 'Global Reader' },
    ])
  } finally {
    await client.end()
  }
})

test('the audit log is read by person, activity, result and time', async () => {
  const told = async (...words: string[]) => {
    const entries: { additionalDetails: { value: string }[]; targetResources: { displayName: string }[] }[] = await ask(
      'audit',
      'list',
      'acme.example',
      ...words,
    )
    return entries.map(one => [one.additionalDetails[0]?.value, one.targetResources[0]?.displayName])
  }
  await ask('users', 'update', 'new@acme.example', '--set', 'jobTitle=Nurse')
  const changed = ['user.changed', 'new@acme.example']
  assert.deepEqual(await told('--activity', 'user.changed'), [changed])
  assert.deepEqual((await told('--activity', 'Update user')).slice(0, 1), [changed])
  assert.deepEqual(await told('--activity', 'user.changed', '--user', 'registered@acme.example'), [])
  assert.deepEqual(await told('--user', 'new@acme.example', '--last', '1'), [changed])
  const since = new Date(Date.now() - 3_600_000).toISOString()
  assert.deepEqual(await told('--since', since, '--user', 'new@acme.example'), [changed, ['user.created', changed[1]]])
  const later = new Date(Date.now() + 3_600_000).toISOString()
  for (const words of [
    ['--until', since],
    ['--since', later],
  ])
    assert.deepEqual(await told(...words), [])
  assert.deepEqual(await told('--result', 'failure'), [['domain.verified', 'shop.example']])
  const { out } = await latchkey(env, 'audit', 'list', 'acme.example', '--last', '1')
  assert.match(out, /^\d{4}-\d\d-\d\d \d\d:\d\d {2}user\.changed {2}success {2}Latchkey {2}new@acme\.example\n$/)
  assert.deepEqual(await ask('audit', 'sign-ins', 'acme.example', '--result', 'success', '--since', since), [])
  for (const words of [
    ['--since', 'yesterday'],
    ['--result', 'maybe'],
    ['--activity', 'user.flown'],
    ['--last', '0'],
  ])
    await refused(['audit', 'list', 'acme.example', ...words], 2, /\nUsage: latchkey audit list /)
  await refused(['audit', 'list', 'acme.example', '--user', 'nobody@acme.example'], 1, /There is no user/)
})

test('a mistyped command ends with 2 and does nothing', async () => {
  for (const words of [
    ['groups', 'create', 'acme.example'],
    ['groups', 'members', 'acme.example'],
    ['roles', 'assign', 'acme.example', 'new@acme.example'],
    ['domains', 'list', 'acme.example', '--jso'],
    ['completion', 'fish'],
  ])
    await refused(words, 2, /\nUsage: latchkey /)
})

test('a shell completes groups, their words and options', async () => {
  const { out } = await latchkey({}, 'completion', 'bash')
  const complete = async (...words: string[]) => {
    const typed = words.map(word => `'${word}'`).join(' ')
    const script = `${out}\nCOMP_WORDS=(latchkey ${typed}); COMP_CWORD=${words.length}; _latchkey; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script])
    return stdout.trim().split('\n')
  }
  assert.deepEqual(await complete('dom'), ['domains'])
  assert.deepEqual(await complete('domains', 'de'), ['default', 'delete'])
  assert.deepEqual(await complete('groups', 'create', 'acme.example', '--c'), ['--can-hold-roles'])
  assert.deepEqual(await complete('demo', '--f'), ['--fresh'])
  assert.deepEqual(await complete('nope', 'x'), [''])
  assert.match(
    (await latchkey({}, 'completion', 'zsh')).out,
    /^autoload -U \+X bashcompinit && bashcompinit\n_latchkey\(\)/,
  )
})

test('a notice gets own words from a file, is previewed with them, and is turned off where it may be', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'latchkey-notices-')), 'words.json')
  const notices = async (...words: string[]) =>
    latchkey({ ...env, LATCHKEY_ORIGIN: 'https://id.acme.example' }, 'notices', ...words)
  await writeFile(file, JSON.stringify({ closing: 'Demandez au 100, {username}.' }))
  const put = await notices('set', 'acme.example', 'password_reset', 'fr', file)
  assert.deepEqual([put.code, put.out], [0, 'password_reset has these words now (fr).\n'], put.err)
  const shown = await notices('preview', 'acme.example', 'password_reset', 'fr')
  assert.match(shown.out, /^From: .+\nSubject: .+\n\n[\s\S]+\n\nDemandez au 100, name@acme\.example\.\n$/, shown.err)
  await writeFile(file, JSON.stringify({ closing: 'Voir www.evil.example' }))
  const foreign = await notices('set', 'acme.example', 'password_reset', 'fr', file)
  assert.equal(foreign.code, 1)
  assert.match(foreign.err, /Only addresses of verified domains/)
  await writeFile(file, JSON.stringify({ opening: 'x'.repeat(1_001) }))
  assert.equal((await notices('set', 'acme.example', 'password_reset', 'fr', file)).code, 1)
  await refused(['notices', 'off', 'acme.example', 'password_reset'], 1, /always sent/)
  await refused(['notices', 'off', 'acme.example', 'none'], 2, /no kind of notice/)
  await ask('notices', 'off', 'acme.example', 'guessing')
  const all: { kind: string; isOn: boolean; wordings: { closing: string }[] }[] = await ask(
    ...['notices', 'list', 'acme.example'],
  )
  const found = (kind: string) => all.find(one => one.kind === kind)
  assert.equal(found('guessing')?.isOn, false)
  assert.equal(found('password_reset')?.wordings[0]?.closing, 'Demandez au 100, {username}.')
})
