import { availableParallelism } from 'node:os'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Places } from '../audit/index.ts'
import { createFloods } from '../captcha/index.ts'
import { movableClock } from '../clock.ts'
import type { ServerRole } from '../config.ts'
import { createHasher, keyring, systemRandom } from '../crypto/index.ts'
import {
  createZone,
  outboxSenders,
  placePage,
  readOutbox,
  type SentMessage,
  seedDemonstration,
  type Zone,
} from '../demo/index.ts'
import { createLog, type RouteLine, type Services, type Traces } from '../http/index.ts'
import { serve } from '../main.ts'
import type { Gateway, MailDomains, Senders } from '../notifications/index.ts'
import { type Dns, openDns } from '../organization/index.ts'
import { createPasswordChecks, type Passwords } from '../passwords/index.ts'
import { checksOf } from '../runtime/health.ts'
import type { Bounces } from '../runtime/jobs.ts'
import { loginOf } from '../runtime/storage.ts'
import { logIn, openStore, type Store } from '../store/index.ts'
import { receiver } from '../synchronization/index.ts'
import { openTargets } from '../targets/index.ts'
import { loadWords } from '../words/index.ts'
import { openHomes, openLinks } from '../writeback/index.ts'
import { seededDatabaseUrl, testDatabaseUrl } from './database.ts'
import { exchange } from './exchange.ts'
import { testKeys } from './keys.ts'

/** The secret of every test server, for commands that run beside it. */
export const SECRET = 'jT4xWq9mB2vR7nKd0sYfLc6hG1pZaE8uXiQoNw5yMrU='
/** What came back, read to its end. */
export interface TestResponse {
  status: number
  headers: Headers
  text: string
  /** The body as JSON; undefined where it is something else. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any
}

export interface TestRequest {
  /** Sent as JSON, and JSON is asked for; also where neither a body nor a form is given. */
  json?: unknown
  /** Sent as a form, and a page is asked for. */
  form?: Record<string, string>
  /** Asks for a page. */
  page?: true
  headers?: Record<string, string>
}

/** One browser: it keeps its cookies, follows no redirect, and sends what a browser sends for a page of the same site. */
export interface TestBrowser {
  request(method: string, path: string, request?: TestRequest): Promise<TestResponse>
  get(path: string): Promise<TestResponse>
  post(path: string, json?: unknown): Promise<TestResponse>
  page(path: string): Promise<TestResponse>
  submit(path: string, form: Record<string, string>): Promise<TestResponse>
  /** The page that an answer to a form leads to. */
  follow(answer: TestResponse): Promise<TestResponse>
  cookies: Map<string, string>
  /** The origin that it names to the server. */
  origin: string
}

/** What reads the messages that a server has sent. */
export interface Outbox {
  /** Every message so far, newest first. */
  outbox(): Promise<SentMessage[]>
  /** Waits, at most a minute, for the newest message that fits. */
  message(fits: (message: SentMessage) => boolean): Promise<SentMessage>
  /** Waits for the newest code that was sent to an address or number, later than `after`. */
  code(to: string, after?: SentMessage): Promise<string>
}

export interface TestServer extends TestBrowser, Outbox {
  url: string
  /** For connections of a test's own. */
  databaseUrl: string
  /** Every people's route. */
  routes: RouteLine[]
  store: Store
  services: Services
  /** The clock of the server and of its jobs; it runs, and can be set forward. */
  clock: { now(): Date; advance(milliseconds: number): void }
  /** Another browser, without cookies. */
  browser(): TestBrowser
  close(): Promise<void>
}

/**
 * A whole server on loopback, with jobs, an outbox, and a database with the demonstration's tenants (`seed: false`:
 * none).
 * It is closed after the test file, or after the test whose context is passed. `beside`: shares the database of another, as a second replica does. `secrets`: its own, else `SECRET`. `roles`: what it does, else both. `captcha`: asks for one before a reset. `floodLimits`: limits requests per address, as a server does that people use. `places`: where addresses are looked up. `senders`: what messages go through, in place of the outbox. `gateways`: those among them that tell what became of messages. `bounces`: the mailbox of returned mails. `homeOf`: where passwords are kept. `dns`: the resolvers that domains are proven by; without it none answers. `zone`: what the page of the demonstration's DNS edits. `mailDomains`: whether domains take mail; without it all do. `signup`: who may sign a company up, below the suffix latchkey.example; without it nobody, and there is no suffix. `operatorTenant`: where reviewers verify partners. `log`: gets every line of the log, down to trace. `traces`: follows its requests.
 */
