#!/usr/bin/env node
// This file is long because it is one list: every command, one function each.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import {
  type Config,
  ConfigError,
  readBreachedPasswords,
  readConfig,
  readDemoConfig,
  readOperatorSecrets,
  readStorage,
} from './config.ts'
import type { Means } from './crypto/index.ts'
import type { ProtectionSettings, ResetPolicySettings, User } from './directory/index.ts'
import type { Demonstration } from './main.ts'
import type { Store, Trx } from './store/index.ts'

// React looks at this while it loads, and draws pages in half the time.
process.env.NODE_ENV ??= 'production'

/**
 * The modules that operators' commands use. They are loaded when a command runs and not above, because a server has
 * PostgreSQL started first and loads meanwhile: each takes half a second.
 */
async function modules() {
  const [audit, crypto, directory, limits, main, methods, passwords, store, words] = await Promise.all([
    import('./audit/index.ts'),
    import('./crypto/index.ts'),
    import('./directory/index.ts'),
    import('./limits/index.ts'),
    import('./main.ts'),
    import('./methods/index.ts'),
    import('./passwords/index.ts'),
    import('./store/index.ts'),
    import('./words/index.ts'),
  ])
  return { audit, crypto, directory, limits, main, methods, passwords, store, words }
}
type Modules = Awaited<ReturnType<typeof modules>>

/** What was typed cannot be done; the message says why. Ends the program with 2. */
class UsageError extends Error {}
/** What was asked for cannot be done as things stand. Ends the program with 1. */
class CommandError extends Error {}

type Values = Record<string, string | boolean | string[] | undefined>

interface Command {
  /** After the words of its name. */
  usage: string
  about: string
  options?: NonNullable<Parameters<typeof parseArgs>[0]>['options']
  /** The names of what follows. */
  takes?: readonly string[]
  run(values: Values, ...given: string[]): Promise<void>
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

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
    run: async () => serve(readConfig(process.env)),
  },
  migrate: {
    usage: '[--print-roles]',
    about: 'bring the database to this version, or print the SQL that makes its roles',
    options: { 'print-roles': flag },
    run: migrateDatabase,
  },
  'tenant create': {
    usage: 'DOMAIN --admin UPN [--name NAME] [--color #RRGGBB]',
    about: 'make a tenant and its first administrator',
    options: { admin: text, name: text, color: text },
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
  'users unblock': { usage: 'UPN', about: 'lift every block of a user', takes: ['UPN'], run: unblockUser },
}

async function demonstrate({ fresh }: Values) {
  const config = await readDemoConfig(process.env)
  await serve(config, async () => demonstration(await import('./demo/index.ts'), fresh === true))
}

function demonstration(demo: typeof import('./demo/index.ts'), fresh: boolean): Demonstration {
  return {
    before: async store => {
      if (fresh) await demo.startOver(store)
    },
    senders: around => demo.outboxSenders(around.db, around),
    seed: ({ db, clock, random, keys, passwordChecks }) =>
      demo.seedDemonstration(db, { now: clock(), random, keys }, passwordChecks),
    greet(origin) {
      const accounts = demo.tenants.map(({ displayName, domain, accounts }) => {
        const names = accounts.map(({ name }) => name.split('@')[0]).join(', ')
        return `  ${displayName.padEnd(10)}${names}  @${domain}`
      })
      const lines = [
        '',
        `Open ${origin}`,
        '',
        ...accounts,
        `  Password  ${demo.PASSWORD}`,
        '',
        `Every mail, text message and call arrives at ${origin}/demo/outbox`,
        'End with Ctrl-C. What you change stays; `latchkey demo --fresh` starts over.',
      ]
      print(...lines)
    },
  }
}

async function serve(config: Config, loadDemonstration?: () => Promise<Demonstration>) {
  const { startEmbedded } = await import('./store/embedded.ts')
  const embedded = config.databaseUrl ? undefined : startEmbedded(config.dataFolder)
  embedded?.catch(() => {}) // told by `run`, which awaits it
  const [{ run }, demonstration] = await Promise.all([import('./main.ts'), loadDemonstration?.()])
  await run(config, { embedded, demonstration })
}

