import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Client, type SearchOptions } from 'ldapts'
import { readConfiguration } from '../../agent/src/configuration.ts'
import { foldName, readGroups } from '../../agent/src/groups.ts'
import { findTenantId } from '../../server/src/directory/index.ts'
import { agent, agentToken, runAgent, stateFolder } from '../../server/src/testing/agents.ts'
import { authority } from '../../server/src/testing/certificates.ts'
import {
  SAMBA_FIRST as FIRST,
  SAMBA_BASE,
  SAMBA_PEOPLE,
  SAMBA_SERVICE,
  SAMBA_STAFF,
  sambaDn,
  startSamba,
} from '../../server/src/testing/samba.ts'
import { testServer } from '../../server/src/testing/server.ts'

const [web, domain] = await Promise.all([testServer(), startSamba()])
const tenantId = await findTenantId(web.store, 'acme.example')
const folder = stateFolder()
writeFileSync(join(folder, 'password'), SAMBA_SERVICE.password)
const configured = {
  ...{ kind: 'active-directory', servers: ['ldaps://127.0.0.1:1', domain.url], caFile: join(domain.folder, 'ca.pem') },
  ...{ bindDN: SAMBA_SERVICE.dn, passwordFile: 'password', base: SAMBA_BASE },
  filter: '(&(objectCategory=person)(objectClass=user)(mail=*)(!(cn=svc-reset)))',
}
const configure = (changes: object = {}) =>
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ ...configured, ...changes }))
configure()
for (const [name, ou] of [
  ['alice', SAMBA_PEOPLE],
  ['bob', SAMBA_PEOPLE],
  ['carol', SAMBA_STAFF],
  ['dora', SAMBA_PEOPLE],
] as const)
  await domain.add(name, name === 'alice' ? { mobile: '+1 206 555 0160' } : {}, ou)
domain.tool('group', 'addmembers', 'Domain Admins', 'dora')
const enrolled = await agent('enroll', '--server', web.url, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)

const rows = (text: string, ...values: unknown[]) => web.store.pool.query(text, values).then(({ rows }) => rows)
const person = async (name: string) =>
  (await rows('select * from latchkey.users where user_principal_name = $1', `${name}@acme.example`))[0]
const sync = async (...words: string[]) => {
  const { code, out, err } = await agent('sync', '--state', folder, '--once', ...words)
  assert.equal(code, 0, err)
  return out.trim().split('\n').slice(0, -1).sort()
}

test('the agent finds its way to a domain controller, and brings people by their GUID', async () => {
  const { code, out } = await agent('check', '--state', folder, '--user', 'alice@acme.example')
  assert.match(out, /^ok rights: /m)
  assert.match(out, /^ok policy: .*12 characters/m)
  assert.equal(code, 0, out)
  assert.match((await agent('check', '--state', folder, '--user', 'carol@acme.example')).out, /^fail rights: /m)
  assert.deepEqual(
    await sync(),
    ['alice', 'bob', 'carol', 'dora'].map(name => `add ${name}@acme.example`),
  )
  const { objectGUID } = await domain.read('alice', 'objectGUID')
  assert.equal((await person('alice')).directory_anchor, guidOf(objectGUID as Buffer))
  assert.deepEqual(
    (await Promise.all(['alice', 'dora'].map(person))).map(({ directory_protected }) => directory_protected),
    [false, true],
  )
  await domain.rename(sambaDn('bob'), `CN=Robert,${SAMBA_STAFF}`)
  await domain.rename(`CN=Robert,${SAMBA_STAFF}`, sambaDn('bob'))
  assert.deepEqual(await sync(), [])
  await domain.change(sambaDn('bob'), ['replace', 'userAccountControl', '514'])
  assert.deepEqual(await sync(), ['disable bob@acme.example'])
})

const guidOf = (bytes: Buffer) => {
  const hex = Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(at => bytes[at]!)).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Shows two members at a time, as Windows shows 1,500: Samba shows all of them, unless it is asked for a range. */
class Ranged extends Client {
  override search(base: string, options: SearchOptions) {
    return super.search(base, ranged(options))
  }

  override searchPaginated(base: string, options: SearchOptions) {
    return super.searchPaginated(base, ranged(options))
  }
}
const ranged = ({ attributes = [], ...options }: SearchOptions): SearchOptions => ({
  ...options,
  attributes: attributes.map(name =>
    name === 'member'
      ? 'member;range=0-1'
      : name.replace(/^(member;range=(\d+))-\*$/, (_, range, first) => `${range}-${Number(first) + 1}`),
  ),
})

