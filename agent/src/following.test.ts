import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { agent, agentToken, runAgent, stateFolder } from '../../server/src/testing/agents.ts'
import { testServer } from '../../server/src/testing/server.ts'
import { dnOf, groupDn, startSlapd } from '../../server/src/testing/slapd.ts'
import { createFollower, follow } from './following.ts'
import { type Link, openLink } from './link.ts'
import { openState } from './state.ts'
import { createCourier } from './synchronization.ts'

const [web, directory] = await Promise.all([testServer(), startSlapd()])
const folder = stateFolder(directory)
const enrolled = await agent('enroll', '--server', web.url, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)
const enabled = async () => {
  const { rows } = await web.store.pool.query(
    'select user_principal_name as name from latchkey.users where directory_anchor is not null and account_enabled order by 1',
  )
  return rows.map(({ name }) => name.split('@')[0])
}

test('a running agent brings who changes, comes and goes, once somebody has begun it by hand', async () => {
  for (const uid of ['one', 'two', 'three']) await directory.add(uid)
  const state = await openState(folder)
  let link: Link | undefined
  const courier = createCourier(state.identity, () => link)
  link = await openLink(state, 'sync', courier.hear as never, () => {})
  after(() => link?.end())
  const follower = createFollower(folder, courier)
  const look = async () => {
    const result = await follower.look()
    if (typeof result === 'string' || result.outcome === 'stopped') return result
    const { counts, groups } = result
    return Object.fromEntries(Object.entries({ ...counts, groups }).filter(([, count]) => count > 0))
  }
  assert.equal(await look(), 'unbegun')
  assert.deepEqual(await enabled(), [], 'nobody is brought untold')
  const byHand = await agent('sync', '--state', folder, '--once')
  assert.equal(byHand.code, 0, byHand.err)

  const running = await runAgent(folder)
  await running.event(({ code }) => code === 31_019)
  await directory.add('four')
  await running.event(({ code, detail }) => code === 34_001 && detail.includes('add=1'))
  assert.equal(await running.stop(), 0)

  assert.deepEqual(await look(), {}, 'everybody at first: all are there')
  assert.deepEqual(await look(), {}, 'the last minutes once more, for servers that are behind')
  assert.equal(await look(), 'unchanged')
  await directory.add('five')
  await directory.change('two', ['replace', 'mobile', '+1 206 555 0142'])
  await directory.remove('three')
  assert.deepEqual(await look(), { add: 1, change: 1, disable: 1 })
  assert.deepEqual(await enabled(), ['five', 'four', 'one', 'two'])
  assert.equal(await look(), 'unchanged')

  const configuration = readFileSync(join(folder, 'agent.json'), 'utf8')
  const groups = { base: 'dc=acme,dc=example' }
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ ...JSON.parse(configuration), groups }))
  await directory.group('inner', [dnOf('one'), dnOf('late')])
  await directory.group('outer', [groupDn('inner'), groupDn('new')])
  assert.deepEqual(await look(), { groups: 2 }, 'another configuration: everybody')
  const members = async () => {
    const { rows } = await web.store.pool.query(
      `select g.display_name as name, array_agg(coalesce(a.user_principal_name, i.display_name) order by a.user_principal_name, i.display_name) filter (where m.member_id is not null) as members
      from latchkey.groups g left join latchkey.group_members m on m.group_id = g.id
        left join latchkey.accounts a on a.id = m.user_id left join latchkey.groups i on i.id = m.inner_group_id
      where g.directory_anchor is not null group by 1 order by 1`,
    )
    return Object.fromEntries(rows.map(({ name, members }) => [name, members]))
  }
  assert.deepEqual(await members(), { inner: ['one@acme.example'], outer: ['inner'] })
  await look()
  assert.equal(await look(), 'unchanged')
  // Groups that have not changed themselves hold who has come.
  await directory.add('late')
  await directory.group('new', [dnOf('two')])
  assert.deepEqual(await look(), { add: 1, groups: 3 })
  assert.deepEqual(await members(), {
    inner: ['late@acme.example', 'one@acme.example'],
    new: ['two@acme.example'],
    outer: ['inner', 'new'],
  })
  await directory.removeGroup('new')
  assert.deepEqual(await look(), { groups: 2 })
  assert.deepEqual((await members()).new, null)
  writeFileSync(join(folder, 'agent.json'), configuration)
  assert.deepEqual(await look(), {})
  for (const uid of ['one', 'two', 'late']) await directory.remove(uid)
  assert.deepEqual(await look(), { outcome: 'stopped', leaving: 3, of: 5 })
  assert.equal(((await look()) as { outcome: string }).outcome, 'stopped', 'not forgotten')
  rmSync(join(folder, 'agent.json'))
  await assert.rejects(look, /agent\.json/)
})

test('a change is seen within a minute: the next look is ten seconds later, where everybody is there', async () => {
  const stopping = new AbortController()
  const waits: number[] = []
  const found = ['unchanged', 'unbegun', 'unchanged'] as const
  const look = async () => {
    const next = found[waits.length]
    if (next === undefined) throw new Error('the directory is down')
    return next
  }
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds)
    if (waits.length === 5) stopping.abort()
  }
  const told: string[] = []
  await follow({ look }, { stop: stopping.signal, wait }, ({ detail }) => told.push(detail))
  const longest = [10_000, 45_000, 10_000, 10_000, 10_000]
  for (const [at, most] of longest.entries()) assert.ok(waits[at]! <= most && waits[at]! >= 0.9 * most, String(waits))
  assert.deepEqual(told, ['a synchronization failed: the directory is down'], 'once')
})