async function migrateDatabase(values: Values) {
  const { store } = await modules()
  if (values['print-roles']) {
    const { databaseUrl } = readStorage(process.env)
    const name = databaseUrl && decodeURIComponent(new URL(databaseUrl).username)
    return print(store.printRoles(name || 'latchkey').trimEnd())
  }
  await withStore(store.migrate)
  print('The database is up to date.')
}

async function createTenant({ admin, name, color }: Values, domain: string) {
  const userPrincipalName = needed(admin, '--admin')
  const displayName = checkLength(typeof name === 'string' ? name : domain, '--name')
  if (typeof color === 'string' && !/^#[0-9a-f]{6}$/i.test(color))
    throw new UsageError('--color is written #rrggbb, in quotes.')
  const on = await modules()
  const { directory } = on
  const password = await withMeans(on, async (db, means) => {
    await on.main.prepareDatabase(db, means.keys, 'production')
    const tenantId = means.random.uuid(means.now)
    const temporary = await makePassword(on, db, means, { ...directory.nobody(tenantId), userPrincipalName })
    await on.store.inTenant(db, tenantId, async trx => {
      const looks = typeof color === 'string' ? { color } : {}
      await directory.createTenant(trx, means, tenantId, { displayName, domain, ...looks })
      const user = await directory.createUser(trx, means, tenantId, { userPrincipalName, displayName: 'Administrator' })
      await directory.assignRole(trx, means, tenantId, user.id, 'Global Administrator')
      await temporary.setFor(trx, user)
      await note(on, trx, means, tenantId, 'tenant.created', { id: tenantId, name: domain })
      await note(on, trx, means, tenantId, 'user.created', { id: user.id, name: user.userPrincipalName })
    })
    return temporary.password
  })
  print(
    `The tenant ${domain} is made. Its administrator ${userPrincipalName} signs in with this password,`,
    'which is shown this once and has to be changed at once:',
    '',
    `  ${password}`,
    '',
    `Reset is still off: latchkey tenant policy ${domain} --set enabled=true`,
  )
}

async function listTenants() {
  const { directory, store } = await modules()
  const rows = await withStore(async db => {
    const found = []
    for (const { id, displayName } of await directory.listTenants(db)) {
      const domains = await store.inTenant(db, id, trx => directory.listDomains(trx, id))
      found.push([domains.join(', '), displayName, id])
    }
    return found
  })
  print(...columns(rows))
}

async function tenantPolicy({ set = [] }: Values, domain: string) {
  const changes = Object.fromEntries((set as string[]).map(readSetting)) as Partial<ResetPolicySettings>
  const on = await modules()
  const { directory } = on
  const read = async (db: Store) => {
    const tenantId = await tenantOf(on, db, domain)
    const policies = await on.store.inTenant(db, tenantId, trx => directory.listPolicies(trx, tenantId))
    return policies.find(({ isDefault }) => isDefault)?.settings
  }
  const change = async (db: Store, means: Means) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, async trx => {
      await note(on, trx, means, tenantId, 'policy.changed', { name: 'Default' })
      return directory.changeDefaultPolicy(trx, means, tenantId, changes)
    })
  }
  const settings = Object.keys(changes).length > 0 ? await withMeans(on, change) : await withStore(read)
  print(JSON.stringify(settings, null, 2))
}

async function tenantProtection({ set = [] }: Values, domain: string) {
  const changes = Object.fromEntries((set as string[]).map(readSetting)) as Partial<ProtectionSettings>
  const on = await modules()
  const { directory } = on
  const read = async (db: Store) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, trx => directory.getProtection(trx, tenantId))
  }
  const change = async (db: Store, means: Means) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, async trx => {
      const details = Object.fromEntries((set as string[]).map(pair => pair.split('=', 2) as [string, string]))
      await note(on, trx, means, tenantId, 'protection.changed', { name: domain }, details)
      return directory.changeProtection(trx, tenantId, changes)
    })
  }
  const settings = Object.keys(changes).length > 0 ? await withMeans(on, change) : await withStore(read)
  print(JSON.stringify(settings, null, 2))
}

