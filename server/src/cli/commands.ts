import { parseArgs } from 'node:util'
import { WRONG, wrongLetters } from '../typos.ts'
import { agentCommands } from './agents.ts'
import { applicationCommands } from './applications.ts'
import { auditCommands } from './audit.ts'
import { backUp, restore } from './backup.ts'
import { takeBounces } from './bounces.ts'
import { caseCommands } from './cases.ts'
import { type Command, type CommandGroup, flag, text, UsageError, type Values } from './command.ts'
import { completionCommand } from './completion.ts'
import { doctor } from './doctor.ts'
import { domainCommands } from './domains.ts'
import { groupCommands } from './groups.ts'
import { helpOf, helpOfCommand, helpOfGroup, usageOf } from './help.ts'
import { keyCommands } from './keys.ts'
import { noticeCommands } from './notices.ts'
import { printDescription } from './openapi.ts'
import { partnerCommands } from './partners.ts'
import { rescueCommands } from './rescues.ts'
import { roleCommands } from './roles.ts'
import { secretCommands } from './secrets.ts'
import { demonstrate, migrateDatabase, start } from './serve.ts'
import { signupCommands } from './signup.ts'
import { subscriptionCommands } from './subscriptions.ts'
import { supportCommands } from './supportContacts.ts'
import { takeoverCommands } from './takeovers.ts'
import { tenantCommands } from './tenants.ts'
import { userCommands } from './users.ts'
import { verificationCommands } from './verifications.ts'

/** The commands of one word. */
export const single: Record<string, Command> = {
  demo: {
    usage: '[--fresh] [--directory] [--large]',
    about:
      'try it: demonstration tenants, and every message on a page; with a company’s own directory beside it, or 100,000 people in Acme',
    options: { fresh: flag, directory: flag, large: flag },
    run: demonstrate,
  },
  start: {
    usage: '',
    about: 'run the server',
    run: start,
  },
  migrate: {
    usage: '[--print-roles]',
    about: 'bring the database to this version, or print the SQL that makes its roles',
    options: { 'print-roles': flag },
    run: migrateDatabase,
  },
  doctor: {
    usage: '[--send-to ADDRESS] [--sms-to NUMBER]',
    about: 'check settings, database, mail, gateways and more, and say what is wrong; ends with 1 if anything is',
    options: { 'send-to': text, 'sms-to': text },
    run: doctor,
  },
  backup: {
    usage: 'FILE [--passphrase-file FILE] [--json]',
    about:
      'write the whole database of one moment into a new file, encrypted, beside a server that goes on; - is standard output',
    options: { 'passphrase-file': text, json: flag },
    takes: ['FILE'],
    run: backUp,
  },
  restore: {
    usage: 'FILE [--passphrase-file FILE] [--json]',
    about:
      'fill an empty database by a backup of this version or an earlier one, all of it or nothing; everybody signs in again',
    options: { 'passphrase-file': text, json: flag },
    takes: ['FILE'],
    run: restore,
  },
  bounces: {
    usage: '< MAIL',
    about: 'note from a mail on standard input that a message of ours could not be delivered, for mail servers',
    run: takeBounces,
  },
  openapi: { usage: '', about: 'print what programs can ask of /v1.0, as OpenAPI 3.1', run: printDescription },
  completion: completionCommand(() => [single, groups]),
}

/** The commands of two words, by the first. */
export const groups: Record<string, CommandGroup> = {
  tenant: tenantCommands,
  users: userCommands,
  groups: groupCommands,
  roles: roleCommands,
  domains: domainCommands,
  applications: applicationCommands,
  agents: agentCommands,
  subscriptions: subscriptionCommands,
  audit: auditCommands,
  cases: caseCommands,
  takeovers: takeoverCommands,
  rescues: rescueCommands,
  partner: partnerCommands,
  verifications: verificationCommands,
  signup: signupCommands,
  'support-contacts': supportCommands,
  notices: noticeCommands,
  keys: keyCommands,
  secrets: secretCommands,
}

/** The command of these words, with its name and what follows it. Throws `UsageError` with the help that fits. */
function findCommand([first = '', second = '', ...rest]: string[]): {
  name: string
  command: Command
  given: string[]
} {
  const command = own(single, first)
  if (command) return { name: first, command, given: [...(second === '' ? [] : [second]), ...rest] }
  const group = own(groups, first)
  const inGroup = group && own(group.commands, second)
  if (inGroup) return { name: `${first} ${second}`, command: inGroup, given: rest }
  throw new UsageError(
    group
      ? `There is no such command.${meant(second, Object.keys(group.commands), `${first} `)}\n\n${helpOfGroup(first, group)}`
      : `There is no such command.${meant(first, Object.keys({ ...single, ...groups }))}\nlatchkey --help lists them all.`,
  )
}

/** The question that names the command a person may have meant, or nothing. What they typed may be a secret: it is not repeated. */
function meant(typed: string, words: readonly string[], before = ''): string {
  const most = typed.length < 5 ? 1 : WRONG
  const [nearest] = words
    .map(word => ({ word, wrong: wrongLetters(typed, word) }))
    .filter(({ wrong }) => wrong <= most)
    .sort((one, other) => one.wrong - other.wrong)
  return nearest ? ` Did you mean latchkey ${before}${nearest.word}?` : ''
}

const own = <T>(table: Record<string, T>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined

/** The help for the words before `--help`: of a command or a group where they name one. */
export function help([first = '', second = '']: readonly string[]): string {
  const group = own(groups, first)
  if (!group) return helpOf(single, groups)
  const command = own(group.commands, second)
  return command ? helpOfCommand(`${first} ${second}`, command, group) : helpOfGroup(first, group)
}

/** A command as it was typed, ready to run. Throws `UsageError` with the help that fits. */
export function readWords(words: string[]): () => Promise<void> {
  const { name, command, given } = findCommand(words)
  const { options = {}, takes = [], run } = command
  const wrong = (why: string) => new UsageError(`${why}\nUsage: ${usageOf(name, command)}`)
  const { values, positionals } = (() => {
    try {
      return parseArgs({ args: given, options, allowPositionals: true, strict: true })
    } catch (error) {
      // A mistyped option may be a password: its name is repeated, never its value.
      throw wrong(`${(error as Error).message.split('. ')[0]}.`)
    }
  })()
  if (positionals.length !== takes.length)
    throw wrong(takes.length > 0 ? `It takes ${takes.join(' ')}.` : 'It takes nothing more.')
  return () =>
    run(values as Values, ...positionals).catch(error => {
      throw error instanceof UsageError ? wrong(error.message) : error
    })
}
