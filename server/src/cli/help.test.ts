import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { latchkey } from '../testing/program.ts'

/** A database that nobody can reach: a command that was understood ends with 1. */
const NOWHERE = { DATABASE_URL: 'postgres://x@127.0.0.1:1/x', LATCHKEY_SECRETS: randomBytes(32).toString('base64') }

const commandsIn = (help: string) => [...help.matchAll(/^ {2}latchkey (.*)$/gm)].map(([, usage = '']) => usage)
const groupsIn = (help: string) => [
  ...new Set(commandsIn(help).flatMap(usage => /^([a-z]+) [a-z][a-z-]*(?![a-z|-])/.exec(usage)?.[1] ?? [])),
]

test('each group explains itself, and each of its examples is understood', async () => {
  const { out, code } = await latchkey({}, '--help')
  assert.equal(code, 0)
  const groups = groupsIn(out)
  assert.ok(groups.includes('users') && groups.includes('tenant'), groups.join())
  for (const group of groups) {
    const asked = await latchkey({}, group, '--help')
    assert.equal(asked.code, 0)
    assert.match(asked.out, new RegExp(`^latchkey ${group}: \\w`))
    const own = commandsIn(out).filter(usage => usage.startsWith(`${group} `))
    assert.deepEqual(commandsIn(asked.out), own)
    assert.deepEqual(await latchkey({}, 'help', group), asked)
    for (const [, words = ''] of asked.out.matchAll(/^ {6}latchkey (.*)$/gm)) {
      const given = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
      const run = await latchkey(NOWHERE, ...given)
      assert.deepEqual([run.code, /cannot be reached/.test(run.err)], [1, true], `${words}: ${run.err}`)
    }
  }
})

test('a group without a word, or with a wrong one, shows its own help and ends with 2', async () => {
  for (const words of [['keys'], ['keys', 'rol'], ['keys', 'constructor']]) {
    const { code, out, err } = await latchkey({}, ...words)
    assert.deepEqual([code, out], [2, ''])
    assert.match(
      err,
      /^latchkey: There is no such command\.\n\nlatchkey keys: .*\n\nUsage:\n {2}latchkey keys roll DOMAIN\n/,
    )
  }
  const one = await latchkey({}, 'users', 'pass', '--help')
  assert.match(one.out, /^latchkey users pass UPN \[--minutes N\] \[--once\] \[--json\]\n/)
  const stranger = await latchkey({}, 'constructor', 'call')
  assert.deepEqual([stranger.code, /^latchkey: There is no such command/.test(stranger.err)], [2, true])
})