async function bannedWords({ add = [], remove = [], import: file }: Values, domain: string) {
  const on = await modules()
  const { passwords, store } = on
  const gone = remove as string[]
  const imported = typeof file === 'string' ? await readImport(file) : undefined
  const changed = imported !== undefined || gone.length > 0 || (add as string[]).length > 0
  if (!changed)
    return print(
      ...(await withStore(async db => {
        const tenantId = await tenantOf(on, db, domain)
        return store.inTenant(db, tenantId, trx => passwords.listBannedWords(trx, tenantId))
      })),
    )
  const { removed, results } = await withMeans(on, async (db, means) => {
    const tenantId = await tenantOf(on, db, domain)
    return store.inTenant(db, tenantId, async trx => {
      // Removed first, so that a full list has room for what is added.
      const removed = await passwords.removeBannedWords(trx, tenantId, gone)
      const results = [await passwords.addBannedWords(trx, means, tenantId, add as string[])]
      if (imported !== undefined) results.push(await passwords.importBannedWords(trx, means, tenantId, imported))
      const added = results.reduce((sum, one) => sum + one.added.length, 0)
      if (added + removed.length > 0) {
        const details = { added: String(added), removed: String(removed.length) }
        await note(on, trx, means, tenantId, 'policy.changed', { name: 'Banned words' }, details)
      }
      return { removed, results }
    })
  })
  if (gone.length > 0) print(`Removed: ${removed.length}. Not on the list: ${gone.length - removed.length}.`)
  const why = {
    too_short: 'has fewer than 4 characters',
    too_long: 'has more than 16 characters',
    not_printable: 'holds something that cannot be printed',
    list_full: `finds no room: a tenant has ${passwords.CUSTOM_WORDS_AT_MOST} words at most`,
  }
  for (const [place, { added, present, refused }] of results.entries()) {
    const from = place === 0 ? '--add' : 'line'
    if (added.length + present.length + refused.length === 0) continue
    print(
      `Added: ${added.length}. On the list already: ${present.length}. Refused: ${refused.length}.`,
      ...refused.map(one => `  ${from} ${one.line}, "${one.word.replace(/\p{Cc}/gu, '?')}", ${why[one.why]}.`),
    )
    if (refused.length > 0) process.exitCode = 1
  }
}

