import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyring } from '../crypto/index.ts'
import { readContactInfo } from '../directory/index.ts'
import { saveMethod } from '../methods/index.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, readEvents, stage } from '../testing/people.ts'
import { latchkey } from '../testing/program.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const SECRET = 'uW3kZr8vQ1xLm6Tn0Ye5Hs9Bd2Gc7Jp4AfRiOqKtVlM='
const env = { DATABASE_URL: store.pool.options.connectionString!, LATCHKEY_SECRETS: SECRET }
const means = { ...meansAt(), keys: keyring([SECRET]) }
const users = (...words: (string | { input: string })[]) => latchkey(env, 'users', ...words)

/** Runs a command that must end with 0, and reads its JSON. */
async function ask(...words: (string | { input: string })[]) {
  const { code, out, err } = await users(...words, '--json')
  assert.equal(code, 0, `${words.join(' ')}: ${err}`)
  return JSON.parse(out)
}

async function refused(words: string[], code: number, why: RegExp) {
  const run = await users(...words)
  assert.deepEqual([run.code, run.out], [code, ''], run.err)
  assert.match(run.err, why)
}

const only = async <Row>(text: string): Promise<Row[]> => (await store.pool.query(text)).rows as Row[]
const root = await cast.person(acme, 'root@acme.example', { roles: ['Global Administrator'] })
await inTenant(store, acme, trx =>
  saveMethod(trx, means, root, { kind: 'email', source: 'person', value: 'root@mail.example', provedAt: means.now }),
)

test('an operator makes, finds, shows and changes a person by the names of /v1.0, with the notices of an administrator', async () => {
  const create = ['create', 'kim@acme.example', '--name', 'Kim Doe', '--language', 'fr', '--role', 'User Administrator']
  const set = ['--set', 'employeeId=0047', '--set', 'postalCode=98101', '--set', 'otherMails=["kim@mail.example"]']
  const { id } = await ask(...create, ...set, '--password-stdin', { input: 'Kestrel over marsh 48\n' })
  const held = await only<object>('select must_change from latchkey.passwords order by set_at desc limit 1')
  assert.deepEqual(held, [{ must_change: true }])

  assert.deepEqual(
    (await ask('list', 'acme.example', '--search', 'do')).map((one: { id: string }) => one.id),
    [id],
  )
  const filter = "startsWith(userPrincipalName,'kim')"
  assert.deepEqual(await ask('list', 'acme.example', '--filter', filter), [
    {
      id,
      userPrincipalName: 'kim@acme.example',
      displayName: 'Kim Doe',
      accountEnabled: true,
      assignedRoles: ['User Administrator'],
    },
  ])
  const shown = await ask('show', 'KIM@acme.example')
  assert.deepEqual(
    [shown.employeeId, shown.postalCode, shown.preferredLanguage, shown.otherMails],
    ['0047', '98101', 'fr', ['kim@mail.example']],
  )
  const { out } = await users('show', 'root@acme.example')
  assert.match(out, /^userPrincipalName +root@acme\.example$/m)
  assert.doesNotMatch(out, /root@mail\.example/, 'a registered way is nobody’s to read here')

  const changes = ['--set', 'accountEnabled=false', '--set', 'mobilePhone=+1 206 555 0123', '--name', 'Kim D']
  await ask('update', 'kim@acme.example', ...changes)
  const user = { tenantId: acme, id }
  const info = await inTenant(store, acme, trx => readContactInfo(trx, means, user as never))
  assert.deepEqual([info.mobilePhone, info.email], ['+12065550123', 'kim@mail.example'])
  const told = await only('select template, count(*)::int as times from latchkey.notices group by template')
  // Of the number the person is told at the address that an administrator gave before.
  assert.deepEqual(told, [{ template: 'security_info_changed', times: 1 }])
  for (const [words, code, why] of [
    [['--set', 'jobTitel=Nurse'], 1, /jobTitel: The resource has no such property/],
    [['--set', 'accountEnabled=no'], 1, /accountEnabled: The value is not one/],
    [['--set', 'displayName=X'], 2, /displayName is set by --name/],
    [['--set', 'passwordProfile={"password":"Kestrel"}'], 2, /passwordProfile is set by latchkey users new-password/],
    [['--set', 'userPrincipalName=root@acme.example'], 1, /user root@acme\.example exists|exists already/i],
    [[], 2, /It takes something to change/],
  ] as [string[], number, RegExp][])
    await refused(['update', 'kim@acme.example', ...words], code, why)
  await refused(['list', 'acme.example', '--filter', 'nonsense'], 1, /\$filter cannot be read/)
  const listed = (filter: string) => ask('list', 'acme.example', '--filter', filter)
  const [kim] = await listed("resetState/isCapable eq false and startsWith(userPrincipalName,'kim')")
  assert.deepEqual([kim.userPrincipalName, kim.resetState.isCapable], ['kim@acme.example', false])
  assert.equal(kim.resetState.refusal, 'SSPR_0009', 'reset is off in a new tenant')
  assert.deepEqual(await listed('resetState/isCapable eq true'), [])
})

