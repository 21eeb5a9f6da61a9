import { connect as connectPlain, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { SECOND } from '../clock.ts'
import type { Modules } from './command.ts'

const advice: Record<string, string> = {
  timeout: 'It takes the connection but does not answer in time: see what it waits for.',
  credentials: 'It refuses the user name or password: correct them in the URL.',
  refused: 'It refuses the request: its own log says why.',
  tls: 'Its certificate or TLS is not valid: renew it, or name it with ?ca= or, of a mail server, ?fingerprint=.',
  name: 'Its name cannot be looked up: check the host in the URL, and this machine’s DNS.',
  unreachable: 'Nothing listens there: check host and port in the URL, and firewalls between.',
}
/** What an operator does about a failure of this kind. */
export const adviceFor = (kind: string) => advice[kind] ?? ''

/** Waits, and says why the work failed and what to do; undefined for success. */
export async function codeOf(
  { failureClass }: Modules<'notifications'>['notifications'],
  work: Promise<unknown>,
): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    const { code = 'unforeseen' } = error as { code?: string }
    return `${code}. ${adviceFor(failureClass(code))}`
  }
}

/** Opens a connection to a host, with TLS where its URL says so, and closes it again. */
export function reach({ protocol, hostname, port }: URL): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'https:' || protocol === 'smpps:'
  return new Promise((resolve, reject) => {
    const to = { host, port: Number(port) || (secure ? 443 : 80) }
    const done = () => {
      clearTimeout(late)
      socket.destroy()
      resolve()
    }
    const socket = secure
      ? connectTls({ ...to, ...(!isIP(host) && { servername: host }) }, done)
      : connectPlain(to, done)
    const late = setTimeout(() => socket.destroy(Object.assign(new Error(), { code: 'timeout' })), 5 * SECOND)
    socket.on('error', error => {
      clearTimeout(late)
      reject(error)
    })
  })
}
