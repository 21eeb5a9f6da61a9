import assert from 'node:assert/strict'
import { test } from 'node:test'
import { record } from '../audit/index.ts'
import { keyring } from '../crypto/index.ts'
import { findUserByName, readContactInfo } from '../directory/index.ts'
import { saveMethod } from '../methods/index.ts'
import { OF_PERSON } from '../personalData/index.ts'
import { seals } from '../runtime/seals.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, readEvents, stage } from '../testing/people.ts'
import { latchkey } from '../testing/program.ts'
import { languages, loadWords } from '../words/index.ts'

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

test('somebody is given all that is kept about them, in their language, and once erased stands in the log alone', async () => {
  const kept = {
    name: 'grace.h@acme.example',
    number: '+12065550188',
    given: '+81 312345678',
    registered: 'grace@home.example',
    key: 'KEYOFHERAPP234567',
  }
  await ask('create', kept.name, '--name', 'Grace Hopperson', '--set', `mobilePhone=${kept.given}`, '--language', 'fr')
  const user = await inTenant(store, acme, trx => findUserByName(trx, acme, kept.name))
  assert.ok(user)
  await inTenant(store, acme, async trx => {
    for (const [kind, value] of [
      ['mobilePhone', kept.number],
      ['email', kept.registered],
      ['authenticatorCode', kept.key],
    ] as const)
      await saveMethod(trx, means, user, { kind, source: 'person', value, provedAt: means.now })
    await record(
      trx,
      {
        ...means,
        actor: { kind: 'user', id: user.id, name: kept.name },
        trail: { correlationId: user.id, address: '203.0.113.9' },
      },
      { activity: 'signin.succeeded', result: 'success' },
    )
    await record(
      trx,
      {
        ...means,
        actor: { kind: 'user', id: root.id, name: 'root@acme.example' },
        trail: { correlationId: user.id, address: '203.0.113.88' },
      },
      { activity: 'user.changed', result: 'success', target: { id: user.id, name: kept.name } },
    )
  })
  // Rows that others have a part in: what they did to somebody, their company, a takeover with its keys, a domain.
  await inTenant(store, acme, trx =>
    record(
      trx,
      { ...means, actor: { kind: 'user', id: user.id, name: kept.name }, trail: { correlationId: user.id } },
      {
        ...{ activity: 'user.changed', result: 'success', target: { id: root.id, name: 'root@acme.example' } },
        details: { displayName: 'Root of Acme' },
      },
    ),
  )
  const set = (statement: string) => store.pool.query(statement, [acme, user.id])
  await set('update latchkey.tenants set emergency_user_id = $2 where tenant_id = $1')
  await set('update latchkey.domains set added_by = $2 where tenant_id = $1')
  await set(`insert into latchkey.takeovers (tenant_id, id, kind, domain, asker, address_sealed, language, browser_hashes,
      proof, created_at, ends_at, due_at, user_id, former, other_tenant_id)
    values ($1, $2, 'internal', 'acme.example', '\\xaa', '\\xaa', 'en', array['\\xaabbccddeeff0011'::bytea], 'proof', now(), now(), now(), $2,
      '{"users": [{"hash": "\\\\xaabbccddeeff0011"}]}', $1)`)
  await set(`insert into latchkey.takeover_links (tenant_id, id, takeover_id, user_id, token_hash, browser_hashes, created_at, expires_at)
    values ($1, $2, $2, $2, '\\xaabb', array['\\xaabbccddeeff0011'::bytea], now(), now())`)
  const told = await ask('export', kept.name)
  assert.equal(told.accounts[0].user_principal_name, kept.name)
  assert.deepEqual(
    told.contact_info.map((row: { value: string }) => row.value),
    ['+81312345678'],
  )
  assert.deepEqual(told.methods.map((row: { kind: string; value?: string }) => [row.kind, row.value]).sort(), [
    ['authenticatorCode', undefined],
    ['email', kept.registered],
    ['mobilePhone', kept.number],
  ])
  assert.deepEqual(Object.keys(told.tenants[0]).sort(), ['display_name', 'emergency_user_id'])
  assert.deepEqual(Object.keys(told.domains[0]).sort(), ['added_at', 'added_by', 'name'])
  assert.deepEqual(Object.keys(told.takeovers[0]).sort(), ['created_at', 'domain', 'id', 'kind', 'user_id'])
  assert.equal('browser_hashes' in told.takeover_links[0], false)
  const { out: text } = await users('export', kept.name)
  for (const part of [
    'Données personnelles de Grace Hopperson',
    kept.number,
    kept.registered,
    'address: 203.0.113.9\n',
  ])
    assert.ok(text.includes(part), part)
  for (const secret of [kept.key, '203.0.113.88', 'root@acme.example', root.id, 'Root of Acme', 'aabbccddee', '\\\\x'])
    assert.ok(!text.includes(secret), secret)
  // Each table that can hold somebody has a heading that they can read, in each language.
  const columns = await only<{ name: string; tables: string[] }>(uuidColumns)
  // Each column that could name somebody does so for the export, or is known to name nobody.
  const names = columns.map(({ name }) => name)
  assert.deepEqual(
    names.filter(name => OF_PERSON.includes(name) === OF_NOBODY.includes(name)),
    [],
  )
  assert.deepEqual(
    [...OF_PERSON, ...OF_NOBODY].filter(name => !names.includes(name)),
    [],
  )
  const tables = [...new Set(columns.flatMap(({ name, tables }) => (OF_PERSON.includes(name) ? tables : [])))]
  const words = loadWords()
  for (const language of languages)
    for (const name of tables) {
      const title = words.in(language).t(`personalData.tables.${name as 'accounts'}`)
      assert.ok(!title.includes('personalData'), `${language}: ${name}`)
    }

  for (const statement of [
    'delete from latchkey.takeovers where tenant_id = $1 and id = $2',
    'update latchkey.tenants set emergency_user_id = null where tenant_id = $1 and emergency_user_id = $2',
    'update latchkey.domains set added_by = null where tenant_id = $1 and added_by = $2',
  ])
    await set(statement)
  await ask('delete', kept.name)
  await ask('purge', kept.name)
  // Every row of the database is looked through, and everything that is sealed is opened.
  const values = [user.id, 'grace.h', 'Hopperson', kept.number, '+81312345678', kept.registered, kept.key]
  const found = new Set<string>()
  const all = await only<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'latchkey'::regnamespace and relkind in ('r', 'p') and not relispartition",
  )
  for (const { name } of all)
    for (const { row } of await only<{ row: string }>(`select t::text as row from latchkey.${name} t`))
      if (values.some(value => row.includes(value))) found.add(name)
  for (const seal of seals)
    for (const row of await only<Record<string, Buffer & string>>(`select * from latchkey.${seal.table}`)) {
      const sealed = row[seal.column]
      if (!sealed) continue
      const rowId = seal.rowId ? seal.rowId(row) : row[seal.key.at(-1)!]!
      const place = { purpose: seal.purpose, tenantId: row.tenant_id!, rowId }
      // The stage has secrets of its own.
      const keys = [means.keys, meansAt().keys].find(one => one.ids.some(id => sealed.includes(id)))
      const opened = keys!.open(place, sealed)
      if (values.some(value => opened.includes(value))) found.add(`${seal.table}.${seal.column}`)
    }
  // The log keeps its time; the id alone is kept for those who follow changes, for thirty days.
  assert.deepEqual([...found].sort(), ['audit_events', 'erased_accounts'])
  const erased = await only<object>(`select * from latchkey.erased_accounts where id = '${user.id}'`)
  assert.deepEqual(
    erased.map(row => Object.keys(row).sort()),
    [['changed_in', 'erased_at', 'id', 'tenant_id']],
  )
})

