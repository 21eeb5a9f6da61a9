import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { PASSWORD } from '../../server/src/demo/index.ts'
import { testDatabaseUrl } from '../../server/src/testing/database.ts'
import { latchkey, server } from '../../server/src/testing/program.ts'
import type { TestBrowser } from '../../server/src/testing/server.ts'

/** The n-th application of the demonstration. */
export const appId = (n: number) => `d3e00000-0000-4000-8000-00000000000${n}`
export const secretOf = (word: string) => `demo-secret-${word}-2026-keep-off-production`

export const SIGNER = 'signer@acme.example'
export { PASSWORD }

/** A demonstration in a process of its own, as people start it. */
export interface Demonstration {
  /** As its tokens name it. */
  origin: string
  secureOrigin: string
  /** Trusted by programs through `NODE_EXTRA_CA_CERTS`. */
  authorityPath: string
  /** The issuer of Acme, by http. */
  issuer: URL
  /** Runs an operator's command on its database, and returns what it printed. */
  command(...words: string[]): Promise<string>
}

/** Starts a demonstration with an empty database, by http and https; stopped after the test file. */
export async function startDemonstration(): Promise<Demonstration> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-clients-'))
  const env = {
    DATABASE_URL: await testDatabaseUrl(),
    LATCHKEY_DATA: folder,
    LATCHKEY_DEMO_TLS: 'on',
    LATCHKEY_CAPTCHA: 'off',
  }
  const { child, ended, output, url } = await server(env, 'demo')
  after(async () => {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true })
  })
  const [, secureOrigin = '', authorityPath = ''] =
    /(https:\/\/localhost:\d+) with\nNODE_EXTRA_CA_CERTS=(.+)/.exec(output.out) ?? []
  const origin = url.replace('127.0.0.1', 'localhost')
  const described = await (await fetch(`${origin}/acme.example/v2.0/.well-known/openid-configuration`)).json()
  return {
    origin,
    secureOrigin,
    authorityPath,
    issuer: new URL(described.issuer),
    async command(...words) {
      const { code, out, err } = await latchkey(env, ...words)
      if (code !== 0) throw new Error(err)
      return out
    },
  }
}

/** The id of an application that `latchkey applications create` has printed. */
export const idIn = (printed: string) => /is ([0-9a-f-]{36})/.exec(printed)![1]!

/** Opens a server on a port that is free, until the test file ends. */
export async function addressOf(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** How a person answers the pages of a sign-in. */
interface Answers {
  username?: string
  password?: string
  accept?: boolean
}

/**
 * Follows a browser from an authorization request, through the pages of its sign-in, to the address that leads away
 * from `origin`: the application's. Throws where a page is none of them.
 */
export async function signIn(
  browser: TestBrowser,
  origin: string,
  to: string,
  { username = SIGNER, password = PASSWORD, accept = true }: Answers = {},
): Promise<URL> {
  let at = new URL(to, origin)
  for (let step = 0; step < 16; step++) {
    if (at.origin !== origin) return at
    const path = at.pathname + at.search
    const id = /^\/signin\/[\w-]+$/.exec(path)?.[0]
    if (!id) {
      const { status, headers, text } = await browser.page(path)
      const location = headers.get('location')
      if (status !== 303 || location === null) throw new Error(`${path} answered ${status}: ${text.slice(0, 3_000)}`)
      at = new URL(location, origin)
      continue
    }
    const { state, next } = (await browser.get(id)).json
    const answers: Record<string, [string, object?]> = {
      'choose-account': ['name', { username }],
      name: ['name', { username }],
      password: ['password', { password }],
      'stay-signed-in': ['stay', { stay: false }],
      consent: ['consent', { accept }],
      'confirm-application': ['confirm'],
    }
    const answer = answers[state]
    if (!answer && typeof next !== 'string') throw new Error(`the sign-in is in ${state}`)
    if (!answer) at = new URL(next, origin)
    else {
      const { status, text } = await browser.post(`${id}/${answer[0]}`, answer[1])
      if (status !== 200) throw new Error(`${answer[0]} answered ${status}: ${text.slice(0, 3_000)}`)
    }
  }
  throw new Error(`the sign-in goes round: ${at.href}`)
}
