import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DirectoryPerson, SyncReply } from '@latchkey/protocol'
import { assignRole, findTenantId, findUserByName, readContactInfo } from '../directory/index.ts'
import { addPolicy, changeWritebackPolicy, choosePolicy, policiesFor, resetPolicy } from '../policies/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import { agent, agentToken, stateFolder } from '../testing/agents.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { dnOf, groupDn, startSlapd } from '../testing/slapd.ts'
import { receiver } from './index.ts'

const [web, directory] = await Promise.all([testServer(), startSlapd()])
const tenantId = await findTenantId(web.store, 'acme.example')
const folder = stateFolder(directory)
const enrolled = await agent('enroll', '--server', web.url, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)
const written = JSON.parse(readFileSync(join(folder, 'agent.json'), 'utf8'))
const configure = (changes: object) =>
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ ...written, ...changes }))

/** How administrators see it, without the times. */
async function standing() {
  const admin = await testApi(web).as('admin@acme.example')
  const { status, brake } = (await admin('GET', '/onPremises/synchronization')).json
  return [status, brake && [brake.leaving, brake.of]]
}

/** Synchronizes once, by the command. Lines without the last, in order of name. */
async function sync(...words: string[]) {
  const { code, out, err } = await agent('sync', '--state', folder, '--once', ...words)
  const lines = out.trim().split('\n')
  const last = lines.pop()
  return { code, lines: lines.sort(), last, err }
}
const dbOf = (text: string, ...values: unknown[]) => web.store.pool.query(text, values).then(({ rows }) => rows)
const person = async (name: string) =>
  (await dbOf('select * from latchkey.users where tenant_id = $1 and user_principal_name = $2', tenantId, name))[0]
const contacts = async (name: string) =>
  inTenant(web.store, tenantId, async trx => {
    const user = (await findUserByName(trx, tenantId, name))!
    return readContactInfo(trx, { ...web.services, now: web.clock.now() }, user)
  })
const total = (counts: Partial<Record<string, number>>, first = 'total') =>
  `${first} ${['add', 'join', 'change', 'enable', 'disable', 'skip'].map(act => `${act}=${counts[act] ?? 0}`).join(' ')}`

test('people come by their entry, are joined once, and a dry run tells it before', async () => {
  await directory.add('newton', { mobile: '+1 206 555 0188', telephoneNumber: '+1 206 555 0189' })
  await directory.add('registered')
  await directory.add('admin')
  await directory.add('stranger', { mail: 'stranger@elsewhere.example' })
  await directory.add('twin1', { mail: 'twin@acme.example' })
  await directory.add('twin2', { mail: 'twin@acme.example' })
  assert.deepEqual(await standing(), ['never', null])
  const before = await dbOf('select * from latchkey.accounts order by id')
  const sessions = (await person('registered@acme.example')).security_epoch
  const lines = [
    'add newton@acme.example',
    'join registered@acme.example',
    'skip admin@acme.example administrator',
    'skip stranger@elsewhere.example domain',
    'skip twin@acme.example double',
    'skip twin@acme.example double',
  ]
  const counts = { add: 1, join: 1, skip: 4 }
  const dry = await sync('--dry-run')
  assert.deepEqual([dry.code, dry.lines, dry.last], [0, lines, total(counts, 'would')], dry.err)
  assert.deepEqual(await dbOf('select * from latchkey.accounts order by id'), before)
  const done = await sync()
  assert.deepEqual([done.code, done.lines, done.last], [0, lines, total(counts)], done.err)

  const anchor = async (uid: string) => String((await directory.read(uid, 'entryUUID'))!.entryUUID)
  const newton = await person('newton@acme.example')
  assert.equal(newton.directory_anchor, await anchor('newton'))
  assert.ok(newton.on_premises_sync_enabled && newton.password_mastered_in === 'directory')
  assert.deepEqual(await contacts('newton@acme.example'), { mobilePhone: '+12065550188', officePhone: '+12065550189' })
  const sources = await dbOf('select distinct set_by from latchkey.contact_info where user_id = $1', newton.id)
  assert.deepEqual(sources, [{ set_by: 'directory' }])
  const joined = await person('registered@acme.example')
  assert.equal(joined.directory_anchor, await anchor('registered'))
  assert.ok(joined.security_epoch > sessions, 'sessions of before end')
  assert.deepEqual(
    await dbOf('select from latchkey.passwords where user_id = $1', joined.id),
    [],
    'so does the password',
  )
  assert.equal((await person('admin@acme.example')).directory_anchor, null)

  const again = await sync()
  assert.deepEqual([again.code, again.lines], [0, lines.slice(2)], 'never twice')
  await directory.remove('registered')
  await directory.add('registered')
  const other = await sync()
  assert.deepEqual(
    other.lines.filter(line => line.includes(' registered@')),
    ['skip registered@acme.example double', 'disable registered@acme.example'].sort(),
  )
})

