import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { groups, single } from '../server/src/cli/commands.ts'
import { helpOfCode } from '../server/src/help/codes.ts'
import { numbers } from '../server/src/oidc/index.ts'
import { resetRefusals } from '../server/src/readiness/index.ts'
import { settings } from '../server/src/settings.ts'
import { loadWords } from '../server/src/words/index.ts'

// Writes the pages of docs that follow from the code: every setting, every command and every code.

const docs = join(import.meta.dirname, '../docs')

const WRITTEN = '<!-- Written by `npm run reference`. -->'

const SETTINGS = `# Settings

${WRITTEN}

The environment of the server and of its commands configures them. \`latchkey doctor\` says in plain words what is wrong or missing. What a company decides for itself is not here: see [README](../README.md#run-it-for-real).`

const SECRETS = `## Secrets and URLs

A setting that holds a secret says so behind its name. It may stand in a file instead, which \`NAME_FILE\` names, as in \`LATCHKEY_SECRETS_FILE=/run/secrets/latchkey\`. A file that is missing or empty stops the start.

In URLs write \`#\`, \`/\`, \`:\`, \`@\` and \`%\` of a password as \`%23\`, \`%2F\`, \`%3A\`, \`%40\` and \`%25\`.`

const COMMANDS = `# Commands

${WRITTEN}

What each command takes, as \`latchkey GROUP --help\` says it too. [The command line](command-line.md) says what they have in common.`

const CODES = `# Codes

${WRITTEN}

Every code that people and programs can be refused with, in the words that people read. Each has a page, \`/help/codes/\` with the code behind it; [troubleshooting](administrators/troubleshooting.md) says more of the most frequent ones.`

/** Each code with what it means and what to do next, in English. */
function codesIn(): string[] {
  const locale = loadWords().in('en')
  const problems = Object.keys(locale.t('problems', { returnObjects: true } as never) as object)
  const rowOf = (code: string) => {
    const { title, detail, next } = helpOfCode(locale, code)
    return `- \`${code}\`: ${[sentence(title), detail, next].filter(text => text !== undefined && text !== '').join(' ')}`
  }
  const signIns = Object.values(numbers).flatMap(all => all.map(number => `AADSTS${number}`))
  return [
    ['## Of resets', resetRefusals.map(rowOf).join('\n')],
    ['## Of sign-ins', [...new Set(signIns)].sort().map(rowOf).join('\n')],
    [
      '## Of other requests',
      problems
        .filter(code => code !== 'field')
        .sort()
        .map(rowOf)
        .join('\n'),
    ],
  ].map(section => section.join('\n\n'))
}

/** Each page by its file in docs, as it has to be. */
export function makePages(): Record<string, string> {
  const tables = Object.entries(settings).map(([about, group]) => {
    const rows = Object.entries(group).map(
      ([name, { usual, meaning, isSecret }]) => `| \`${name}\`${isSecret ? ' (secret)' : ''} | ${usual} | ${meaning} |`,
    )
    return [`## ${about}`, ['| setting | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')].join('\n\n')
  })
  const alone = Object.entries(single).map(([name, { usage, about }]) => commandOf(name, usage, about))
  const grouped = Object.entries(groups).map(([name, group]) =>
    [
      `## ${name}`,
      `${sentence(group.about)}`,
      Object.entries(group.commands)
        .map(([word, { usage, about }]) => commandOf(`${name} ${word}`, usage, about))
        .join('\n'),
      ...(group.examples.length === 0 ? [] : [examplesOf(group.examples)]),
    ].join('\n\n'),
  )
  return {
    'codes.md': `${[CODES, ...codesIn()].join('\n\n')}\n`,
    'settings.md': `${[SETTINGS, ...tables, SECRETS].join('\n\n')}\n`,
    'commands.md': `${[COMMANDS, ['## Of one word', alone.join('\n')].join('\n\n'), ...grouped].join('\n\n')}\n`,
  }
}

const commandOf = (name: string, usage: string, about: string) =>
  `- \`latchkey ${`${name} ${usage}`.trimEnd()}\`: ${about}`

const examplesOf = (examples: readonly (readonly [string, string])[]) =>
  `\`\`\`sh\n${examples.map(([does, command]) => `# ${does}\nlatchkey ${command}`).join('\n')}\n\`\`\``

const sentence = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename)
  for (const [name, text] of Object.entries(makePages())) writeFileSync(join(docs, name), text)
