import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findTenantId } from '../directory/index.ts'
import { agent, agentToken, lastingAgents, type RunningAgent, stateFolder } from '../testing/agents.ts'
import { testServer } from '../testing/server.ts'
import { startSlapd } from '../testing/slapd.ts'
import { until } from '../testing/until.ts'
import { openWire } from '../testing/wire.ts'

// Two agents of one company, two servers on one database, and a balancer before each agent's way.

const warnings: string[] = []
const log = (line: string) => void (/"level":[456]0/.test(line) && warnings.push(line))
const [web, directory] = await Promise.all([testServer({ log }), startSlapd()])
const beside = await testServer({ beside: web, roles: ['web'], log })
const tenantId = await findTenantId(web.store, 'acme.example')
const portOf = ({ url }: { url: string }) => Number(new URL(url).port)
const uids = ['anna', 'ben', 'chloe', 'dora']
const anchors = await Promise.all(
  uids.map(async uid => {
    await directory.add(uid)
    return String((await directory.read(uid, 'entryUUID'))!.entryUUID)
  }),
)

const runAgent = lastingAgents()
const open = async (server: { url: string }) => {
  const wire = await openWire(portOf(server))
  const folder = stateFolder(directory)
  const words = ['--server', `http://127.0.0.1:${wire.port}`, '--token', await agentToken(web), '--state', folder]
  const enrolled = await agent('enroll', ...words)
  assert.equal(enrolled.code, 0, [enrolled.err, ...warnings].join('\n'))
  const start = async () => {
    const running = await runAgent(folder)
    await running.event(({ code }) => code === 31_019)
    return running
  }
  return { wire, folder, start, running: await start() }
}
const agents = await Promise.all([open(web), open(beside)])

let used = 0
const passwords = new Map<number, string>()
/** Resets somebody's password by one of the servers, and gives the outcome. */
async function reset(person: number, at = [web, beside][used % 2]!) {
  const newPassword = `Quiet-harbour-dawn-${++used}`
  const said = await at.services.links.ask(tenantId, {
    ...{ kind: 'reset', anchor: anchors[person]!, newPassword, mustChange: false, byAdministrator: false },
  })
  if (said.outcome === 'done') passwords.set(person, newPassword)
  return said.outcome
}

test('where one agent has no way to the directory another is asked, by any server', async () => {
  for (const { folder } of agents) {
    const path = join(folder, 'agent.json')
    const written = readFileSync(path, 'utf8')
    for (const servers of [['ldaps://127.0.0.1:1'], 'no list']) {
      writeFileSync(path, JSON.stringify({ ...JSON.parse(written), servers }))
      for (let n = 0; n < 2; n++) assert.equal(await reset(n), 'done')
    }
    writeFileSync(path, written)
  }
})

test('a rolling restart of agents and servers under a stream of resets loses none, and doubles none', async () => {
  const written = (running: RunningAgent) => running.events.filter(({ code }) => code === 31_002).length
  const before = used
  const outcomes: string[] = []
  let going = true
  let servers = [web, beside]
  const lanes = uids.map(async (_, person) => {
    for (let n = 0; going; n++) outcomes.push(await reset(person, servers[n % servers.length]))
  })
  const since = async (more: number) => {
    for (const end = outcomes.length + more; outcomes.length < end; ) await sleep(5)
  }
  const ended: RunningAgent[] = []
  await since(8)
  // Requests go to the one that was heard last, which is who began last: the second, again and again.
  for (const one of [agents[1]!, agents[1]!, agents[0]!, agents[0]!]) {
    ended.push(one.running)
    assert.equal(await one.running.stop(), 0)
    await since(8)
    one.running = await one.start()
    await since(8)
  }
  servers = [web]
  await since(8)
  // Nobody stands in for the agent whose server ends.
  ended.push(agents[0]!.running)
  await agents[0]!.running.stop()
  agents[1]!.wire.to = portOf(web)
  const linked = agents[1]!.running.event(({ code }) => code === 32_014)
  await beside.close()
  await since(8)
  await linked
  going = false
  await Promise.all(lanes)
  agents[0]!.running = await agents[0]!.start()
  assert.deepEqual(new Set(outcomes), new Set(['done']))
  assert.equal(used - before, outcomes.length)
  const all = () => [...ended, ...agents.map(({ running }) => running)].reduce((sum, one) => sum + written(one), 0)
  // What an agent writes is read a moment later, also of the resets of the test above.
  await until(() => all() >= used)
  await sleep(50)
  assert.equal(all(), used, 'each once')
  for (const [person, password] of passwords) assert.ok(await directory.binds(uids[person]!, password))
})

test('an agent that is killed loses what it alone had, says so, and the next one goes on', async () => {
  const [first, second] = agents as [(typeof agents)[0], (typeof agents)[0]]
  await first.running.stop('SIGKILL')
  assert.equal(await reset(0, web), 'done')
  first.running = await first.start()
  await second.running.stop('SIGKILL')
  assert.equal(await reset(0, web), 'done')
})
