import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { Client, type SearchOptions } from 'ldapts'
import { readConfiguration } from '../../agent/src/configuration.ts'
import { foldName, readGroups } from '../../agent/src/groups.ts'
import { findTenantId } from '../../server/src/directory/index.ts'
import { agent, agentToken, lastingAgents, type RunningAgent, stateFolder } from '../../server/src/testing/agents.ts'
import { certificates, privateKey } from '../../server/src/testing/certificates.ts'
import { readyToChoose } from '../../server/src/testing/directoryHome.ts'
import {
  SAMBA_FIRST as FIRST,
  LDAP,
  LDAPS,
  SAMBA_BASE,
  SAMBA_PEOPLE,
  SAMBA_SERVICE,
  SAMBA_STAFF,
  SHOWN,
  STRICT,
  sambaDn,
  startSamba,
  tlsToSamba,
  whyNoSamba,
} from '../../server/src/testing/samba.ts'
import { everythingPassed, findSecrets } from '../../server/src/testing/secrets.ts'
import { testServer } from '../../server/src/testing/server.ts'
import { openWire, type Wire } from '../../server/src/testing/wire.ts'

// Active Directory: a real domain controller, a real agent and a real server. What takes long is shown by
// `npm run proof`.

const why = await whyNoSamba()
const brief = process.env.PROOF !== 'long' && 'npm run proof shows it'
const ANNA = 'registered@acme.example'

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