/** The text of a file to import. Throws `UsageError` where it is no text. */
async function readImport(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--import: ${file} cannot be read (${error.code}).`)
  })
  try {
    // Guessing at another encoding would ban words that nobody meant.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`--import: ${file} is no text in UTF-8.`)
  }
}

async function createUser(values: Values, userPrincipalName: string) {
  const displayName = checkLength(needed(values.name, '--name'), '--name')
  const { mail, language, role } = values
  const on = await modules()
  const { directory } = on
  const { languages } = on.words
  if (typeof language === 'string' && !languages.some(one => one === language))
    throw new UsageError(`--language is one of ${languages.join(', ')}.`)
  const named = typeof role === 'string' ? directory.getRole(role) : undefined
  const address = typeof mail === 'string' ? readMail(on, mail) : undefined
  if (values['password-temporary'] && values['password-hash'])
    throw new UsageError('--password-temporary and --password-hash exclude each other.')
  const imported = values['password-hash'] ? await readPasswordHash(on) : undefined
  const password = await withMeans(on, async (db, means) => {
    const tenantId = await tenantOf(on, db, directory.readName(userPrincipalName).domain)
    await on.main.claimDatabase(db, means.keys, 'production')
    const temporary = values['password-temporary']
      ? await makePassword(on, db, means, { ...directory.nobody(tenantId), userPrincipalName })
      : undefined
    await on.store.inTenant(db, tenantId, async trx => {
      const user = await directory.createUser(trx, means, tenantId, {
        userPrincipalName,
        displayName,
        mail: address,
        preferredLanguage: typeof language === 'string' ? language : undefined,
      })
      if (named) await directory.assignRole(trx, means, tenantId, user.id, named)
      await temporary?.setFor(trx, user)
      if (imported) await on.passwords.setPassword(trx, means, user, { hash: imported, history: 0, mustChange: false })
      await note(on, trx, means, tenantId, 'user.created', { id: user.id, name: user.userPrincipalName })
    })
    return temporary?.password
  })
  print(`${userPrincipalName} is made.`)
  if (password) print('Its password, shown this once, has to be changed at the first sign-in:', '', `  ${password}`)
}

/** A hash that another system made of the person's password, from standard input: an argument would stand in process lists. */
async function readPasswordHash({ crypto }: Modules): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  const hash = Buffer.concat(parts).toString('utf8').trim()
  try {
    await crypto.checkForeignHash(hash)
  } catch (error) {
    if (error instanceof crypto.ForeignHashError)
      throw new UsageError(`The hash cannot be taken over. ${error.message}`)
    throw error
  }
  return hash
}

async function listUsers(_values: Values, domain: string) {
  const on = await modules()
  const users = await withStore(async db => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, trx => on.directory.listUsers(trx, tenantId))
  })
  print(
    ...columns(
      users.map(({ userPrincipalName, displayName, accountEnabled, roles }) => [
        userPrincipalName,
        displayName,
        accountEnabled ? 'enabled' : 'disabled',
        roles.join(', '),
      ]),
    ),
  )
}

async function unblockUser(_values: Values, userPrincipalName: string) {
  const on = await modules()
  const { folded, domain } = on.directory.readName(userPrincipalName)
  const lifted = await withMeans(on, async (db, means) => {
    await on.main.checkKeys(db, means.keys)
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, async trx => {
      const user = await on.directory.findUserByName(trx, tenantId, folded)
      if (!user) throw new CommandError(`There is no user ${userPrincipalName}.`)
      // Somebody else knows a reported password: only a new one lets its owner in again.
      const reported = await on.passwords.isReported(trx, user)
      const kinds = reported ? (['proofs', 'phoneNumber'] as const) : (['password', 'proofs', 'phoneNumber'] as const)
      let blocks = 0
      for (const kind of kinds)
        for (const browser of ['familiar', 'other'] as const)
          if ((await on.limits.blockedFor(trx, means, { tenantId, kind, name: folded, browser })) > 0) blocks++
      const locked = !reported && (await on.limits.isLocked(trx, means, tenantId, folded))
      if (locked && blocks === 0) blocks = 1
      await on.limits.clear(trx, means, tenantId, folded, ...kinds)
      const methods = await on.methods.unblockMethods(trx, user)
      const target = { id: user.id, name: user.userPrincipalName }
      const details = { lifted: String(blocks), methods: String(methods) }
      await note(on, trx, means, tenantId, 'user.unblocked', target, details)
      return { blocks, methods, reported }
    })
  })
  print(`Blocks of ${userPrincipalName} that were lifted: ${lifted.blocks}.`)
  if (lifted.methods > 0)
    print(
      `Methods that may prove again who ${userPrincipalName} is: ${lifted.methods}. They had been reported as used by somebody else.`,
    )
  if (lifted.reported)
    print(
      'The password was reported as known to somebody else, so it stays locked: a reset gives the account a new one.',
    )
}

/** Opens the database beside a server that may be running, and closes it again. */
async function withStore<T>(work: (db: Store) => Promise<T>): Promise<T> {
  const storageConfig = readStorage(process.env)
  const { openStorage } = await import('./main.ts')
  const storage = await openStorage(storageConfig, 'latchkey command')
  try {
    return await work(storage.store)
  } finally {
    await storage.close()
  }
}

/** The same with the keys, for commands that write. */
async function withMeans<T>({ crypto }: Modules, work: (db: Store, means: Means) => Promise<T>): Promise<T> {
  const secrets = await readOperatorSecrets(process.env)
  const means = { now: new Date(), random: crypto.systemRandom, keys: crypto.keyring(secrets) }
  return withStore(db => work(db, means))
}

/** A temporary password of 100 bits: made here and shown once, because what is typed on a command line stays in histories and process lists. */
async function makePassword({ crypto, main, passwords, store }: Modules, db: Store, means: Means, user: User) {
  const rules = await store.inTenant(db, user.tenantId, trx => passwords.readPasswordRules(trx, means, user, 'reset'))
  const letters = crypto.base32(Buffer.from(means.random.token(), 'base64url'), 20)
  const password = letters.match(/.{4}/g)!.join('-')
  const breached = await main.openBreached(readBreachedPasswords(process.env))
  const hasher = await crypto.createHasher({ atOnce: 1, waiting: 1 })
  const checks = passwords.createPasswordChecks(hasher, breached)
  const trail = { correlationId: means.random.uuid(means.now) }
  const judged = await passwords.preparePassword(db, means, checks, trail, rules, password)
  await breached?.close()
  if ('refused' in judged)
    throw new CommandError(
      `The password that was made is refused (${judged.refused.join(', ')}): run the command again.`,
    )
  return {
    password,
    setFor: (trx: Trx, set: User) => passwords.setPassword(trx, means, set, { ...judged.prepared, mustChange: true }),
  }
}

async function tenantOf({ directory }: Modules, db: Store, domain: string): Promise<string> {
  const id = await directory.findTenantId(db, domain.toLowerCase())
  if (id === directory.NOBODYS_TENANT) throw new CommandError(`No tenant has the domain "${domain}".`)
  return id
}

async function note(
  { audit }: Modules,
  trx: Trx,
  means: Means,
  tenantId: string,
  activity: 'tenant.created' | 'user.created' | 'user.unblocked' | 'policy.changed' | 'protection.changed',
  target: { id?: string; name: string },
  details: Record<string, string> = {},
) {
  const trail = { correlationId: means.random.uuid(means.now) }
  const event = { activity, result: 'success', actor: { kind: 'operator' }, target, details } as const
  await audit.record(trx, means, tenantId, trail, event)
}

/** `key=value`, the value as JSON, or as the text that it is. */
function readSetting(pair: string): [string, unknown] {
  const at = pair.indexOf('=')
  if (at < 1) throw new UsageError(`--set takes KEY=VALUE, as in --set enabled=true; "${pair}" is not that.`)
  const value = pair.slice(at + 1)
  try {
    return [pair.slice(0, at), JSON.parse(value)]
  } catch {
    return [pair.slice(0, at), value]
  }
}

function readMail({ methods }: Modules, mail: string): string {
  try {
    return methods.readAddress(mail)
  } catch (error) {
    throw error instanceof methods.MethodError ? new UsageError('--mail is no mail address.') : error
  }
}

function needed(value: Values[string], name: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  throw new UsageError(`${name} is missing.`)
}

function checkLength(value: string, name: string): string {
  if (value.trim() !== '' && value.length <= 256) return value
  throw new UsageError(`${name} has 1 to 256 characters.`)
}

function columns(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_cell, place) => Math.max(...rows.map(row => row[place]?.length ?? 0)))
  return rows.map(row =>
    row
      // A name may hold what a terminal takes for a command.
      .map((cell, place) => cell.replace(/\p{Cc}/gu, '?').padEnd(widths[place] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function print(...lines: string[]) {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
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

/** One sentence for errors that an operator can do something about; undefined for those of ours. */
function sentence(error: Error & { code?: string; syscall?: string }): string | undefined {
  // By name: their modules may not be loaded.
  const told = [ConfigError.name, 'StoreError', 'DirectoryError', 'FreshError']
  if (error instanceof CommandError || told.includes(error.name)) return error.message
  if (error.code === '42P01' || error.code === '3F000')
    return 'The database has no tables of this version yet: run latchkey migrate.'
  const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', '28P01', '28000', '3D000']
  // A file that is missing has the same code as a socket that is.
  const noSocket = error.code === 'ENOENT' && error.syscall === 'connect'
  if (error.code && (unreachable.includes(error.code) || noSocket))
    return `The database cannot be reached (${error.code}): check DATABASE_URL.`
  return undefined
}

await main(process.argv.slice(2)).catch((error: Error) => {
  const told = error instanceof UsageError ? error.message : sentence(error)
  process.stderr.write(`latchkey: ${told ?? error.stack ?? error.message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