test('deleting, restoring, erasing and signing out follow the rules of administration, and the log names the operator', async () => {
  const person = await cast.person(acme, 'ada@acme.example')
  const epoch = () =>
    only<{ epoch: number }>(`select security_epoch as epoch from latchkey.accounts where id = '${person.id}'`)
  const [before] = await epoch()
  await ask('revoke-sessions', 'ada@acme.example')
  assert.equal((await epoch())[0]!.epoch, before!.epoch + 1)
  await ask('delete', 'ada@acme.example')
  await refused(['show', 'ada@acme.example'], 1, /There is no user ada/)
  const listed = await ask('list', 'acme.example', '--deleted')
  assert.deepEqual([listed.length, listed[0].id], [1, person.id])

  const again = await cast.person(acme, 'ada@acme.example')
  await refused(['restore', 'ada@acme.example'], 1, /Another|exists/)
  assert.equal((await ask('restore', 'ada@acme.example', '--as', 'ada.l@acme.example')).id, person.id)
  await ask('delete', 'ada.l@acme.example')
  await ask('update', 'ada@acme.example', '--set', 'userPrincipalName=ada.l@acme.example')
  await ask('delete', 'ada.l@acme.example')
  await refused(['purge', 'ada.l@acme.example'], 1, new RegExp(`--id says which: ${again.id}, ${person.id}`))
  await ask('purge', 'ada.l@acme.example', '--id', person.id)
  assert.equal((await ask('restore', 'ada.l@acme.example')).id, again.id)
  await refused(['restore', 'nobody@acme.example'], 1, /No user nobody@acme\.example was deleted/)

  for (const words of [
    ['delete', 'root@acme.example'],
    ['update', 'root@acme.example', '--set', 'accountEnabled=false'],
  ])
    await refused(words, 1, /no Global Administrator who can sign in/)
  const events = (await readEvents(store, acme)).filter(event => /^(user|sessions|role)\./.test(event))
  assert.deepEqual(events, [
    'role.assigned success',
    'user.created success',
    'user.changed success',
    'sessions.revoked success',
    'user.deleted success',
    'user.restored success',
    'user.deleted success',
    'user.changed success',
    'user.deleted success',
    'user.erased success',
    'user.restored success',
  ])
  assert.deepEqual(await only('select distinct actor_kind as kind from latchkey.audit_events'), [{ kind: 'operator' }])
})

test('a password is printed once or read from standard input, and the log and the errors never hold it', async () => {
  const role = ['--role', 'Global Administrator']
  const made = await ask('create', 'lee@acme.example', '--name', 'Lee', ...role, '--password-temporary')
  assert.match(made.password, /^([0-9A-Z]{4}-){4}[0-9A-Z]{4}$/)
  assert.ok(new Date(made.until) > new Date())
  const told = await only("select template from latchkey.notices where template = 'new_administrator'")
  assert.equal(told.length, 2, 'every Global Administrator reads of it')
  const given = await ask('new-password', 'lee@acme.example', '--password-stdin', { input: 'Marsh kestrel 4811' })
  assert.equal('password' in given, false)
  for (const [input, code, why] of [
    ['short', 1, /The password is refused \(password_/],
    ['\n', 2, /1 to 1,024 characters/],
  ] as const) {
    const run = await users('new-password', 'lee@acme.example', '--password-stdin', { input })
    assert.deepEqual([run.code, run.out], [code, ''], run.err)
    assert.match(run.err, why)
  }
  await refused(
    ['create', 'max@acme.example', '--name', 'Max', '--password-stdin', '--password-temporary'],
    2,
    /exclude each other/,
  )
  const [{ log }] = (await only('select json_agg(e)::text as log from latchkey.audit_events e')) as [{ log: string }]
  for (const secret of [made.password, 'Marsh kestrel', 'Kestrel over marsh', 'short', 'kim@mail', '2065550123'])
    assert.ok(!log.includes(secret), secret)
})
