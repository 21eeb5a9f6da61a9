import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Operation } from '@latchkey/protocol'
import { findTenantId } from '../../server/src/directory/index.ts'
import { agent, agentToken, runAgent, stateFolder } from '../../server/src/testing/agents.ts'
import {
  DIRSRV_PEOPLE,
  DIRSRV_SERVICE,
  dirsrvDn,
  DIRSRV_FIRST as FIRST,
  startDirsrv,
} from '../../server/src/testing/dirsrv.ts'
import { testServer } from '../../server/src/testing/server.ts'

const [web, directory] = await Promise.all([testServer({ roles: ['web'] }), startDirsrv()])
const tenantId = await findTenantId(web.store, 'acme.example')
const folder = stateFolder()
writeFileSync(join(folder, 'password'), DIRSRV_SERVICE.password)
const configured = {
  ...{ kind: '389ds', servers: [directory.url], caFile: join(directory.folder, 'ca.pem') },
  ...{ bindDN: DIRSRV_SERVICE.dn, passwordFile: 'password', base: DIRSRV_PEOPLE },
}
writeFileSync(join(folder, 'agent.json'), JSON.stringify(configured))
for (const uid of ['alice', 'bob', 'carol']) await directory.add(uid)
await directory.change(dirsrvDn('carol'), ['add', 'employeeType', 'protected'])
const enrolled = await agent('enroll', '--server', web.url, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)

const rows = (text: string, ...values: unknown[]) => web.store.pool.query(text, values).then(({ rows }) => rows)
const person = async (uid: string) =>
  (await rows('select * from latchkey.users where user_principal_name = $1', `${uid}@acme.example`))[0]
const sync = async () => {
  const { code, out, err } = await agent('sync', '--state', folder, '--once')
  assert.equal(code, 0, err)
  return out.trim().split('\n').slice(0, -1).sort()
}

test('the agent finds its way to a 389 Directory Server, and brings people by their nsUniqueId', async () => {
  const { code, out } = await agent('check', '--state', folder, '--user', 'alice@acme.example')
  assert.match(out, /^ok policy: cn=config asks for 12 characters, and refuses the last 3 passwords/m)
  assert.equal(code, 0, out)
  assert.match((await agent('check', '--state', folder, '--user', 'carol@acme.example')).out, /^fail rights: /m)
  assert.deepEqual(await sync(), ['add alice@acme.example', 'add bob@acme.example', 'add carol@acme.example'])
  assert.equal((await person('alice')).directory_anchor, (await directory.read('alice', 'nsUniqueId'))!.nsUniqueId)
  await directory.rename('bob', 'robert')
  assert.deepEqual(await sync(), [])
  await directory.change(dirsrvDn('robert'), ['replace', 'nsAccountLock', 'true'])
  assert.deepEqual(await sync(), ['disable bob@acme.example'])
})