/** Every column of an id in the tables of tenants. */
const uuidColumns = `select c.column_name as name, array_agg(c.table_name::text) as tables from information_schema.columns c
  join pg_class t on t.relname = c.table_name and t.relnamespace = 'latchkey'::regnamespace
  where c.table_schema = 'latchkey' and t.relkind in ('r', 'p') and not t.relispartition
    and c.data_type = 'uuid' and c.column_name <> 'tenant_id'
    and exists (select from information_schema.columns o where o.table_schema = 'latchkey'
      and o.table_name = c.table_name and o.column_name = 'tenant_id')
  group by c.column_name`

/** Those that name nobody: other tenants, things, and how far a walk over people has come. */
const OF_NOBODY = [
  ...['id', 'aaguid', 'agent_id', 'app_id', 'case_id', 'challenge_id', 'contested_by', 'correlation_id', 'customer_id'],
  ...['device_code_id', 'document_id', 'group_id', 'handle_tenant_id', 'home_tenant_id', 'inner_group_id'],
  ...['invitation_id', 'job_id', 'journey_id', 'link_id', 'linked_id', 'marked_to', 'message_id', 'method_id'],
  ...['now_in', 'offer_id', 'onboarding_id', 'other_tenant_id', 'policy_id', 'preview_id', 'relationship_id'],
  ...[
    'request_id',
    'rescue_id',
    'reseller_tenant_id',
    'role_id',
    'run_id',
    'service_principal_id',
    'session_id',
    'sid',
  ],
  ...['sign_in_id', 'signup_id', 'subscription_id', 'takeover_id', 'told_after'],
]

test('people of a file come in each for itself, all or nobody, or for a try, and refused rows are named', async () => {
  const input = [
    'userPrincipalName,displayName,mobilePhone',
    'nora@acme.example,Nora Doe,+81 312345670',
    'olaf@elsewhere.example,Olaf Doe,',
    'pia@acme.example,Pia Doe,',
  ].join('\n')
  const bring = (...more: string[]) => users('import', 'acme.example', '-', ...more, { input })
  const found = async () => (await ask('list', 'acme.example', '--search', 'doe')).length
  const before = await found()
  const refusedRow = { row: 2, code: 'domain_not_verified', target: 'userPrincipalName' }
  const tried = await bring('--dry-run')
  assert.match(tried.out, /^row 2 +domain_not_verified +userPrincipalName\n2 of 3 rows would be added, 1 refused\. /)
  const whole = await bring('--whole', '--json')
  assert.deepEqual(JSON.parse(whole.out), { total: 3, added: 0, refused: 1, rows: [refusedRow] })
  assert.equal(await found(), before)
  const each = await bring()
  assert.match(each.out, /\n2 of 3 rows were added, 1 refused\.\n$/)
  assert.deepEqual([tried.code, whole.code, each.code], [1, 1, 1], each.err)
  assert.equal(await found(), before + 2)
  await refused(['import', 'acme.example', '/nowhere/people.csv'], 2, /people\.csv cannot be read \(ENOENT\)/)
})

test('an import says on standard error how far it is', {
  skip: process.env.PROOF === 'long' ? false : 'in the long proof: it tells every other second',
}, async () => {
  const rows = Array.from({ length: 20_000 }, (_, n) => `ray-${n}@acme.example,Ray ${n}\n`)
  const input = `userPrincipalName,displayName\n${rows.join('')}`
  const { code, out, err } = await users('import', 'acme.example', '-', '--dry-run', { input })
  assert.deepEqual([code, out], [0, '20,000 of 20,000 rows would be added, 0 refused. Nothing was changed.\n'], err)
  assert.match(err, /^(latchkey: [\d,]+ rows judged\n)+$/)
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
