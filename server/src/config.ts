// This file is long because every setting is read and judged here, and each mistake is told in a sentence of its own.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDkimKey } from './notifications/dkim.ts'
import { type Mailbox, MailServerError, readMailbox, readMailServer } from './notifications/mailServer.ts'
import type { MailWay } from './notifications/smtp.ts'
import { isSecret, type SettingName } from './settings.ts'

/** A setting that Latchkey cannot run with. The message is one sentence for the operator and repeats no secret. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export type ServerRole = 'web' | 'worker'
export type SignupOpen = (typeof signupWords)[number]
export type LogLevel = (typeof logLevels)[number]

const signupWords = ['open', 'invitation', 'closed'] as const
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Where the data is; all that an operator's command needs. */
export interface StorageConfig {
  /** Undefined: a PostgreSQL of our own, from the data folder. */
  databaseUrl: string | undefined
  /** The owner's, where `databaseUrl` is the login's that requests use. */
  directUrl: string | undefined
  dataFolder: string
}

/** What a server runs with. */
export interface Config extends StorageConfig {
  demo: boolean
  /** Port 0 takes any that is free. */
  listen: { host: string; port: number }
  /** Where the demonstration serves https besides; nowhere unless it is turned on. */
  secureListen: { host: string; port: number } | undefined
  /** Where figures are served; nowhere unless it is set. */
  metricsListen: { host: string; port: number } | undefined
  /** Whether traces are exported, to where OpenTelemetry's own variables lead. */
  traces: boolean
  /** Undefined: `http://localhost:{port}`, with the port that it came to be. */
  origin: string | undefined
  /** The domain of passkeys, where it is not the origin's host. */
  passkeyRpId: string | undefined
  /** The newest first. */
  secrets: string[]
  /** Absent in the demonstration, where no message leaves the machine. */
  smtp: MailWay | undefined
  /** The mailbox that returned mails are read from. */
  bounceMailbox: Mailbox | undefined
  smsUrl: string | undefined
  voiceUrl: string | undefined
  /** A file of several gateways, in place of those two. */
  gateways: string | undefined
  /** Where passwords are looked up that became known to others: a list on this machine, or a range service. */
  breachedPasswords: URL | undefined
  /** A MaxMind-format file with cities, by which people are told where an address probably is. */
  places: string | undefined
  /** Addresses and ranges of proxies whose X-Forwarded-For is believed. */
  trustedProxies: string[]
  /** Addresses and ranges of the operator's own network that applications of companies may be called at. */
  privateTargets: string[]
  /** The resolvers that have to give the proof of a domain; none: this machine's. */
  dns: string[]
  /** The domain below which each tenant gets an initial one. */
  tenantSuffix: string | undefined
  /** A domain of the operator's own tenant, where reviewers verify partners. */
  operatorTenant: string | undefined
  /** Whether companies sign themselves up, and how many a day. */
  signup: { open: SignupOpen; persons: boolean; perDay: number }
  roles: ServerRole[]
  /** Whether a captcha has to be solved before a reset begins. */
  captcha: boolean
  /** Whether requests are limited per address. */
  floodLimits: boolean
  /** Whether requests of programs are limited. */
  apiLimits: boolean
  logLevel: LogLevel
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Where the data is, for commands that serve nobody. Throws `ConfigError`. */
export function readStorage(env: Environment): StorageConfig {
  const databaseUrl = readDatabaseUrl(env, 'DATABASE_URL')
  const directUrl = readDatabaseUrl(env, 'LATCHKEY_DATABASE_DIRECT_URL')
  if (directUrl !== undefined && databaseUrl === undefined)
    throw new ConfigError(
      'LATCHKEY_DATABASE_DIRECT_URL is the owner’s, and DATABASE_URL is missing: set it to the URL of the login that requests use.',
    )
  const asRoot = process.getuid?.() === 0
  const dataFolder = resolve(given(env, 'LATCHKEY_DATA') ?? (asRoot ? '/var/lib/latchkey' : './data'))
  if (statSync(dataFolder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new ConfigError(`LATCHKEY_DATA is ${dataFolder}, which is no folder: name one, such as /var/lib/latchkey.`)
  return { databaseUrl, directUrl, dataFolder }
}

function readDatabaseUrl(env: Environment, name: SettingName): string | undefined {
  const text = given(env, name) ?? ''
  if (/^\s*postgres(ql)?:\/\/(?:[^/?#]*@)?[^/?#@]*,/.test(text) || /[?&]host=[^&]*(,|%2c)/i.test(text))
    throw new ConfigError(
      `${name} names several hosts, but takes one: name a proxy that follows the primary server, such as HAProxy.`,
    )
  const found = readUrl(env, name, ['postgres', 'postgresql'], 'postgres://latchkey:password@db.example/latchkey')
  for (const file of ['sslrootcert', 'sslcert', 'sslkey']) {
    const path = found?.url.searchParams.get(file)
    if (path && !existsSync(path)) throw new ConfigError(`${name} names ${file}=${path}, which is not there.`)
  }
  return found?.text
}

/** The configuration of `latchkey start`, which has no default for what must be right. Throws `ConfigError`, naming the first mistake. */
export function readConfig(env: Environment): Config {
  return {
    ...readStorage(env),
    ...readShared(env, 'info'),
    demo: false,
    secureListen: undefined,
    origin: readOrigin(env),
    passkeyRpId: readPasskeyRpId(env),
    secrets: readNeededSecrets(env),
    smtp: readSmtp(env),
    bounceMailbox: readBounceMailbox(env),
    smsUrl: readGateway(env, 'LATCHKEY_SMS_URL'),
    voiceUrl: readGateway(env, 'LATCHKEY_VOICE_URL'),
    gateways: readGateways(env),
    breachedPasswords: readBreachedPasswords(env),
    places: readPlaces(env),
    trustedProxies: readProxies(env),
    privateTargets: readPrivateTargets(env),
    dns: readResolvers(env),
    tenantSuffix: readTenantSuffix(env),
    operatorTenant: readOperatorTenant(env),
    signup: readSignup(env, 'closed', readTenantSuffix(env)),
    roles: readRoles(env),
  }
}

/** Every mistake in the configuration of `latchkey start`, a sentence each. */
export function findMistakes(env: Environment): string[] {
  const readers = [
    readStorage,
    (env: Environment) => readShared(env, 'info'),
    readOrigin,
    readPasskeyRpId,
    readNeededSecrets,
    readSmtp,
    readBounceMailbox,
    (env: Environment) => readGateway(env, 'LATCHKEY_SMS_URL'),
    (env: Environment) => readGateway(env, 'LATCHKEY_VOICE_URL'),
    readGateways,
    readBreachedPasswords,
    readProxies,
    readPrivateTargets,
    readResolvers,
    readTenantSuffix,
    readOperatorTenant,
    (env: Environment) => readSignup(env, 'closed', readTenantSuffix(env)),
    readRoles,
  ]
  const mistakes = readers.flatMap(read => {
    try {
      read(env)
      return []
    } catch (error) {
      if (error instanceof ConfigError) return [error.message]
      throw error
    }
  })
  return [...new Set(mistakes)]
}

/** Below it the demonstration's companies have their initial domains. */
const DEMO_SUFFIX = 'latchkey.example'

/** The demonstration's operator. */
const DEMO_OPERATOR = 'desk.example'

/**
 * The configuration of `latchkey demo`, which needs nothing: it makes its own secrets and sends no message.
 * Throws `ConfigError`, also where it would listen to anybody but this machine: the demonstration shows every code.
 */
export async function readDemoConfig(env: Environment): Promise<Config> {
  const storage = readStorage(env)
  const shared = readShared(env, 'warn') // what it prints is for a person to read
  if (!isLoopback(shared.listen.host))
    throw new ConfigError(
      `LATCHKEY_LISTEN names ${shared.listen.host}, but the demonstration shows every code that it sends, so it listens on 127.0.0.1 alone.`,
    )
  return {
    ...storage,
    ...shared,
    demo: true,
    secureListen: readSecureListen(env, shared.listen),
    origin: undefined,
    passkeyRpId: undefined,
    secrets: readSecrets(env) ?? (await keptSecrets(storage.dataFolder)),
    smtp: undefined,
    bounceMailbox: undefined,
    smsUrl: undefined,
    voiceUrl: undefined,
    gateways: undefined,
    breachedPasswords: readBreachedPasswords(env),
    places: readPlaces(env),
    trustedProxies: [],
    privateTargets: ['127.0.0.0/8', '::1'],
    dns: readResolvers(env),
    tenantSuffix: readTenantSuffix(env) ?? DEMO_SUFFIX,
    operatorTenant: readOperatorTenant(env) ?? DEMO_OPERATOR,
    signup: readSignup(env, 'open', readTenantSuffix(env) ?? DEMO_SUFFIX),
    roles: ['web', 'worker'],
  }
}

/** The secrets for an operator's command: of the environment, or the ones that a demonstration left in the data folder. Throws `ConfigError`. */
export async function readOperatorSecrets(env: Environment): Promise<string[]> {
  const secrets = readSecrets(env) ?? (await findKeptSecrets(readStorage(env).dataFolder))
  if (secrets) return secrets
  throw new ConfigError('LATCHKEY_SECRETS is missing: this command needs the secrets that the server runs with.')
}

/** As far from the usual port as 443 is from 80. */
export const SECURE_PORT = 363

function readSecureListen(env: Environment, { host, port }: Config['listen']): Config['listen'] | undefined {
  if (!readSwitch(env, 'LATCHKEY_DEMO_TLS', 'off')) return undefined
  if (port + SECURE_PORT > 65_535)
    throw new ConfigError(`LATCHKEY_DEMO_TLS adds ${SECURE_PORT} to the port of LATCHKEY_LISTEN: set a lower one.`)
  return { host, port: port === 0 ? 0 : port + SECURE_PORT }
}

function readShared(
  env: Environment,
  usualLevel: LogLevel,
): Pick<Config, 'listen' | 'metricsListen' | 'traces' | 'logLevel' | 'captcha' | 'floodLimits' | 'apiLimits'> {
  const metrics = given(env, 'LATCHKEY_METRICS_LISTEN')
  const level = given(env, 'LATCHKEY_LOG_LEVEL') ?? usualLevel
  const logLevel = logLevels.find(one => one === level)
  if (logLevel === undefined) throw new ConfigError(`LATCHKEY_LOG_LEVEL is one of ${logLevels.join(', ')}.`)
  return {
    listen: readListen('LATCHKEY_LISTEN', given(env, 'LATCHKEY_LISTEN') ?? '127.0.0.1:8080'),
    traces: readTraces(env),
    metricsListen: metrics === undefined ? undefined : readListen('LATCHKEY_METRICS_LISTEN', metrics),
    logLevel,
    captcha: readSwitch(env, 'LATCHKEY_CAPTCHA'),
    floodLimits: readSwitch(env, 'LATCHKEY_FLOOD_LIMITS'),
    apiLimits: readSwitch(env, 'LATCHKEY_API_LIMITS'),
  }
}

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'].flatMap(name => [name, `parentbased_${name}`])

/** Whether OpenTelemetry's variables name where traces go. Judges those of the sampler, which its library does not read. */
function readTraces(env: Environment): boolean {
  const named = (['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const).map(name =>
    readUrl(env, name, ['https', 'http'], 'http://127.0.0.1:4318'),
  )
  if (given(env, 'OTEL_SDK_DISABLED') === 'true' || named.every(found => found === undefined)) return false
  if (!SAMPLERS.includes(given(env, 'OTEL_TRACES_SAMPLER') ?? 'always_on'))
    throw new ConfigError(`OTEL_TRACES_SAMPLER is one of ${SAMPLERS.join(', ')}.`)
  const share = Number(given(env, 'OTEL_TRACES_SAMPLER_ARG') ?? 1)
  if (!(share >= 0 && share <= 1)) throw new ConfigError('OTEL_TRACES_SAMPLER_ARG is a number from 0 to 1.')
  return true
}

/** A switch. Other words are refused: a misspelt one must not turn it off, nor seem to. */
function readSwitch(env: Environment, name: SettingName, usual = 'on'): boolean {
  const word = given(env, name) ?? usual
  if (word !== 'on' && word !== 'off') throw new ConfigError(`${name} is on or off.`)
  return word === 'on'
}

function readListen(name: string, text: string): Config['listen'] {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain ?? ''
  const port = Number(digits)
  if (!/^[\w.:-]+$/.test(host) || digits === '' || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6))
    throw new ConfigError(
      `${name} is "${text}", but needs an address and a port, such as 127.0.0.1:${name === 'LATCHKEY_LISTEN' ? 8080 : 9464}.`,
    )
  return { host, port }
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/** Words that stand in examples, and in the secrets of people who copied them. */
const EXAMPLE = /change|replace|example|default|placeholder|secret|password|latchkey|0123456789|abcdefgh/i

// A secret that others can know or guess opens every sealed address and forges every cookie.
function readSecrets(env: Environment): string[] | undefined {
  const text = given(env, 'LATCHKEY_SECRETS')
  if (text === undefined) return undefined
  const secrets = text.split(',').map(secret => secret.trim())
  for (const [place, secret] of secrets.entries()) {
    const which = secrets.length === 1 ? 'The secret' : `Secret ${place + 1}`
    if (secret.length < 32)
      throw new ConfigError(`${which} in LATCHKEY_SECRETS has ${secret.length} characters, but needs at least 32.`)
    if (EXAMPLE.test(secret) || new Set(secret).size < 10)
      throw new ConfigError(
        `${which} in LATCHKEY_SECRETS looks like an example: make one with \`openssl rand -base64 32\`.`,
      )
  }
  return secrets
}

function readNeededSecrets(env: Environment): string[] {
  const secrets = readSecrets(env)
  if (secrets) return secrets
  throw new ConfigError(
    'LATCHKEY_SECRETS is missing: set it to a secret of at least 32 characters, such as `openssl rand -base64 32` makes.',
  )
}

/**
 * A browser uses passkeys of a domain at that host and below it, so that any other value would take none (WebAuthn,
 * §5.1.3). After a move they stay with the former host, which vouches for the new origin (§5.11).
 */
export function readPasskeyRpId(env: Environment): string | undefined {
  const origin = readOrigin(env)
  const former = readOriginIn(env, 'LATCHKEY_FORMER_ORIGIN')
  const id = given(env, 'LATCHKEY_PASSKEY_RP_ID') ?? (former && new URL(former).hostname)
  const hosts = [former ?? origin, origin].map(one => new URL(one).hostname)
  if (id === undefined || hosts.some(host => id === host || (id.includes('.') && host.endsWith(`.${id}`)))) return id
  throw new ConfigError(
    `LATCHKEY_PASSKEY_RP_ID is "${id}", but ${former ? 'LATCHKEY_FORMER_ORIGIN' : 'LATCHKEY_ORIGIN'} is at ${hosts[0]}: name that host or a domain above it.`,
  )
}

function readOrigin(env: Environment): string {
  const origin = readOriginIn(env, 'LATCHKEY_ORIGIN')
  if (origin === undefined)
    throw new ConfigError(
      'LATCHKEY_ORIGIN is missing: set it to the address that people use, such as https://id.example.',
    )
  return origin
}

function readOriginIn(env: Environment, name: SettingName): string | undefined {
  const text = given(env, name)
  if (text === undefined) return undefined
  if (text.includes('@')) throw new ConfigError(`${name} takes no user name: write it like https://id.example.`)
  const wrong = (why: string) => new ConfigError(`${name} is "${text}", but ${why}.`)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw wrong('needs the form https://id.example')
  if (url.origin !== text) throw wrong(`takes neither a path nor a final slash: write ${url.origin}`)
  // Without TLS anybody on the way reads passwords, and cookies lose the guard of their names.
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    throw wrong('only https:// keeps passwords from being read on their way')
  return text
}

/** How mails leave; undefined where nothing is set. Throws `ConfigError`. */
export function readSmtp(env: Environment): Config['smtp'] {
  const name = 'LATCHKEY_SMTP_URL'
  const url = readMailUrl(env, name)
  const fallbackUrl = readMailUrl(env, 'LATCHKEY_SMTP_FALLBACK_URL')
  if (url === undefined && fallbackUrl !== undefined)
    throw new ConfigError(`LATCHKEY_SMTP_FALLBACK_URL is for where the first server fails: set ${name} too.`)
  if (url === undefined) return undefined
  const from = given(env, 'LATCHKEY_MAIL_FROM')
  if (from === undefined || !/^[^\s@<>,;"\p{Cc}]+@[^\s@<>,;"\p{Cc}]+$/u.test(from))
    throw new ConfigError('LATCHKEY_MAIL_FROM must be the address that mails come from, such as no-reply@id.example.')
  return { url, fallbackUrl, from, dkim: readDkim(env, from), bounces: readBounces(env) }
}

/** What stands before the `@` has 64 letters, of which the name of a message takes 52 (RFC 5321, §4.5.3.1.1). */
function readBounces(env: Environment): string | undefined {
  const address = given(env, 'LATCHKEY_BOUNCES')
  if (address === undefined || /^[\w.-]{1,12}@[\w-]+(\.[\w-]+)*$/.test(address)) return address
  throw new ConfigError(
    'LATCHKEY_BOUNCES must be an address with 12 letters at most before the @, such as bounces@id.example.',
  )
}

/** The mailbox behind the address of bounces. Throws `ConfigError`. */
export function readBounceMailbox(env: Environment): Mailbox | undefined {
  const name = 'LATCHKEY_BOUNCES_MAILBOX'
  const found = readUrl(env, name, ['imaps', 'imap'], 'imaps://user:password@mail.example/INBOX')
  if (found === undefined) return undefined
  if (given(env, 'LATCHKEY_BOUNCES') === undefined)
    throw new ConfigError(`${name} is read for mails that return to LATCHKEY_BOUNCES: set that address too.`)
  return naming(name, () => readMailbox(found.text))
}

function readMailUrl(env: Environment, name: SettingName): string | undefined {
  const found = readUrl(env, name, ['smtps', 'smtp'], 'smtps://user:password@mail.example')
  if (found === undefined) return undefined
  if (!['', '/'].includes(found.url.pathname)) throw new ConfigError(`${name} takes no path after the host.`)
  naming(name, () => readMailServer(found.text))
  return found.text
}

/** The key that signs mails, for the domain that they come from: mails count as its own by that alone (RFC 7489, §3.1). */
function readDkim(env: Environment, from: string): MailWay['dkim'] {
  const path = given(env, 'LATCHKEY_DKIM_KEY')
  const selector = given(env, 'LATCHKEY_DKIM_SELECTOR') ?? 'latchkey'
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(selector))
    throw new ConfigError('LATCHKEY_DKIM_SELECTOR is one label of a domain name, such as latchkey.')
  if (path === undefined) return undefined
  const privateKey = naming('LATCHKEY_DKIM_KEY', () => readDkimKey(resolve(path)))
  return { domain: from.slice(from.lastIndexOf('@') + 1).toLowerCase(), selector, privateKey }
}

/** What `read` gives. Names the setting in the refusal. */
function naming<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof MailServerError ? new ConfigError(`${name} ${error.message}.`) : error
  }
}

function readGateway(env: Environment, name: SettingName): string | undefined {
  const found = readUrl(env, name, ['https', 'http'], 'https://user:password@gateway.example/messages')
  if (found === undefined) return undefined
  if (found.url.protocol !== 'https:' && !isLoopback(found.url.hostname))
    throw new ConfigError(`${name} must begin with https://, because codes go there.`)
  return found.text
}

/** The file of several gateways. Throws `ConfigError`. */
export function readGateways(env: Environment): string | undefined {
  const path = given(env, 'LATCHKEY_GATEWAYS')
  const other = (['LATCHKEY_SMS_URL', 'LATCHKEY_VOICE_URL'] as const).find(name => given(env, name) !== undefined)
  if (path !== undefined && other !== undefined)
    throw new ConfigError(`LATCHKEY_GATEWAYS and ${other} are both set: name every gateway in that file.`)
  return path === undefined ? undefined : resolve(path)
}

/** The source of breached passwords, for the server and for commands that set a password. Throws `ConfigError`. */
export function readBreachedPasswords(env: Environment): URL | undefined {
  const name = 'LATCHKEY_BREACHED_PASSWORDS'
  const url = readUrl(env, name, ['https', 'file', 'http'], 'https://host.example/range/')?.url
  if (url === undefined) return undefined
  if (url.protocol === 'file:' && url.host === '') return url
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new ConfigError(`${name} must begin with https:// or file:///.`)
  // The first digits of a hash are put at its end, so without one of these they would become part of a word.
  if (!/[/=]$/.test(url.href)) throw new ConfigError(`${name} must end in a slash, as in https://host.example/range/.`)
  if (url.username) throw new ConfigError(`${name} takes no user name: write it like https://host.example/range/.`)
  return url
}

function readPlaces(env: Environment): string | undefined {
  const path = given(env, 'LATCHKEY_PLACES')
  return path === undefined ? undefined : resolve(path)
}

// A trusted proxy may write any address into the audit log.
const readProxies = (env: Environment) =>
  readRanges(env, 'LATCHKEY_TRUSTED_PROXIES', 'trusts everybody: list your proxies')

// Companies name the addresses, and so could reach every machine that trusts its own network.
const readPrivateTargets = (env: Environment) =>
  readRanges(env, 'LATCHKEY_PRIVATE_TARGETS', 'opens your whole network: list where applications run')

/** The resolvers, each an address, which may have a port. Throws `ConfigError`. */
export function readResolvers(env: Environment): string[] {
  const listed = (given(env, 'LATCHKEY_DNS') ?? '')
    .split(',')
    .map(one => one.trim())
    .filter(Boolean)
  for (const one of listed) {
    const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(one) ?? []
    const fits = isIP(one) > 0 || isIP(bracketed ?? '') === 6 || isIP(plain ?? '') === 4
    if (!fits || Number(port) < 1 || Number(port) > 65_535)
      throw new ConfigError(`LATCHKEY_DNS holds "${one}", which is no address like 192.0.2.53 or [2001:db8::53]:53.`)
  }
  return listed
}

/** The domain below which tenants get an initial one. Throws `ConfigError`. */
export function readTenantSuffix(env: Environment): string | undefined {
  const suffix = given(env, 'LATCHKEY_TENANT_SUFFIX')
  // Names of tenants stand before it, and a sign-in name has room for 48 letters after its @.
  if (
    suffix === undefined ||
    /^(?=.{1,20}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/.test(suffix)
  )
    return suffix
  throw new ConfigError(
    `LATCHKEY_TENANT_SUFFIX is "${suffix}", but needs a domain in small letters, 20 at most, such as id.example.`,
  )
}

function readOperatorTenant(env: Environment): string | undefined {
  const domain = given(env, 'LATCHKEY_OPERATOR_TENANT')
  if (domain === undefined || /^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) return domain
  throw new ConfigError(
    `LATCHKEY_OPERATOR_TENANT is "${domain}", but needs a domain of your own organization in small letters, such as example.com.`,
  )
}

/**
 * Who may sign a company up, whether people may sign themselves up, and how many a day. `usual`: where nothing is said;
 * people may where that is `open`. Throws `ConfigError`.
 */
export function readSignup(env: Environment, usual: SignupOpen, suffix: string | undefined): Config['signup'] {
  const word = given(env, 'LATCHKEY_SIGNUP') ?? usual
  const open = signupWords.find(one => one === word)
  if (open === undefined) throw new ConfigError(`LATCHKEY_SIGNUP is one of ${signupWords.join(', ')}.`)
  if (open !== 'closed' && suffix === undefined)
    throw new ConfigError(
      `LATCHKEY_SIGNUP is ${open}, but companies that sign up get a name below LATCHKEY_TENANT_SUFFIX: set it to a domain of yours.`,
    )
  const number = given(env, 'LATCHKEY_SIGNUPS_PER_DAY') ?? '500'
  if (!/^\d{1,6}$/.test(number)) throw new ConfigError('LATCHKEY_SIGNUPS_PER_DAY is a whole number, such as 500.')
  const persons = readSwitch(env, 'LATCHKEY_SIGNUP_PERSONS', usual === 'open' ? 'on' : 'off')
  return { open, persons, perDay: Number(number) }
}

/** A list of addresses and ranges. `all`: the sentence about a range that holds every address. */
function readRanges(env: Environment, name: SettingName, all: string): string[] {
  const listed = (given(env, name) ?? '')
    .split(',')
    .map(one => one.trim())
    .filter(Boolean)
  for (const one of listed) {
    const [address = '', bits, more] = one.split('/')
    const version = isIP(address)
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
    if (version === 0 || !fits || more !== undefined)
      throw new ConfigError(`${name} holds "${one}", which is no address or range like 10.0.0.0/8.`)
    if (bits !== undefined && Number(bits) === 0) throw new ConfigError(`${name} holds "${one}", which ${all}.`)
  }
  return listed
}

function readRoles(env: Environment): ServerRole[] {
  const named = (given(env, 'LATCHKEY_ROLES') ?? 'web,worker').split(',').map(role => role.trim())
  const known = (role: string): role is ServerRole => role === 'web' || role === 'worker'
  const wrong = named.find(role => !known(role))
  if (wrong !== undefined) throw new ConfigError(`LATCHKEY_ROLES holds "${wrong}", but knows web and worker only.`)
  return [...new Set(named.filter(known))]
}

/** Set, and not to nothing: an empty variable in a compose file means that it is not wanted. Throws `ConfigError`. */
export function given(env: Environment, name: SettingName): string | undefined {
  const text = env[name]?.trim() || undefined
  if (!isSecret(name)) return text
  const path = env[`${name}_FILE`]?.trim() || undefined
  if (path === undefined) return text
  if (text !== undefined) throw new ConfigError(`${name} and ${name}_FILE are both set: set one of them.`)
  const found = (() => {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new ConfigError(`${name}_FILE names ${path}, which cannot be read (${code}).`)
    }
  })()
  // A secret that is not there yet must not start a server with the setting's default.
  if (found === '') throw new ConfigError(`${name}_FILE names ${path}, which is empty.`)
  return found
}

/**
 * A setting that is a URL. What is wrong with it is said before anything starts, and never with its value: it may hold a
 * password. Throws `ConfigError`.
 */
function readUrl(
  env: Environment,
  name: SettingName,
  protocols: readonly string[],
  example: string,
): { text: string; url: URL } | undefined {
  const text = given(env, name)
  if (text === undefined) return undefined
  const wrong = (why: string) => new ConfigError(`${name} ${why}, as in ${example}.`)
  // A URL's parser takes some of these out without a word.
  if (/[\s\p{Cc}]/u.test(text)) throw wrong('holds a space or line break: write it without')
  if (!URL.canParse(text)) throw wrong('is no URL: in a password, # is written %23, / %2F, : %3A, @ %40 and % %25')
  const url = new URL(text)
  if (!protocols.includes(url.protocol.slice(0, -1)))
    throw wrong(
      `must begin with ${protocols
        .slice(0, 2)
        .map(one => `${one}://`)
        .join(' or ')}`,
    )
  // Of https:///path the parser makes the host "path".
  if (!/^\w+:\/\/[^/]/.test(text) && !/^(file|postgres)/.test(url.protocol)) throw wrong('names no host')
  if (url.port === '0') throw wrong('has the port 0')
  if (url.hash !== '') throw wrong('holds a #, which is written %23 in a password')
  try {
    for (const part of [url.username, url.password, url.hostname, url.pathname]) decodeURIComponent(part)
    if (url.protocol === 'file:' && url.host === '') fileURLToPath(url)
  } catch {
    throw wrong('holds a % that begins no escape: in a password it is written %25')
  }
  return { text, url }
}

const keptIn = (folder: string) => join(folder, 'demo-secrets')

/** The demonstration's secrets, made once for its data folder, readable by this account alone. */
async function keptSecrets(folder: string): Promise<string[]> {
  const found = await findKeptSecrets(folder)
  if (found) return found
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(
      `The folder ${folder} cannot be made (${error.code}): set LATCHKEY_DATA to a folder that this account may write.`,
    )
  })
  // Written whole under another name first, so that of two starters neither reads half a file. The name is random: two
  // containers on one volume, or two callers in one process, share a process id and would remove each other's part.
  const part = `${keptIn(folder)}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(part, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true })
    await link(part, keptIn(folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } catch (error) {
    throw new ConfigError(
      `The folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): set LATCHKEY_DATA to a folder that this account may write.`,
    )
  } finally {
    await rm(part, { force: true })
  }
  return (await findKeptSecrets(folder))!
}

async function findKeptSecrets(folder: string): Promise<string[] | undefined> {
  const text = await readFile(keptIn(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new ConfigError(
      `The file ${keptIn(folder)} cannot be read (${error.code}): start as the account that made it.`,
    )
  })
  return text === undefined ? undefined : [text.trim()]
}