test('each operation is answered by the directory’s own word', async () => {
  const running = await runAgent(folder)
  await running.event(({ code }) => code === 31_019)
  const anchors = new Map<string, string>()
  for (const uid of ['alice', 'bob', 'carol']) anchors.set(uid, (await person(uid)).directory_anchor)
  const ask = (operation: Operation) => web.services.links.ask(tenantId, operation)
  const anchor = anchors.get('alice')!
  const reset = (newPassword: string, mustChange = false, uid = 'alice') =>
    ask({ kind: 'reset', anchor: anchors.get(uid)!, newPassword, mustChange, byAdministrator: mustChange })
  const change = (currentPassword: string, newPassword: string) =>
    ask({ kind: 'change', anchor, currentPassword, newPassword })
  const verify = async (password: string) => {
    const said = await ask({ kind: 'verify', anchor, password })
    assert.equal(said.outcome, 'done')
    const { right, mustChange, standing } = said as Extract<typeof said, { outcome: 'done' }>
    return { right, mustChange, isLocked: standing?.isLocked }
  }

  assert.deepEqual(await reset('Quiet-harbour-dawn-1'), { outcome: 'done' })
  assert.ok(await directory.binds('alice', 'Quiet-harbour-dawn-1'))
  assert.ok(!(await directory.binds('alice', FIRST)), 'the old one is refused')
  assert.deepEqual(await reset('Kq7-kelp'), { outcome: 'refused', reasons: ['too_short'] })
  assert.deepEqual(await reset('onlylowercaseletters'), { outcome: 'refused', reasons: ['too_simple'] })
  for (const used of ['Quiet-harbour-dawn-1', FIRST])
    assert.deepEqual(await reset(used), { outcome: 'refused', reasons: ['in_history'] })
  assert.deepEqual(await change('Wrong-harbour-dawn-1', 'Quiet-harbour-dawn-2'), { outcome: 'incorrect' })
  assert.deepEqual(await change('Quiet-harbour-dawn-1', FIRST), { outcome: 'refused', reasons: ['in_history'] })
  assert.deepEqual(await change('Quiet-harbour-dawn-1', 'Quiet-harbour-dawn-2'), { outcome: 'done' })
  assert.ok(await directory.binds('alice', 'Quiet-harbour-dawn-2'))

  // Locked by wrong passwords, and unlocked as it was; a reset unlocks too.
  const lock = async () => {
    for (let n = 0; n < 4; n++) await verify(`Wrong-harbour-${n}`)
    assert.deepEqual(await verify('Quiet-harbour-dawn-2'), { right: false, mustChange: undefined, isLocked: true })
  }
  await lock()
  const look = await ask({ kind: 'look', anchor })
  assert.ok(look.outcome === 'done')
  const rules = { minimumLength: 12, history: 3, complexity: true }
  assert.deepEqual(look.standing, { isLocked: true, rules, lockout: { threshold: 3, seconds: 600 } })
  assert.deepEqual(await change('Quiet-harbour-dawn-2', 'Quiet-harbour-dawn-9'), { outcome: 'incorrect' })
  assert.deepEqual(await ask({ kind: 'unlock', anchor }), { outcome: 'done' })
  assert.deepEqual(await verify('Quiet-harbour-dawn-2'), { right: true, mustChange: false, isLocked: false })
  assert.deepEqual(await ask({ kind: 'unlock', anchor }), { outcome: 'done' }, 'of nobody who is locked')
  await lock()
  assert.deepEqual(await reset('Quiet-harbour-dawn-3'), { outcome: 'done' })
  assert.deepEqual(await verify('Quiet-harbour-dawn-3'), { right: true, mustChange: false, isLocked: false })
  assert.ok(
    !(await rows('select directory_locked_at as at from latchkey.users where directory_anchor = $1', anchor))[0].at,
  )

  // A forced change, and a directory that asks for one after each reset.
  await directory.change('cn=config', ['replace', 'passwordMustChange', 'on'])
  assert.deepEqual(await reset('Given-harbour-dawn-4', true), { outcome: 'done' })
  assert.deepEqual(await verify('Given-harbour-dawn-4'), { right: true, mustChange: true, isLocked: false })
  assert.deepEqual(await change('Given-harbour-dawn-4', 'Quiet-harbour-dawn-5'), { outcome: 'done' })
  assert.deepEqual(await verify('Quiet-harbour-dawn-5'), { right: true, mustChange: false, isLocked: false })
  assert.deepEqual(await reset('Quiet-harbour-dawn-6'), { outcome: 'done' })
  assert.deepEqual(await verify('Quiet-harbour-dawn-6'), { right: true, mustChange: false, isLocked: false })
  await directory.change('cn=config', ['replace', 'passwordExp', 'on'], ['replace', 'passwordMaxAge', '864000'])
  assert.deepEqual(await reset('Quiet-harbour-dawn-7'), { outcome: 'done' })
  const { passwordExpirationTime: until } = (await directory.read('alice', 'passwordExpirationTime'))!
  const tenDays = new Date(Date.now() + 864_000_000).toISOString().slice(0, 10).replaceAll('-', '')
  assert.equal(String(until).slice(0, 8), tenDays, 'it ages as any other')

  // A policy of one's own judges.
  const own = `cn=strict,${DIRSRV_PEOPLE}`
  await directory.make(own, {
    ...{ objectClass: ['ldapsubentry', 'passwordpolicy'], cn: 'strict' },
    ...{ passwordCheckSyntax: 'on', passwordMinLength: '20' },
  })
  await directory.change('cn=config', ['replace', 'nsslapd-pwpolicy-local', 'on'])
  await directory.change(dirsrvDn('alice'), ['replace', 'pwdpolicysubentry', own])
  assert.deepEqual(await reset('Quiet-harbour-d8'), { outcome: 'refused', reasons: ['too_short'] })
  const strict = await ask({ kind: 'look', anchor })
  assert.ok(strict.outcome === 'done' && strict.standing?.rules?.minimumLength === 20)

  // Refused before anything is written.
  const failed = async (uid: string) => {
    const answer = await reset('Quiet-harbour-dawn-9', false, uid)
    return answer.outcome === 'failed' ? answer.code : answer.outcome
  }
  assert.equal(await failed('carol'), 33_004, 'no right')
  assert.ok(await directory.binds('carol', FIRST))
  assert.equal(await failed('bob'), 33_005, 'switched off')
  assert.equal(await running.stop(), 0)
})