test('people are joined by mail, followed where they go, and a group comes with all of its members', async () => {
  const mail = 'nell.moor@acme.example'
  await rows(
    `update latchkey.accounts set mail = $1, mail_folded = $1 where user_principal_name = 'new@acme.example'`,
    mail,
  )
  const { id } = await person('new')
  await domain.add('nell', { mail })
  assert.deepEqual(await sync('--dry-run'), ['join nell@acme.example mail'])
  assert.equal((await person('new')).id, id, 'told before')
  assert.deepEqual(await sync(), ['join nell@acme.example mail'])
  assert.equal((await person('nell')).id, id)
  assert.deepEqual(await sync(), [], 'never twice')
  await domain.change(sambaDn('nell'), ['replace', 'userPrincipalName', mail])
  await domain.rename(sambaDn('nell'), `CN=Nell Moor,${SAMBA_STAFF}`)
  assert.deepEqual(await sync(), [`change ${mail} userPrincipalName`])
  assert.equal((await person('nell.moor')).id, id)

  const groups = { base: SAMBA_PEOPLE, filter: '(cn=everybody)' }
  configure({ groups })
  domain.tool('group', 'add', 'everybody', '--groupou=OU=People')
  domain.tool('group', 'addmembers', 'everybody', 'alice,bob,carol,dora,nell')
  assert.deepEqual(await sync(), ['group add "everybody"'])
  const members = `select count(*)::int as count from latchkey.group_members m
    join latchkey.groups g on g.id = m.group_id where g.display_name = 'everybody'`
  assert.deepEqual(await rows(members), [{ count: 5 }])
  const dns = ['alice', 'bob', 'dora'].map(name => sambaDn(name))
  const all = [...dns, sambaDn('carol', SAMBA_STAFF), `CN=Nell Moor,${SAMBA_STAFF}`]
  const client = new Ranged({ url: domain.url, tlsOptions: { ca: authority } })
  after(() => client.unbind())
  await client.bind(SAMBA_SERVICE.dn, SAMBA_SERVICE.password)
  const names = new Map(all.map(dn => [foldName(dn), dn]))
  const [whole] = await readGroups(readConfiguration(folder), client, names)
  assert.deepEqual(whole?.members.toSorted(), all.toSorted())
  configure()
})

