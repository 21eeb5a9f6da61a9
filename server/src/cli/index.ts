#!/usr/bin/env node
import '../node.ts'
import { parseArgs } from 'node:util'
import { bannedWords } from './bannedWords.ts'
import { type Command, flag, print, sentence, text, UsageError, type Values } from './command.ts'
import { doctor } from './doctor.ts'
import { tenantPolicy, tenantProtection } from './policies.ts'
import { demonstrate, migrateDatabase, start } from './serve.ts'
import { createTenant, listTenants } from './tenants.ts'
import { createUser, listUsers, newPassword, unblockUser } from './users.ts'

// React looks at this while it loads, and draws pages in half the time.
process.env.NODE_ENV ??= 'production'

const commands: Record<string, Command> = {
  demo: {
    usage: '[--fresh]',
    about: 'try it: demonstration tenants, and every message on a page',
    options: { fresh: flag },
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
  'tenant create': {
    usage: 'DOMAIN --admin UPN [--name NAME] [--color #RRGGBB] [--country CODE]',
    about: 'make a tenant and its first administrator',
    options: { admin: text, name: text, color: text, country: text },
    takes: ['DOMAIN'],
    run: createTenant,
  },
  'tenant list': { usage: '', about: 'every tenant and its domains', run: listTenants },
  'tenant policy': {
    usage: 'DOMAIN [--set KEY=VALUE …]',
    about: 'show or change the default reset policy',
    options: { set: { type: 'string', multiple: true } },
    takes: ['DOMAIN'],
    run: tenantPolicy,
  },
  'tenant protection': {
    usage: 'DOMAIN [--set KEY=VALUE …]',
    about: 'show or change how accounts are protected: lockout, passwords, messages, concealing',
    options: { set: { type: 'string', multiple: true } },
    takes: ['DOMAIN'],
    run: tenantProtection,
  },
  'tenant banned-words': {
    usage: 'DOMAIN [--add WORD …] [--remove WORD …] [--import FILE]',
    about: 'show or change the words that passwords of the tenant may not be made of',
    options: { add: { type: 'string', multiple: true }, remove: { type: 'string', multiple: true }, import: text },
    takes: ['DOMAIN'],
    run: bannedWords,
  },
  'users create': {
    usage: 'UPN --name NAME [--mail ADDRESS] [--language CODE] [--role ROLE] [--password-temporary | --password-hash]',
    about: 'add a user',
    options: { name: text, mail: text, language: text, role: text, 'password-temporary': flag, 'password-hash': flag },
    takes: ['UPN'],
    run: createUser,
  },
  'users list': { usage: 'DOMAIN', about: 'every user of a tenant', takes: ['DOMAIN'], run: listUsers },
  'users new-password': {
    usage: 'UPN',
    about: 'give a user another temporary password, lift the block of sign-in, and tell them',
    takes: ['UPN'],
    run: newPassword,
  },
  'users unblock': { usage: 'UPN', about: 'lift every block of a user', takes: ['UPN'], run: unblockUser },
}

function usage(): string {
  const rows = Object.entries(commands).map(
    ([name, { usage, about }]) => `  ${`latchkey ${name} ${usage}`.trimEnd()}\n      ${about}`,
  )
  return `Usage:\n${rows.join('\n')}\n\nThe environment configures it: README.md lists the variables.`
}

async function main(words: string[]): Promise<void> {
  if (words.length === 0 || words.includes('--help') || words[0] === 'help') return print(usage())
  const name = Object.keys(commands).find(one => one === words[0] || one === words.slice(0, 2).join(' '))
  const command = name === undefined ? undefined : commands[name]
  if (name === undefined || !command) throw new UsageError(`There is no such command.\n\n${usage()}`)
  const { options = {}, takes = [], run } = command
  const wrong = (why: string) => new UsageError(`${why}\nUsage: latchkey ${name} ${command.usage}`.trimEnd())
  const parsed = (() => {
    try {
      return parseArgs({ args: words.slice(name.split(' ').length), options, allowPositionals: true, strict: true })
    } catch (error) {
      // A mistyped option may be a password: its name is repeated, never its value.
      throw wrong(`${(error as Error).message.split('. ')[0]}.`)
    }
  })()
  if (parsed.positionals.length !== takes.length)
    throw wrong(takes.length > 0 ? `It takes ${takes.join(' ')}.` : 'It takes nothing more.')
  try {
    await run(parsed.values as Values, ...parsed.positionals)
  } catch (error) {
    throw error instanceof UsageError ? wrong(error.message) : error
  }
}

await main(process.argv.slice(2)).catch((error: Error) => {
  const told = error instanceof UsageError ? error.message : sentence(error)
  process.stderr.write(`latchkey: ${told ?? error.stack ?? error.message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