test('groups come with their members, nested, never hold roles, and are changed in the directory alone', async () => {
  const groups = { base: 'dc=acme,dc=example' }
  const lines = async (...words: string[]) => {
    const { code, lines, last, err } = await sync(...words)
    const told = lines.filter(line => line.startsWith('group'))
    return [code, ...told, last?.split(' ').at(-1), err].filter(one => one !== '')
  }
  await directory.group('staff', [dnOf('newton').toUpperCase().replaceAll(',', ' , '), dnOf('admin'), dnOf('ghost')])
  await directory.group('all', [groupDn('staff'), groupDn('all')])
  assert.equal((await lines()).at(-1), 'skip=5', 'none before somebody asks for them')
  configure({ groups })
  const added = [0, 'group add "all"', 'group add "staff"', 'groups=2']
  assert.deepEqual(await lines('--dry-run'), added)
  assert.deepEqual(await dbOf('select from latchkey.groups where directory_anchor is not null'), [])
  assert.deepEqual(await lines(), added)
  assert.deepEqual(await lines(), [0, 'groups=0'], 'never twice')

  const api = await testApi(web).as('admin@acme.example')
  const listed = (await api('GET', '/groups?$filter=onPremisesSyncEnabled eq true&$orderby=displayName')).json.value
  const [all, staff] = listed as { id: string; displayName: string; isAssignableToRole: boolean }[]
  assert.deepEqual([all?.displayName, staff?.displayName, staff?.isAssignableToRole], ['all', 'staff', false])
  const members = async (id: string, path = 'members') => {
    const { value } = (await api('GET', `/groups/${id}/${path}`)).json
    return value.map(
      (one: { userPrincipalName?: string; displayName: string }) => one.userPrincipalName ?? one.displayName,
    )
  }
  assert.deepEqual(await members(staff!.id), ['newton@acme.example'])
  assert.deepEqual(await members(all!.id), ['staff'])
  const { id: newton } = await person('newton@acme.example')
  const policyOf = () =>
    inTenant(web.store, tenantId, async trx =>
      choosePolicy(tenantId, await askOne(trx, policiesFor(tenantId, newton)), { administrator: false }),
    )
  const before = await policyOf()
  const priority = 90
  await inTenant(web.store, tenantId, trx =>
    addPolicy(trx, { ...web.services, now: web.clock.now() }, tenantId, {
      ...{ displayName: 'Everybody there', priority, includedGroups: [all!.id], excludedGroups: [] },
      settings: { ...resetPolicy.defaults, gates: 2 },
    }),
  )
  assert.notDeepEqual(await policyOf(), before, 'in scope through another group')

  const refused = async (method: string, path: string, body?: object) => {
    const { status, code } = await api(method, path, body)
    return [status, code]
  }
  const elsewhere = [400, 'mastered_elsewhere']
  const reference = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${newton}` }
  assert.deepEqual(await refused('PATCH', `/groups/${staff!.id}`, { displayName: 'Mine' }), elsewhere)
  assert.deepEqual(await refused('POST', `/groups/${all!.id}/members/$ref`, reference), elsewhere)
  assert.deepEqual(await refused('DELETE', `/groups/${staff!.id}/members/${newton}/$ref`), elsewhere)
  const role = {
    principalId: staff!.id,
    roleDefinitionId: '729827e3-9c14-49f7-bb1b-9608f156bbb8',
    directoryScopeId: '/',
  }
  assert.equal((await api('POST', '/roleManagement/directory/roleAssignments', role)).status, 400)
  await assert.rejects(
    dbOf('update latchkey.groups set is_role_assignable = true where id = $1', staff!.id),
    /violates check constraint/,
  )

  await directory.add('leibniz')
  await directory.group('staff', [dnOf('leibniz')])
  assert.deepEqual(await lines('--dry-run'), [0, 'group change "staff" members +1 -1', 'groups=1'])
  assert.deepEqual(await lines(), [0, 'group change "staff" members +1 -1', 'groups=1'])
  assert.deepEqual(await members(staff!.id), ['leibniz@acme.example'])
  for (const name of ['staff', 'all']) await directory.group(name, [dnOf('ghost')])
  const stopped = await sync()
  assert.deepEqual([stopped.code, stopped.last?.includes('2 of 2 groups would lose all members')], [3, true])
  const mail = await web.message(one => one.to === 'admin@acme.example' && /Groups that would/.test(one.text ?? ''))
  assert.match(mail.text, /2 of 2/)
  assert.deepEqual(await members(staff!.id), ['leibniz@acme.example'], 'nothing changed')
  await directory.group('all', [groupDn('staff')])
  assert.deepEqual(await lines(), [0, 'group empty "staff"', 'groups=1'])
  await directory.removeGroup('all')
  assert.deepEqual(await lines(), [0, 'group empty "all"', 'groups=1'])
  assert.deepEqual(await members(all!.id), [])
  await directory.group('staff', [dnOf('newton')])
  assert.deepEqual(await lines(), [0, 'group change "staff" members +1 -0', 'groups=1'])
  assert.equal((await api('DELETE', `/groups/${staff!.id}`)).status, 204)
  assert.deepEqual(await lines(), [0, 'group skip "staff" deleted', 'groups=0'])
  const events = await dbOf(
    "select reason from latchkey.audit_events where activity = 'group.synchronized' order by at",
  )
  assert.deepEqual(
    events.map(({ reason }) => reason),
    ['add', 'add', 'change', 'change', 'change', 'empty', 'empty', 'change'],
  )
  await directory.removeGroup('staff')
  await directory.remove('leibniz')
  configure({})
  assert.equal((await sync()).last, total({ disable: 1, skip: 5 }))
  await dbOf(
    'update latchkey.accounts set directory_anchor = null where user_principal_name = $1',
    'leibniz@acme.example',
  )
})

test('who leaves is disabled and comes back as the same person, renames follow the entry, and many at once stop', async () => {
  await directory.remove('registered')
  for (let n = 1; n <= 7; n++) await directory.add(`many${n}`)
  assert.equal((await sync()).last, total({ add: 7, skip: 4 }))
  const { id } = await person('many1@acme.example')
  await directory.rename('many1', 'moved')
  await directory.change('moved', ['replace', 'mail', 'moved@acme.example'], ['replace', 'mobile', '+1 206 555 0177'])
  await directory.change('many2', ['add', 'pwdAccountLockedTime', '20261127000000Z'])
  configure({ filter: '(&(objectClass=inetOrgPerson)(!(uid=many3)))' })
  const changed = await sync()
  const names = 'mail,mobilePhone,userPrincipalName'
  assert.deepEqual(
    changed.lines
      .filter(line => !line.startsWith('skip'))
      .map(line => line.replace(/ \S+,\S+$/, names => ` ${names.trim().split(',').sort().join()}`)),
    [`change moved@acme.example ${names}`, 'disable many3@acme.example'],
  )
  const moved = await person('moved@acme.example')
  assert.equal(moved.id, id)
  assert.ok((await person('many2@acme.example')).directory_locked_at)
  assert.equal((await person('many3@acme.example')).account_enabled, false)

  configure({ filter: '(|(uid=newton)(uid=many3)(uid=moved))' })
  const stopped = await sync()
  assert.deepEqual([stopped.code, stopped.lines, stopped.last?.split(' ')[0]], [3, [], 'stopped:'])
  assert.deepEqual(await standing(), ['stopped', [5, 7]])
  configure({ filter: '(uid=nobody)' })
  assert.equal((await sync()).code, 3, 'an empty answer')
  assert.equal((await person('many3@acme.example')).account_enabled, false, 'nothing changed')
  const mail = await web.message(
    one => one.to === 'admin@acme.example' && /synchronization was stopped/.test(one.subject ?? ''),
  )
  assert.match(mail.text, /nothing/)
  assert.equal((await sync()).code, 3)
  const events = "select reason from latchkey.audit_events where activity = 'synchronization.stopped'"
  assert.equal((await dbOf(events)).length, 3, 'its repetition is not told again')
  await inTenant(web.store, tenantId, trx => changeWritebackPolicy(trx, tenantId, { brakePercent: 100 }))
  configure({ filter: '(|(uid=newton)(uid=many3)(uid=moved))' })
  assert.equal((await sync()).last, total({ enable: 1, disable: 5 }))
  assert.deepEqual(await standing(), ['done', null])
  configure({ filter: '(uid=nobody)' })
  assert.equal((await sync()).code, 3, 'an empty answer, at any share')
  const [{ brakes }] = (await dbOf(
    'select count(*)::int as brakes from latchkey.users where not account_enabled and directory_anchor is not null',
  )) as [{ brakes: number }]
  assert.equal(brakes, 6)
})

const clocked = { ...web.services, clock: web.clock.now }
const bring = (agentId: string) => receiver(web.store, clocked)({ tenantId, agentId })
const entry = (name: string, more: Partial<DirectoryPerson> = {}): DirectoryPerson => ({
  ...{ anchor: `anchor of ${name}`, userPrincipalName: `${name}@acme.example` },
  ...{ enabled: true, locked: false, guarded: false, displayName: name },
  ...more,
})
const changesOf = (reply: SyncReply) =>
  reply.outcome === 'done' ? reply.changes.map(({ act, why }) => [act, why].join(' ').trim()) : reply.outcome

test('an agent opens no administrator, no other tenant, and no person of another entry', async () => {
  const [{ id: agentId }] = (await dbOf('select id from latchkey.agents')) as [{ id: string }]
  const on = bring(agentId)
  const people = async (...people: DirectoryPerson[]) => changesOf(await on.hear({ name: 'people', people }))
  assert.equal((await on.hear({ name: 'people', people: [entry('early')] })).outcome, 'failed', 'before it is judged')
  const begin = async () => {
    await on.hear({ name: 'begin', mode: 'changes', dryRun: false, byItself: false })
    assert.equal((await on.hear({ name: 'people', people: [entry('early')] })).outcome, 'failed', 'before the brake')
    return on.hear({ name: 'judge' })
  }
  assert.equal((await begin()).outcome, 'ready')
  assert.deepEqual(await people(entry('rising')), ['add'])
  const { id } = await person('rising@acme.example')
  await inTenant(web.store, tenantId, async trx =>
    assignRole(trx, { ...web.services, now: web.clock.now() }, id, 'Helpdesk Administrator'),
  )
  const attacks: [DirectoryPerson, string][] = [
    [entry('rising', { mobilePhone: '+12065550199' }), 'skip administrator'],
    [entry('mallory', { userPrincipalName: 'ADMIN@acme.example' }), 'skip administrator'],
    [entry('mallory', { userPrincipalName: 'mallory@globex.example' }), 'skip domain'],
    [entry('mallory', { userPrincipalName: 'newton@acme.example' }), 'skip double'],
    [entry('mallory', { userPrincipalName: 'admın@acme.example' }), 'skip name'],
  ]
  for (const [person, refused] of attacks) assert.deepEqual(await people(person), [refused])
  const tried =
    "select target_name from latchkey.audit_events where activity = 'user.synchronized' and result = 'failure'"
  assert.ok((await dbOf(tried)).some(({ target_name }) => target_name === 'ADMIN@acme.example'))
  assert.deepEqual(await people(entry('own', { otherMails: ['own+1@acme.example', 'own@home.example'] })), ['add'])
  assert.deepEqual(
    await contacts('own@acme.example'),
    { email: 'own@home.example' },
    'one’s own mailbox proves nothing',
  )
  await on.hear({ name: 'end' })
  await on.hear({ name: 'begin', mode: 'changes', dryRun: false, byItself: false })
  await on.hear({ name: 'gone', anchors: ['anchor of rising', 'anchor of own'] })
  assert.equal((await on.hear({ name: 'judge' })).outcome, 'ready')
  assert.deepEqual(changesOf(await on.hear({ name: 'end' })), ['skip administrator', 'disable'])
})

test('what either side began and did not end is taken up by the next, and a removed agent brings nothing', async () => {
  const [{ id: agentId }] = (await dbOf('select id from latchkey.agents')) as [{ id: string }]
  const cut = bring(agentId)
  const begin = { name: 'begin', mode: 'changes', dryRun: false, byItself: false } as const
  const people = (...names: string[]) => ({ name: 'people', people: names.map(name => entry(name)) }) as const
  const names = Array.from({ length: 60 }, (_, n) => `crash${n}`)
  await cut.hear(begin)
  await cut.hear({ name: 'judge' })
  await cut.hear(people(...names.slice(0, 30)))
  // Its server died: nobody ended it.
  const next = bring(agentId)
  assert.equal((await next.hear(begin)).outcome, 'busy')
  web.clock.advance(61_000)
  assert.equal((await next.hear(begin)).outcome, 'ready')
  await next.hear({ name: 'judge' })
  assert.equal((await cut.hear(people('late'))).outcome, 'failed', 'the older one may not write any more')
  const found = await next.hear(people(...names))
  assert.ok(found.outcome === 'done')
  assert.equal(found.changes.length, 30, 'what was stored is there')
  await next.end()
  const third = bring(agentId)
  assert.equal((await third.hear(begin)).outcome, 'ready', 'a link that ended holds nobody up')
  await third.hear({ name: 'judge' })
  await dbOf('delete from latchkey.agents where id = $1', agentId)
  assert.equal((await third.hear(people('removed'))).outcome, 'failed')
  assert.equal(await person('removed@acme.example'), undefined)
})
