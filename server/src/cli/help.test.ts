import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { latchkey } from '../testing/program.ts'
import { UsageError } from './command.ts'
import { groups, help, readWords } from './commands.ts'
import { examplesOf } from './help.ts'

const wordsOf = (example: string) =>
  [...example.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')

test('each command says what it does, has an example that is understood, and prints for programs', async () => {
  // A database that nobody can reach: what was understood ends there.
  process.env.DATABASE_URL = 'postgres://x@127.0.0.1:1/x'
  process.env.LATCHKEY_SECRETS = randomBytes(32).toString('base64')
  const whole = help([])
  // Each command minds the end of the program.
  process.setMaxListeners(0)
  for (const [name, group] of Object.entries(groups)) {
    const explained = help([name])
    assert.ok(explained.startsWith(`latchkey ${name}: ${group.about}`))
    for (const [word, { usage, options, about }] of Object.entries(group.commands)) {
      const command = `${name} ${word}`
      for (const text of [whole, explained, help([name, word])]) {
        assert.ok(text.includes(`latchkey ${command} ${usage}\n`), command)
        assert.ok(text.includes(about), command)
      }
      assert.ok(options && 'json' in options && usage.includes('[--json]'), `${command} takes --json`)
      const named = Object.keys(options).filter(option => option !== 'json')
      for (const option of named) assert.ok(usage.includes(`--${option}`), `${command} names --${option}`)
      assert.ok(examplesOf(command, group).length > 0, `${command} has an example`)
    }
    for (const [, example] of group.examples) {
      assert.ok(help(wordsOf(example).slice(0, 2)).includes(`\n      latchkey ${example}\n`), example)
      const run = readWords(wordsOf(example))
      // A file that is not there is told before the database is.
      if (!/\.(json|csv)\b/.test(example)) await assert.rejects(run, { code: 'ECONNREFUSED' }, example)
    }
  }
})

test('what is no command shows the help that fits, and a mistyped option its usage', () => {
  const wrong = (words: string[], why: RegExp) =>
    assert.throws(
      () => readWords(words),
      error => error instanceof UsageError && why.test(error.message),
    )
  const keys = 'latchkey keys: .*\\n\\nUsage:\\n {2}latchkey keys roll DOMAIN \\[--json\\]\\n'
  for (const words of [['keys'], ['keys', 'constructor']])
    wrong(words, new RegExp(`^There is no such command\\.\\n\\n${keys}`))
  for (const word of ['rol', 'rlol', 'rollx', 'roli'])
    wrong(['keys', word], new RegExp(`^There is no such command\\. Did you mean latchkey keys roll\\?\\n\\n${keys}`))
  wrong(
    ['user', 'list'],
    /^There is no such command\. Did you mean latchkey users\?\nlatchkey --help lists them all\.$/,
  )
  wrong(['doctro'], /Did you mean latchkey doctor\?/)
  for (const words of [['constructor', 'call'], ['xyz']])
    wrong(words, /^There is no such command\.\nlatchkey --help lists them all\.$/)
  wrong(['users', 'show', '--jso', 'x'], /^Unknown option '--jso'\.\nUsage: latchkey users show UPN \[--json\]$/)
  wrong(['users', 'show'], /^It takes UPN\.\nUsage: /)
})

test('the program prints help, and ends with 2 where it was mistyped', async () => {
  const { code, out } = await latchkey({}, 'users', 'pass', '--help')
  assert.equal(code, 0)
  assert.match(
    out,
    /^latchkey users pass: .*\n\nUsage:\n {2}latchkey users pass UPN .*\n\nExamples:\n[\s\S]*ends with 0/,
  )
  assert.equal((await latchkey({}, 'help', 'users', 'pass')).out, out)
  const wrong = await latchkey({}, 'keys')
  assert.deepEqual([wrong.code, wrong.out, /^latchkey: There is no such/.test(wrong.err)], [2, '', true])
})
