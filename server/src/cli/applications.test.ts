import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, plus } from '../clock.ts'
import { keyring, systemRandom } from '../crypto/index.ts'
import { meansAt, readEvents, stage } from '../testing/people.ts'
import { latchkey } from '../testing/program.ts'
import { createSubscription } from '../webhooks/index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
await cast.person(acme, 'ada@acme.example', { password: false })
const env = {
  DATABASE_URL: store.pool.options.connectionString!,
  LATCHKEY_SECRETS: 'uW3kZr8vQ1xLm6Tn0Ye5Hs9Bd2Gc7Jp4AfRiOqKtVlM=',
}
const applications = (...words: string[]) => latchkey(env, 'applications', ...words)

/** The JSON of a command that went well. */
async function read(...words: string[]) {
  const { code, out, err } = await applications(...words)
  assert.equal(code, 0, err)
  return JSON.parse(out)
}

test('an operator registers an application, gives it secrets, and says who may use it', async () => {
  const web = ['--web', 'http://localhost:3999/callback', '--web', 'https://expenses.example/callback']
  const set = ['--set', 'homePageUrl=https://expenses.example/', '--set', 'requestedScopes=["User.Read"]']
  const roles = '[{"value":"Reader","displayName":"Reads","allowedMemberTypes":["User"]}]'
  const made = await applications('create', 'acme.example', '--name', 'Expenses', ...web, ...set)
  assert.equal(made.code, 0, made.err)
  const id = /[0-9a-f-]{36}/.exec(made.out)![0]
  assert.match(made.out, new RegExp(`^Expenses was registered.*${id}\n.*latchkey applications secret ${id}\n$`))
  assert.match((await applications('list', 'acme.example')).out, new RegExp(`^Expenses {2}${id} {2}web\n$`))
  assert.deepEqual((await read('update', id)).redirectUris, [web[1], web[3]])

  const secret = await applications('secret', id, '--name', 'The server', '--days', '30')
  assert.equal(secret.code, 0, secret.err)
  const [, text = ''] = /\n {2}([\w-]{43})\n/.exec(secret.out) ?? []
  assert.match(secret.out, /It works until \d{4}-\d\d-\d\d \d\d:\d\d UTC\./)
  const [, secretId = ''] = /--remove ([0-9a-f-]{36})\n$/.exec(secret.out) ?? []
  const shown = await applications('update', id)
  assert.ok(!shown.out.includes(text), 'a secret is shown once')
  const [one] = JSON.parse(shown.out).secrets
  assert.deepEqual(Object.keys(one), ['id', 'hint', 'displayName', 'startsAt', 'expiresAt', 'lastUsedAt'])
  assert.deepEqual([one.id, one.hint, one.displayName], [secretId, text.slice(0, 3), 'The server'])
  const end = () => new Date(Date.now() + 180 * 86_400_000).toISOString().slice(0, 10)
  const before = end()
  const long = await applications('secret', id)
  // A midnight may lie between.
  assert.match(long.out, new RegExp(`It works until (${before}|${end()}) `))
  assert.equal((await applications('secret', id, '--remove', secretId)).code, 0)
  assert.equal((await read('update', id)).secrets.length, 1)

  const changed = await read(
    ...['update', id, '--name', 'Costs', '--set', 'assignmentRequired=true', '--set', `appRoles=${roles}`],
    ...['--assign', 'ADA@acme.example=Reader', '--consent'],
  )
  assert.deepEqual([changed.displayName, changed.assignmentRequired], ['Costs', true])
  assert.deepEqual(changed.redirectUris, [web[1], web[3]])
  assert.deepEqual(changed.organizationConsent.scopes, ['User.Read'])
  assert.equal((await read('update', id, '--take-back-consent')).organizationConsent, null)
  assert.equal((await applications('update', id, '--unassign', 'ada@acme.example')).code, 0)
  assert.equal((await applications('delete', id)).code, 0)
  assert.equal((await applications('list', 'acme.example')).out, '')
  const [deleted] = await read('list', 'acme.example', '--deleted', '--json')
  assert.deepEqual([deleted.appId, deleted.displayName], [id, 'Costs'])
  await read('restore', 'acme.example', id, '--json')
  assert.deepEqual(await read('list', 'acme.example', '--json'), [{ appId: id, displayName: 'Costs', platform: 'web' }])
  assert.match((await applications('purge', 'acme.example', id)).err, /nothing of this name/, 'only once it is deleted')
  await read('delete', id, '--json')
  await read('purge', 'acme.example', id, '--json')
  assert.deepEqual(await read('list', 'acme.example', '--deleted', '--json'), [])

  const events = (await readEvents(store, acme)).filter(event => /^(application|consent)\./.test(event))
  assert.deepEqual(events, [
    'application.created success',
    'application.secret_added success',
    'application.secret_added success',
    'application.secret_removed success',
    'application.assigned success',
    'application.changed success',
    'consent.given success',
    'consent.taken_back success',
    'application.unassigned success',
    'application.deleted success',
    'application.restored success',
    'application.deleted success',
    'application.erased success',
  ])
  const { rows } = await store.pool.query(
    "select distinct actor_kind as kind from latchkey.audit_events where activity like 'application.%'",
  )
  assert.deepEqual(rows, [{ kind: 'operator' }])
})

