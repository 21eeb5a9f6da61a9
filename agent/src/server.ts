import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { Enrolled, Enrolment } from '@latchkey/protocol'
import { StateError } from './files.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** The server's address: https, or http on this machine alone. Throws `StateError`. */
export function readServer(text: string): URL {
  const url = URL.parse(text)
  if (url?.protocol === 'https:') return url
  if (url?.protocol === 'http:' && LOOPBACK.test(url.hostname)) return url
  throw new StateError(`--server is https://HOST, or http on a loopback address; "${text}" is not that.`)
}

/** The way out: the certificate is checked, and proxies are those of HTTPS_PROXY and HTTP_PROXY. */
export function agentFor(url: URL, ca: string | undefined): Agent {
  const proxied = { proxyEnv: process.env }
  if (url.protocol === 'http:') return new Agent({ keepAlive: false, ...proxied })
  return new SecureAgent({ keepAlive: false, ...proxied, ...(ca !== undefined && { ca: readFileSync(ca) }) })
}

/** Enrols at the server. Throws `StateError` where it says no. */
export async function enrol(server: URL, ca: string | undefined, enrolment: Enrolment): Promise<Enrolled> {
  const body = JSON.stringify(enrolment)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const ask = server.protocol === 'https:' ? secureRequest : request
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const options = { method: 'POST', headers, agent: agentFor(server, ca), signal: AbortSignal.timeout(15_000) }
    ask(new URL('/agents', server), options, answer => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', part => {
        text += part
        if (text.length > 65_536) answer.destroy(new Error('the answer is too long'))
      })
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
      .on('error', reject)
      .end(body)
  }).catch(error => {
    throw new StateError(`The server ${server.origin} cannot be reached (${error.code ?? error.message}).`)
  })
  if (status === 201) return JSON.parse(text) as Enrolled
  if (status === 401) throw new StateError('The token is unknown, used or older than an hour: ask for another.')
  throw new StateError(`The server answered ${status}, and did not enrol this agent.`)
}
