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
import { outboxOf, testBrowser } from '../../server/src/testing/server.ts'
import { answerSignIn, SIGNER, signIn } from '../../server/src/testing/signIns.ts'

/** The n-th application of the demonstration. */
export const appId = (n: number) => `d3e00000-0000-4000-8000-${String(n).padStart(12, '0')}`
export const secretOf = (word: string) => `demo-secret-${word}-2026-keep-off-production`

export { answerSignIn, PASSWORD, SIGNER, signIn }

/** The messages of the demonstration at this origin. */
export const messagesAt = (origin: string) =>
  outboxOf(async () => (await testBrowser(origin).get('/demo/outbox')).json.messages)

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
    // A file of tests begins more sign-ins at once than an office.
    LATCHKEY_FLOOD_LIMITS: 'off',
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