await suite('writeback to Active Directory', { skip: why ?? false }, async () => {
  const [web, domain] = await Promise.all([testServer(), startSamba()])
  const tenantId = await findTenantId(web.store, 'acme.example')
  const there = { host: domain.address }
  const [toDirectory, inClear, toServer] = await Promise.all([
    openWire(LDAPS, { cert: certificates.good, key: privateKey }, { ...there, tls: tlsToSamba }),
    openWire(LDAP, undefined, there),
    openWire(Number(new URL(web.url).port)),
  ])
  const by = (wire: Wire) => ({ servers: [`ldaps://127.0.0.1:${wire.port}`] })
  const byStartTls = { servers: [`ldap://127.0.0.1:${inClear.port}`], startTLS: true }
  const folder = stateFolder()
  writeFileSync(join(folder, 'password'), SAMBA_SERVICE.password)
  const configured = {
    ...{ kind: 'active-directory', caFile: join(domain.folder, 'ca.pem'), ...by(toDirectory) },
    ...{ bindDN: SAMBA_SERVICE.dn, passwordFile: 'password', base: SAMBA_BASE },
    filter: '(&(objectCategory=person)(objectClass=user)(mail=*)(!(cn=svc-reset)))',
  }
  const configure = (changes: object = {}) =>
    writeFileSync(join(folder, 'agent.json'), JSON.stringify({ ...configured, ...changes }))
  configure({ servers: ['ldaps://127.0.0.1:1', ...by(toDirectory).servers] })
  for (const [name, ou] of [
    ['alice', SAMBA_PEOPLE],
    ['bob', SAMBA_PEOPLE],
    ['carol', SAMBA_STAFF],
    ['dora', SAMBA_PEOPLE],
    ['registered', SAMBA_PEOPLE],
  ] as const)
    await domain.add(name, name === 'alice' ? { mobile: '+1 206 555 0160' } : {}, ou)
  await domain.change(`CN=Domain Admins,CN=Users,${SAMBA_BASE}`, ['add', 'member', sambaDn('dora')])
  const through = `http://127.0.0.1:${toServer.port}`
  const enrolled = await agent('enroll', '--server', through, '--token', await agentToken(web), '--state', folder)
  assert.equal(enrolled.code, 0, enrolled.err)

  const rows = (text: string, ...values: unknown[]) => web.store.pool.query(text, values).then(({ rows }) => rows)
  const person = async (name: string) =>
    (await rows('select * from latchkey.users where user_principal_name = $1', `${name}@acme.example`))[0]
  const sync = async (...words: string[]) => {
    const { code, out, err } = await agent('sync', '--state', folder, '--once', ...words)
    assert.equal(code, 0, err)
    return out.trim().split('\n').slice(0, -1).sort()
  }
  let running: RunningAgent
  const runAgent = lastingAgents()
  const start = async (ahead?: number) => {
    // As if nobody had synchronized by hand: it brings nothing by itself that a test changes for a moment.
    await rows('delete from latchkey.synchronizations')
    running = await runAgent(folder, ahead)
    await running.event(({ code }) => code === 31_019)
  }
  const ask = (operation: Parameters<typeof web.services.links.ask>[1]) => web.services.links.ask(tenantId, operation)
  const anchorOf = async (name: string): Promise<string> => (await person(name)).directory_anchor
  const reset = async (name: string, newPassword: string, mustChange = false) =>
    ask({ kind: 'reset', anchor: await anchorOf(name), newPassword, mustChange, byAdministrator: false })
  const failed = async (name: string) => {
    const answer = await reset(name, 'Quiet-harbour-never')
    return answer.outcome === 'failed' ? answer.code : answer.outcome
  }

  test('the agent finds its way to a domain controller, and brings people by their GUID', async () => {
    const check = (name: string) => agent('check', '--state', folder, '--user', `${name}@acme.example`)
    const [fine, elsewhere, added] = await Promise.all([check('alice'), check('carol'), sync()])
    assert.match(fine.out, /^ok rights: /m)
    assert.match(fine.out, /^ok policy: .*12 characters/m)
    assert.equal(fine.code, 0, fine.out)
    assert.match(elsewhere.out, /^fail rights: /m)
    assert.deepEqual(added, [
      ...['alice', 'bob', 'carol', 'dora'].map(name => `add ${name}@acme.example`),
      `join ${ANNA}`,
    ])
    const { objectGUID } = await domain.read('alice', 'objectGUID')
    assert.equal(await anchorOf('alice'), guidOf(objectGUID as Buffer))
    assert.deepEqual(
      (await Promise.all(['alice', 'dora'].map(person))).map(({ directory_protected }) => directory_protected),
      [false, true],
    )
    await domain.rename(sambaDn('alice'), `CN=Alice Moved,${SAMBA_PEOPLE}`)
    await domain.change(sambaDn('bob'), ['replace', 'userAccountControl', '514'])
    assert.deepEqual(await sync(), ['disable bob@acme.example'])
    configure()
    await start()
  })

  test('each operation is answered by the domain controller’s own word, and its own tools know the password', async () => {
    const anchor = await anchorOf('alice')
    assert.deepEqual(await reset('alice', 'Quiet-harbour-dawn-1'), { outcome: 'done' }, 'the anchor stays')
    assert.ok(domain.kinit('alice', 'Quiet-harbour-dawn-1'))
    assert.ok(!domain.kinit('alice', FIRST), 'the old one is refused')
    assert.deepEqual(await reset('alice', 'Short-1'), { outcome: 'refused', reasons: ['too_short'] })
    assert.deepEqual(await reset('alice', 'onlylowercaseletters'), { outcome: 'refused', reasons: ['too_simple'] })
    const change = (currentPassword: string, newPassword: string) =>
      ask({ kind: 'change', anchor, currentPassword, newPassword })
    assert.deepEqual(await change('Wrong-harbour-dawn-1', 'Quiet-harbour-dawn-2'), { outcome: 'incorrect' })
    assert.deepEqual(await change('Quiet-harbour-dawn-1', 'Quiet-harbour-dawn-2'), { outcome: 'done' })
    assert.deepEqual(await change('Quiet-harbour-dawn-2', 'Quiet-harbour-dawn-1'), {
      outcome: 'refused',
      reasons: ['in_history'],
    })
    assert.ok(domain.kinit('alice', 'Quiet-harbour-dawn-2'))

    // Locked by wrong passwords, unlocked as it was.
    const verify = async (password: string) => {
      const answer = await ask({ kind: 'verify', anchor, password })
      assert.ok(answer.outcome === 'done')
      return answer
    }
    for (let n = 0; n < 4; n++) await verify(`Wrong-${n}`)
    const locked = await ask({ kind: 'look', anchor })
    assert.ok(locked.outcome === 'done' && locked.standing?.isLocked)
    assert.deepEqual(locked.standing.rules, { minimumLength: 12, history: 3, complexity: true })
    assert.deepEqual(await ask({ kind: 'unlock', anchor }), { outcome: 'done' })
    const right = await verify('Quiet-harbour-dawn-2')
    assert.ok(right.right && !right.mustChange && !right.standing?.isLocked)
    for (let n = 0; n < 4; n++) await verify(`Wrong-${n}`)
    assert.deepEqual(await reset('alice', 'Quiet-harbour-dawn-3', true), { outcome: 'done' }, 'unlocks too')
    const must = await verify('Quiet-harbour-dawn-3')
    assert.ok(must.right && must.mustChange)
    assert.equal((await verify('')).right, false)

    // Refused before anything is written.
    assert.equal(await failed('carol'), 33_004, 'no right outside of the delegated folder')
    assert.equal(await failed('dora'), 33_004, 'guarded')
    assert.ok(domain.kinit('dora', FIRST), 'nothing was written')
    assert.equal(await failed('bob'), 33_005, 'disabled')

    // A policy of one's own judges, and is shown where it may be read.
    const moved = `CN=Alice Moved,${SAMBA_PEOPLE}`
    await domain.change(STRICT, ['add', 'msDS-PSOAppliesTo', moved])
    assert.deepEqual(await reset('alice', 'Quiet-harbour-d4'), { outcome: 'refused', reasons: ['too_short'] })
    const unread = await ask({ kind: 'look', anchor })
    assert.ok(unread.outcome === 'done' && unread.standing?.rules === undefined)
    await domain.change(SHOWN, ['add', 'msDS-PSOAppliesTo', moved])
    const read = await ask({ kind: 'look', anchor })
    assert.ok(read.outcome === 'done' && read.standing?.rules?.minimumLength === 20)
    configure(byStartTls)
    assert.deepEqual(await reset('alice', 'Quiet-harbour-dawn-and-dusk-5'), { outcome: 'done' }, 'by StartTLS')
    assert.ok(domain.kinit('alice', 'Quiet-harbour-dawn-and-dusk-5'))
    configure()
  })

  /** What administrators read of the last reset. */
  const told = async () => {
    const [event] = await rows(
      "select activity, details from latchkey.audit_events where activity in ('reset.failed', 'reset.refused') order by at desc, id desc limit 1",
    )
    return `${event.activity}: ${event.details.directory}`
  }

  test('a fault of the domain controller has a sentence for the person, and one for administrators', async () => {
    const [expired, misnamed] = await Promise.all(
      [certificates.expired, certificates.other].map(cert => openWire(LDAP, { cert, key: privateKey }, there)),
    )
    writeFileSync(join(folder, 'wrong'), 'not its password')
    const { choose } = await readyToChoose(web)
    const silent: [string, object, RegExp][] = [
      ['down', { servers: ['ldaps://127.0.0.1:1'] }, /the directory cannot be reached: .*nothing listens there/],
      ['certificate expired', by(expired!), /certificate has expired, renew it/],
      ['certificate of another', by(misnamed!), /certificate is for another name/],
      ['certificate of nobody', { caFile: undefined }, /not trusted, look at caFile/],
      ['the same by StartTLS', { ...byStartTls, caFile: undefined }, /not trusted, look at caFile/],
    ]
    for (const [name, changes, says] of silent) {
      configure(changes)
      const answer = await choose('Quiet-harbour-fault-1')
      assert.deepEqual([answer.status, answer.json.code], [503, 'SSPR_0030'], name)
      assert.match(await told(), says)
    }
    configure()
    for (const [password, reason] of [
      ['Short-1', 'too_short'],
      ['quietharbourdusk', 'too_simple'],
    ]) {
      const answer = await choose(password!)
      assert.deepEqual([answer.status, answer.json.reasons], [422, [reason]], answer.text)
      assert.doesNotMatch(answer.text, /check_password|0000052D/)
    }

    const refused = async (says: RegExp) => {
      const answer = await (await readyToChoose(web)).choose('Quiet-harbour-fault-2')
      assert.deepEqual([answer.json.state, answer.json.refusal?.code], ['refused', 'SSPR_0029'], answer.text)
      assert.match(answer.json.refusal.detail, /Ask your administrator/)
      assert.match(await told(), says)
    }
    configure({ passwordFile: 'wrong' })
    await refused(/33009: the directory does not let the agent in/)
    configure()
    await domain.rename(sambaDn('registered'), sambaDn('registered', SAMBA_STAFF))
    await refused(/33004: /)
    await domain.rename(sambaDn('registered', SAMBA_STAFF), sambaDn('registered'))
    await domain.change(sambaDn('registered'), ['replace', 'userAccountControl', '514'])
    await refused(/33005: the entry is disabled/)
    await domain.change(sambaDn('registered'), ['replace', 'userAccountControl', '512'])
  })

  test('an answer that was lost after the domain controller’s yes is found out, whatever broke in between', async () => {
    const breaking = async (newPassword: string, breaks: () => unknown) => {
      const { choose } = await readyToChoose(web)
      const held = toDirectory.holdAfter('unicodePwd')
      const choosing = choose(newPassword)
      await held
      assert.ok(domain.kinit('registered', newPassword), 'the directory has said yes')
      await breaks()
      const answer = await choosing
      assert.deepEqual([answer.status, answer.json.state], [200, 'finished'], answer.text)
    }
    for (let n = 0; n < 4; n++) domain.kinit('registered', `Wrong-harbour-${n}`)
    await breaking('Quiet-harbour-lost-1', () => toDirectory.cut())
    await breaking('Quiet-harbour-lost-2', async () => {
      toServer.cut()
      await running.event(({ code }) => code === 32_014)
      toDirectory.release()
    })
    if (brief) return
    await breaking('Quiet-harbour-lost-3', async () => {
      await running.stop('SIGKILL')
      toDirectory.release()
      await start()
    })
  })

  test('a domain controller that hangs, and a clock that is wrong, write nothing', { skip: brief }, async () => {
    domain.pause()
    const silent = await reset('alice', 'Quiet-harbour-dawn-and-dusk-6')
    domain.goOn()
    assert.equal(silent.outcome, 'silent')
    const { choose } = await readyToChoose(web)
    await running.stop()
    for (const [ahead, says] of [
      [3_600_000, /late: .*clock is 3600 seconds ahead of the server's/],
      [-3_600_000, /late: .*clock is 3600 seconds behind the server's/],
    ] as const) {
      await start(ahead)
      assert.equal((await choose('Quiet-harbour-clock')).json.code, 'SSPR_0030')
      assert.match(await told(), says)
      assert.ok(!domain.kinit('registered', 'Quiet-harbour-clock'))
      await running.stop()
    }
    await start()
  })

  test('people are joined by mail, followed where they go, and a group comes with all of its members', {
    skip: brief,
  }, async () => {
    await running.stop()
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

    const dns = ['Alice Moved', 'bob', 'dora'].map(name => sambaDn(name))
    const all = [...dns, sambaDn('carol', SAMBA_STAFF), `CN=Nell Moor,${SAMBA_STAFF}`]
    await domain.asAdministrator(client =>
      client.add(`CN=everybody,${SAMBA_PEOPLE}`, { objectClass: 'group', sAMAccountName: 'everybody', member: all }),
    )
    const groups = { base: SAMBA_PEOPLE, filter: '(cn=everybody)' }
    configure({ groups })
    assert.deepEqual(await sync(), ['group add "everybody"'])
    const members = `select count(*)::int as count from latchkey.group_members m
    join latchkey.groups g on g.id = m.group_id where g.display_name = 'everybody'`
    assert.deepEqual(await rows(members), [{ count: 5 }])
    const client = new Ranged({ url: `ldaps://${domain.address}:${LDAPS}`, tlsOptions: tlsToSamba })
    after(() => client.unbind())
    await client.bind(SAMBA_SERVICE.dn, SAMBA_SERVICE.password)
    const names = new Map(all.map(dn => [foldName(dn), dn]))
    const [whole] = await readGroups(readConfiguration(folder), client, names)
    assert.deepEqual(whole?.members.toSorted(), all.toSorted())
    configure()
    await start()
  })

  test('no password has passed between agent and server, or stays with the agent', async () => {
    const { choose } = await readyToChoose(web)
    await domain.asAdministrator(client => client.del(sambaDn('registered')))
    assert.equal((await choose('Quiet-harbour-gone')).json.refusal?.code, 'SSPR_0029')
    assert.match(await told(), /33002: /, 'deleted')
    assert.equal(await running.stop(), 0)
    const secrets = ['Quiet-harbour', 'Wrong-harbour', FIRST, SAMBA_SERVICE.password, 'quietharbourdusk']
    const parts = everythingPassed(toServer)
    assert.ok(parts.some(part => part.includes('"kind":"hello"')))
    for (const part of parts) assert.deepEqual(findSecrets(secrets, part), [], part.toString('latin1').slice(0, 200))
    const kept = ['outcomes.jsonl', 'agent.json'].map(name => readFileSync(join(folder, name), 'latin1'))
    assert.deepEqual(findSecrets(secrets, [running.output(), ...kept].join('\n')), [])
  })
})
