import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { latchkey } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'
import { readWords } from './commands.ts'

const root = join(import.meta.dirname, '../../..')

/** The commands of a page's examples, as their words. */
const commandsIn = (page: string) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .flatMap(([, text = '']) => text.split('\n'))
    .map(
      line =>
        /^(?:[^#']*\| )?(?:[A-Z_]+=\S+ )?(?:npm run latchkey --|latchkey) (.*?)(?: +# .*| \| .*)?$/.exec(line)?.[1],
    )
    .filter(command => command !== undefined)
    .map(command => ({
      command,
      words: [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
        ([, one, other, bare]) => one ?? other ?? bare ?? '',
      ),
    }))

const PAGES = ['README.md', 'docs/administrators/getting-started.md', 'docs/command-line.md', 'docs/applications.md']
const MORE = ['docs/backup.md', 'docs/support-contacts.md', 'docs/commands.md']

test('each command in an example is understood', () => {
  const commands = [...PAGES, ...MORE].flatMap(commandsIn)
  assert.ok(commands.length > 100)
  for (const { command, words } of commands) assert.doesNotThrow(() => readWords(words), command)
})

/** What an example leaves to its reader: an id, a file, or something on standard input. */
const isOpen = (command: string) => /\bID\b|\.(json|csv)\b|backups|--password-stdin|^backup -/.test(command)

// The first command of each group is a process of its own, so this takes time.
const skip = process.env.PROOF === 'long' ? false : 'npm run proof has the time'

test('the commands of examples do what they say in the demonstration, in their order', { skip }, async context => {
  const { databaseUrl } = await testServer({ context, roles: [] })
  const env = { DATABASE_URL: databaseUrl, LATCHKEY_SECRETS: SECRET, LATCHKEY_ORIGIN: 'http://localhost' }
  const commands = PAGES.flatMap(commandsIn).filter(({ command }) => !isOpen(command))
  assert.ok(commands.length > 15)
  for (const { command, words } of commands) {
    const { code, err } = await latchkey(env, ...words)
    assert.equal(code, 0, `${command}: ${err}`)
  }
})
