#!/usr/bin/env node
import '../node.ts'
import { parseArgs } from 'node:util'
import {
  applicationSecret,
  createApplication,
  deleteApplication,
  listApplications,
  updateApplication,
} from './applications.ts'
import { bannedWords } from './bannedWords.ts'
import { type Command, flag, print, sentence, text, UsageError, type Values } from './command.ts'
import { doctor } from './doctor.ts'
import { rollKey } from './keys.ts'
import { printDescription } from './openapi.ts'
import { tenantPolicy, tenantProtection, tenantSignIn } from './policies.ts'
import { demonstrate, migrateDatabase, start } from './serve.ts'
import { createTenant, listTenants } from './tenants.ts'
import { createUser, givePass, listUsers, newPassword, passkeysOf, unblockUser } from './users.ts'

// React looks at this while it loads, and draws pages in half the time.
process.env.NODE_ENV ??= 'production'

const several = { type: 'string', multiple: true } as const
const addresses = { web: several, spa: several, native: several }

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
    options: { set: several },
    takes: ['DOMAIN'],
    run: tenantPolicy,
  },
  'tenant protection': {
    usage: 'DOMAIN [--set KEY=VALUE …]',
    about: 'show or change how accounts are protected: lockout, passwords, messages, concealing',
    options: { set: several },
    takes: ['DOMAIN'],
    run: tenantProtection,
  },
  'tenant signin': {
    usage: 'DOMAIN [--set KEY=VALUE …]',
    about: 'show or change how people sign in: second step, how long they stay signed in, what they agree to',
    options: { set: several },
    takes: ['DOMAIN'],
    run: tenantSignIn,
  },
  'tenant banned-words': {
    usage: 'DOMAIN [--add WORD …] [--remove WORD …] [--import FILE]',
    about: 'show or change the words that passwords of the tenant may not be made of',
    options: { add: several, remove: several, import: text },
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
  'users pass': {
    usage: 'UPN [--minutes N] [--once]',
    about: 'give a user an access pass, which opens sign-in in place of the password for an hour, or so many minutes',
    options: { minutes: text, once: flag },
    takes: ['UPN'],
    run: givePass,
  },
  'applications create': {
    usage: 'DOMAIN --name NAME [--web ADDRESS … | --spa ADDRESS … | --native ADDRESS …] [--set KEY=VALUE …]',
    about: 'register an application that people of a tenant sign in to, or that acts by itself',
    options: { name: text, ...addresses, set: several },
    takes: ['DOMAIN'],
    run: createApplication,
  },
  'applications list': {
    usage: 'DOMAIN',
    about: 'every application of a tenant',
    takes: ['DOMAIN'],
    run: listApplications,
  },
  'applications update': {
    usage:
      'ID [--name NAME] [--web ADDRESS … | --spa ADDRESS … | --native ADDRESS …] [--set KEY=VALUE …] [--assign UPN[=ROLE] …] [--unassign UPN …] [--consent | --take-back-consent]',
    about: 'show or change an application, who may use it, and what the organization agrees to',
    options: {
      name: text,
      ...addresses,
      set: several,
      assign: several,
      unassign: several,
      consent: flag,
      'take-back-consent': flag,
    },
    takes: ['ID'],
    run: updateApplication,
  },
  'applications secret': {
    usage: 'ID [--name NAME] [--days DAYS] | ID --remove SECRET',
    about: 'give an application a secret, shown once, for 180 days if no other number is given; or take one back',
    options: { name: text, days: text, remove: text },
    takes: ['ID'],
    run: applicationSecret,
  },
  'applications delete': {
    usage: 'ID',
    about: 'remove an application with its secrets, assignments and consents',
    takes: ['ID'],
    run: deleteApplication,
  },
  'keys roll': {
    usage: 'DOMAIN',
    about: 'replace the key that signs a tenant’s tokens; it is replaced every ninety days without this',
    takes: ['DOMAIN'],
    run: rollKey,
  },
  'users passkeys': {
    usage: 'UPN [--remove ID]',
    about: 'list the passkeys of a user, or take one that was lost off the record, and tell them',
    options: { remove: text },
    takes: ['UPN'],
    run: passkeysOf,
  },
  openapi: { usage: '', about: 'print what programs can ask of /v1.0, as OpenAPI 3.1', run: printDescription },
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
