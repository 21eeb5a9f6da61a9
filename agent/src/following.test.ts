import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { agent, agentToken, runAgent, stateFolder } from '../../server/src/testing/agents.ts'
import { testServer } from '../../server/src/testing/server.ts'
import { startSlapd } from '../../server/src/testing/slapd.ts'
import { createFollower } from './following.ts'
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
    return Object.fromEntries(Object.entries(result.counts).filter(([, count]) => count > 0))
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
  for (const uid of ['one', 'two']) await directory.remove(uid)
  assert.deepEqual(await look(), { outcome: 'stopped', leaving: 2, of: 4 })
  assert.equal(((await look()) as { outcome: string }).outcome, 'stopped', 'not forgotten')
  rmSync(join(folder, 'agent.json'))
  await assert.rejects(look, /agent\.json/)
})