export async function testServer(
  options: {
    context?: { after(work: () => Promise<void>): void }
    seed?: boolean
    demo?: boolean
    origin?: string
    trustedProxies?: string[]
    captcha?: boolean
    floodLimits?: boolean
    places?: Places
    senders?: Senders
    gateways?: readonly Gateway[]
    bounces?: Bounces
    homeOf?: Passwords['homeOf']
    dns?: Dns
    zone?: Zone
    mailDomains?: MailDomains
    signup?: Services['signup']['open']
    operatorTenant?: string
    beside?: TestServer
    secrets?: string[]
    roles?: ServerRole[]
    log?: (line: string) => void
    traces?: Traces
  } = {},
): Promise<TestServer> {
  const {
    context,
    beside,
    seed = !beside,
    demo = true,
    trustedProxies = [],
    captcha = false,
    floodLimits = false,
    log,
  } = options
  const keys = testKeys(...(options.secrets ?? [SECRET]))
  const movable = movableClock()
  const clock = movable.now
  const databaseUrl = beside?.databaseUrl ?? (await (seed ? seededDatabaseUrl(seedDatabase) : testDatabaseUrl()))
  const store = await openStore({ databaseUrl, applicationName: 'latchkey test' })
  const external = process.env.LATCHKEY_TEST_DATABASE_URL
  await logIn(store, loginOf({ databaseUrl: external, directUrl: undefined }, databaseUrl, keys))
  const hasher = await createHasher({ atOnce: availableParallelism(), waiting: 1_000 })
  const links = openLinks(
    store,
    { clock, random: systemRandom, keys },
    receiver(store, { clock, random: systemRandom, keys }),
  )
  const services: Services = {
    db: store,
    clock,
    random: systemRandom,
    keys,
    hasher,
    passwordChecks: { ...createPasswordChecks(hasher, undefined), homeOf: options.homeOf ?? openHomes(links) },
    words: loadWords(),
    places: options.places,
    links,
    targets: openTargets(['127.0.0.0/8', '::1']),
    dns: options.dns ?? openDns(['127.0.0.1:1']),
    mailDomains: options.mailDomains ?? (async () => 'found'),
    tenantSuffix: options.signup && 'latchkey.example',
    operatorTenant: options.operatorTenant,
    signup: { open: options.signup ?? 'closed', persons: options.signup === 'open', perDay: 500 },
    origin: options.origin ?? 'http://localhost',
    demo,
    captcha,
    floods: floodLimits ? createFloods(store, keys) : undefined,
    apiLimits: floodLimits,
  }
  const server = await serve(services, {
    listen: { host: '127.0.0.1', port: 0 },
    trustedProxies,
    roles: options.roles ?? ['web', 'worker'],
    senders: options.senders ?? outboxSenders(store, services),
    gateways: options.gateways,
    bounces: options.bounces,
    // A test says itself when a job comes: the minutes of the wall clock would run some in the middle of another.
    schedule: [],
    log: log ? createLog('trace', { write: log }) : createLog('silent'),
    traces: options.traces,
    checks: checksOf({ smtp: undefined }, store),
    zone: options.zone ?? createZone(services),
    movable,
  })
  if (seed && demo)
    await placePage(store, { now: clock(), random: services.random, keys: services.keys }, [services.origin])
  const url = `http://127.0.0.1:${server.port}`
  // A wait for a message reads the outbox again and again.
  const opened = new Map<string, SentMessage>()
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= server.close().then(() => store.close())
    return closing
  }
  if (context) context.after(close)
  else after(close)
  return {
    ...testBrowser(url, services.origin),
    url,
    databaseUrl,
    routes: server.routes,
    store,
    services,
    clock: {
      now: clock,
      advance: movable.advance,
    },
    browser: () => testBrowser(url, services.origin),
    ...outboxOf(() => readOutbox(store, services.keys, opened)),
    close,
  }
}

/** Waits for messages in an outbox that is read in this way. */
export function outboxOf(outbox: Outbox['outbox']): Outbox {
  const message: Outbox['message'] = async fits => {
    const end = performance.now() + 60_000
    for (;;) {
      const found = (await outbox()).find(fits)
      if (found) return found
      if (performance.now() > end) throw new Error('No such message was sent within a minute')
      await sleep(15)
    }
  }
  return {
    outbox,
    message,
    async code(to, after) {
      const { channel, text } = await message(
        one => one.kind === 'code' && one.to === to && (after === undefined || one.id > after.id),
      )
      const found = channel === 'voice' ? /(?:\d, ){5}\d/.exec(text)?.[0].replaceAll(', ', '') : /\d{6}/.exec(text)?.[0]
      if (!found) throw new Error('The message holds no code')
      return found
    },
  }
}

async function seedDatabase(databaseUrl: string): Promise<void> {
  const store = await openStore({ databaseUrl, applicationName: 'latchkey test' })
  const hasher = await createHasher({ atOnce: availableParallelism(), waiting: 1_000 })
  const means = { now: new Date(), random: systemRandom, keys: keyring([SECRET]) }
  await seedDemonstration(store, means, createPasswordChecks(hasher, undefined))
  await store.close()
}

/** Another browser for a server at this address. `origin`: as the server calls itself. */
export function testBrowser(url: string, origin = url): TestBrowser {
  const cookies = new Map<string, string>()
  const request: TestBrowser['request'] = async (method, path, { json, form, page, headers = {} } = {}) => {
    const html = page || form !== undefined
    const body = form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json)
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
    const answer = await exchange(url + path, {
      method,
      headers: {
        accept: html ? 'text/html,application/xhtml+xml' : 'application/json',
        ...(html && { 'sec-fetch-site': 'same-origin' }),
        ...(body !== undefined && { 'content-type': type }),
        ...(cookies.size > 0 && { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...headers,
      },
      body,
    })
    for (const line of answer.headers.getSetCookie()) keep(cookies, line)
    const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '')
    return { ...answer, json: isJson && answer.text ? JSON.parse(answer.text) : undefined }
  }
  return {
    cookies,
    origin,
    request,
    get: path => request('GET', path),
    post: (path, json) => request('POST', path, json === undefined ? {} : { json }),
    page: path => request('GET', path, { page: true }),
    submit: (path, form) => request('POST', path, { form }),
    follow({ status, headers, text }) {
      const to = headers.get('location')
      if (status !== 303 || to === null) throw new Error(`${status} leads nowhere: ${text.slice(0, 300)}`)
      return request('GET', to, { page: true })
    },
  }
}

function keep(cookies: Map<string, string>, line: string) {
  const [pair = '', ...attributes] = line.split('; ')
  const at = pair.indexOf('=')
  const name = pair.slice(0, at)
  if (attributes.some(one => /^(max-age=0|expires=thu, 01 jan 1970)/i.test(one))) cookies.delete(name)
  else cookies.set(name, pair.slice(at + 1))
}
