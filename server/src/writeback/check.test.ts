import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { agent, agentToken, stateFolder } from '../testing/agents.ts'
import { testServer } from '../testing/server.ts'
import { startSlapd } from '../testing/slapd.ts'

const [web, directory] = await Promise.all([testServer({ roles: ['web'] }), startSlapd()])
await Promise.all([directory.add('alice'), directory.add('bob', { employeeType: 'protected' })])
const folder = stateFolder(directory)
const written = JSON.parse(readFileSync(join(folder, 'agent.json'), 'utf8'))
const enrolled = await agent('enroll', '--server', web.url, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)

/** The names of what is wrong, and the exit code. */
async function faults(changes: Record<string, unknown>, ...words: string[]) {
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ ...written, ...changes }))
  const { code, out } = await agent('check', '--state', folder, ...words)
  const lines = out.trim().split('\n')
  const order = lines.map(line => /^(?:ok|fail) (\w+): .+\.$/.exec(line)?.[1])
  assert.deepEqual(order, ['server', 'clock', 'directory', 'certificate', 'bind', 'people', 'rights', 'policy'], out)
  const first = lines.find(line => line.startsWith('fail'))
  return { code, first: first ?? out }
}

test('a check says in its own line what is missing, and changes nothing', async () => {
  const before = await directory.read('alice', '*', '+')
  const fine = await faults({}, '--user', 'alice@acme.example')
  assert.equal(fine.code, 0, fine.first)
  assert.match(fine.first, /ok policy: .*asks for 12 characters, and refuses the last 3 passwords/)
  assert.deepEqual(await directory.read('alice', '*', '+'), before)
  const byStartTls = { servers: [`ldap://127.0.0.1:${directory.port}`], startTLS: true }
  const upgraded = await faults(byStartTls, '--user', 'alice@acme.example')
  assert.match(upgraded.first, /^ok certificate: it is trusted, and ends on/m)
  assert.equal(upgraded.code, 0)
  const wrong: [Record<string, unknown>, string[], RegExp][] = [
    [{ servers: ['ldaps://127.0.0.1:1'] }, [], /^fail directory: .*ECONNREFUSED/],
    [{ caFile: undefined }, [], /^fail certificate: /],
    [{ ...byStartTls, caFile: undefined }, [], /^fail certificate: .*not trusted/],
    [{ bindDN: 'cn=nobody,dc=acme,dc=example' }, [], /^fail bind: /],
    [{}, ['--user', '*)(uid=*'], /^fail people: /],
    [{}, ['--user', 'bob@acme.example'], /^fail rights: .*write/],
  ]
  for (const [changes, words, says] of wrong) {
    const { code, first } = await faults(changes, ...words)
    assert.equal(code, 1)
    assert.match(first, says)
  }
})