test('each operation is answered by the domain controller’s own word, and its own tools know the password', async () => {
  const running = await runAgent(folder)
  await running.event(({ code }) => code === 31_019)
  const anchors = new Map<string, string>()
  for (const name of ['alice', 'bob', 'carol', 'dora']) anchors.set(name, (await person(name)).directory_anchor)
  const of = (name: string) => anchors.get(name)!
  const ask = (operation: Parameters<typeof web.services.links.ask>[1]) => web.services.links.ask(tenantId, operation)
  const reset = (name: string, newPassword: string, mustChange = false) =>
    ask({ kind: 'reset', anchor: of(name), newPassword, mustChange, byAdministrator: false })

  assert.deepEqual(await reset('alice', 'Quiet-harbour-dawn-1'), { outcome: 'done' })
  assert.ok(domain.kinit('alice', 'Quiet-harbour-dawn-1'))
  assert.ok(!domain.kinit('alice', FIRST), 'the old one is refused')
  assert.deepEqual(await reset('alice', 'Short-1'), { outcome: 'refused', reasons: ['too_short'] })
  assert.deepEqual(await reset('alice', 'onlylowercaseletters'), { outcome: 'refused', reasons: ['too_simple'] })
  const change = (currentPassword: string, newPassword: string) =>
    ask({ kind: 'change', anchor: of('alice'), currentPassword, newPassword })
  assert.deepEqual(await change('Wrong-harbour-dawn-1', 'Quiet-harbour-dawn-2'), { outcome: 'incorrect' })
  assert.deepEqual(await change('Quiet-harbour-dawn-1', 'Quiet-harbour-dawn-2'), { outcome: 'done' })
  assert.deepEqual(await change('Quiet-harbour-dawn-2', 'Quiet-harbour-dawn-1'), {
    outcome: 'refused',
    reasons: ['in_history'],
  })
  assert.ok(domain.kinit('alice', 'Quiet-harbour-dawn-2'))

  // Locked by wrong passwords, unlocked as it was.
  for (let n = 0; n < 4; n++) await ask({ kind: 'verify', anchor: of('alice'), password: `Wrong-${n}` })
  const locked = await ask({ kind: 'look', anchor: of('alice') })
  assert.ok(locked.outcome === 'done' && locked.standing?.isLocked)
  assert.deepEqual(locked.standing.rules, { minimumLength: 12, history: 3, complexity: true })
  assert.deepEqual(await ask({ kind: 'unlock', anchor: of('alice') }), { outcome: 'done' })
  const right = await ask({ kind: 'verify', anchor: of('alice'), password: 'Quiet-harbour-dawn-2' })
  assert.ok(right.outcome === 'done' && right.right && !right.mustChange && !right.standing?.isLocked)
  for (let n = 0; n < 4; n++) await ask({ kind: 'verify', anchor: of('alice'), password: `Wrong-${n}` })
  assert.deepEqual(await reset('alice', 'Quiet-harbour-dawn-3', true), { outcome: 'done' }, 'unlocks too')
  const must = await ask({ kind: 'verify', anchor: of('alice'), password: 'Quiet-harbour-dawn-3' })
  assert.ok(must.outcome === 'done' && must.right && must.mustChange)
  const empty = await ask({ kind: 'verify', anchor: of('alice'), password: '' })
  assert.ok(empty.outcome === 'done' && empty.right === false)

  // Refused before anything is written.
  const failed = async (name: string) => {
    const answer = await reset(name, 'Quiet-harbour-dawn-4')
    return answer.outcome === 'failed' ? answer.code : answer.outcome
  }
  assert.equal(await failed('carol'), 33_004, 'no right outside of the delegated folder')
  assert.equal(await failed('dora'), 33_004, 'guarded')
  assert.ok(domain.kinit('dora', FIRST), 'nothing was written')
  assert.equal(await failed('bob'), 33_005, 'disabled')

  // A policy of one's own judges.
  domain.tool(...'domain passwordsettings pso create strict 10 --min-pwd-length=20 --complexity=on'.split(' '), ...PSO)
  domain.tool('domain', 'passwordsettings', 'pso', 'apply', 'strict', 'alice')
  assert.deepEqual(await reset('alice', 'Quiet-harbour-d4'), { outcome: 'refused', reasons: ['too_short'] })
  const unread = await ask({ kind: 'look', anchor: of('alice') })
  assert.ok(
    unread.outcome === 'done' && unread.standing?.rules === undefined,
    'rules that nobody may read are not shown',
  )
  domain.tool('dsacl', 'set', `--objectdn=${STRICT}`, `--sddl=(A;;LCRPRC;;;${domain.sid})`)
  const read = await ask({ kind: 'look', anchor: of('alice') })
  assert.ok(read.outcome === 'done' && read.standing?.rules?.minimumLength === 20)

  // Faults of the directory.
  await domain.rename(sambaDn('alice'), `CN=Alice Moved,OU=People,${SAMBA_BASE}`)
  assert.deepEqual(await reset('alice', 'Quiet-harbour-dawn-and-dusk-5'), { outcome: 'done' }, 'the anchor stays')
  domain.pause()
  const silent = await reset('alice', 'Quiet-harbour-dawn-and-dusk-6')
  domain.goOn()
  assert.equal(silent.outcome, 'silent')
  domain.tool('user', 'delete', 'carol')
  assert.equal(await failed('carol'), 33_002, 'gone')
  configure({ servers: ['ldap://127.0.0.1:389'], startTLS: true })
  assert.deepEqual(await reset('alice', 'Quiet-harbour-dawn-and-dusk-8'), { outcome: 'done' }, 'by StartTLS')
  assert.ok(domain.kinit('alice', 'Quiet-harbour-dawn-and-dusk-8'))
  configure({ servers: ['ldap://127.0.0.1:389'], startTLS: true, caFile: undefined })
  assert.equal((await reset('alice', 'Quiet-harbour-dawn-and-dusk-9')).outcome, 'silent')
  configure({ caFile: undefined })
  assert.equal((await reset('alice', 'Quiet-harbour-dawn-and-dusk-7')).outcome, 'silent', 'a certificate of nobody')
  configure()
  assert.equal(await running.stop(), 0)
  const passed = running.output() + readFileSync(join(folder, 'outcomes.jsonl'), 'utf8')
  for (const secret of ['Quiet-harbour', FIRST]) assert.ok(!passed.includes(secret))
})

const PSO = [
  ...['--history-length=3', '--min-pwd-age=0', '--max-pwd-age=7', '--account-lockout-threshold=5'],
  ...['--account-lockout-duration=15', '--reset-account-lockout-after=15'],
]
const STRICT = `CN=strict,CN=Password Settings Container,CN=System,${SAMBA_BASE}`