test('a mistake is told in one sentence, and nothing is written', async () => {
  const nobody = systemRandom.uuid(meansAt().now)
  const create = ['create', 'acme.example', '--name', 'Expenses']
  const wrong: [string[], number, RegExp][] = [
    [['create', 'acme.example'], 2, /--name is missing/],
    [[...create, '--set', 'platform=spa'], 2, /platform is set by --web, --spa or --native/],
    [[...create, '--set', 'x'], 2, /--set takes KEY=VALUE/],
    [['create', 'nowhere.example', '--name', 'Expenses'], 1, /No tenant has the domain/],
    [[...create, '--web', 'https://a.example/', '--spa', 'https://a.example/'], 1, /addresses of one platform/],
    [[...create, '--web', 'http://a.example/'], 1, /"http:\/\/a\.example\/" is no such address: it takes https/],
    [[...create, '--set', 'assignmentRequired=yes'], 1, /assignmentRequired takes true or false/],
    [[...create, '--set', 'requestedScopes=["User.Fly"]'], 1, /Nobody can agree to "User\.Fly"/],
    [['update', nobody], 1, /There is no application/],
    [['update', 'x'], 1, /There is no application x/],
    [['update', nobody, '--consent', '--take-back-consent'], 2, /exclude each other/],
    [['secret', nobody, '--days', 'many'], 2, /--days is a whole number/],
    [['delete', nobody], 1, /There is no application/],
    [['update', 'latchkey-admin'], 1, /latchkey-admin is part of Latchkey/],
    [['secret', 'latchkey-admin'], 1, /latchkey-admin is part of Latchkey/],
    [['delete', 'latchkey-admin'], 1, /latchkey-admin is part of Latchkey/],
  ]
  for (const [words, expected, message] of wrong) {
    const { code, out, err } = await applications(...words)
    assert.deepEqual([code, out], [expected, ''], words.join(' '))
    assert.match(err, message)
    assert.match(err, /^latchkey: /)
  }
  assert.equal((await applications('list', 'acme.example')).out, '')
})

test('an operator looks after subscriptions of programs, and reads no address in passing', async () => {
  const means = { ...meansAt(), now: new Date(), keys: keyring([env.LATCHKEY_SECRETS]) }
  const actor = {
    kind: 'application',
    id: systemRandom.uuid(means.now),
    tenantId: acme,
    name: 'HR',
    roles: [],
    scopes: ['User.Read.All'],
    owners: [],
  } as const
  const { id, signingSecret } = await createSubscription(store, { ...means, actor }, async () => undefined, {
    appId: actor.id,
    resource: 'users',
    changeType: 'created',
    notificationUrl: 'https://hr.example/hook?key=theirs',
    expiresAt: plus(means.now, DAY),
  })
  const ask = (...words: string[]) => latchkey(env, 'subscriptions', ...words)
  const json = async (...words: string[]) => {
    const { code, out, err } = await ask(...words, '--json')
    assert.equal(code, 0, err)
    return JSON.parse(out)
  }
  const { out } = await ask('list', 'acme.example')
  assert.match(out, new RegExp(`^${id} {2}users {2}created {2}hr\\.example {2}until `))
  assert.doesNotMatch(out, /theirs/)
  const made = await latchkey(env, 'users', 'create', 'hired@acme.example', '--name', 'Hired')
  assert.equal(made.code, 0, made.err)
  const [delivery] = await json('deliveries', 'acme.example', id)
  assert.deepEqual([delivery.changeType, delivery.status], ['created', 'waiting'])
  await json('redeliver', 'acme.example', id, delivery.id)
  const rolled = await json('roll-secret', 'acme.example', id)
  assert.match(rolled.signingSecret, /^whsec_/)
  assert.notEqual(rolled.signingSecret, signingSecret)
  await json('delete', 'acme.example', id)
  assert.deepEqual(await json('list', 'acme.example'), [])
  for (const words of [
    ['deliveries', 'acme.example', id],
    ['redeliver', 'acme.example', id, delivery.id],
  ])
    assert.match((await ask(...words)).err, /nothing of this name/)
  const { rows } = await store.pool.query(
    "select activity from latchkey.audit_events where activity like 'subscription.%' and actor_kind = 'operator' order by at",
  )
  assert.deepEqual(
    rows.map(({ activity }) => activity),
    ['subscription.redelivered', 'subscription.secret_rolled', 'subscription.deleted'],
  )
})
