import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { Client } from 'ldapts'
import type { Configuration } from './configuration.ts'

/** How long one server of the directory may take, connection included. */
export const ANSWERS_WITHIN = 5_000

const START_TLS = '1.3.6.1.4.1.1466.20037'

/** What an address leads to, without the brackets of IPv6. */
export const targetOf = (url: string) => {
  const { hostname, port, protocol } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'ldaps:' ? 636 : 389) }
}

type Way = Pick<Configuration, 'ca' | 'startTLS'>

/**
 * A client of one server. It dials at its first request, unless StartTLS comes before: then it is connected, and throws
 * where the server does not offer that, or shows another's certificate.
 */
export async function openClient(way: Way, url: string): Promise<Client> {
  const options = { url, timeout: ANSWERS_WITHIN, connectTimeout: ANSWERS_WITHIN }
  const tls = way.ca === undefined ? {} : { ca: way.ca }
  if (url.startsWith('ldaps:')) return new Client({ ...options, tlsOptions: tls })
  if (!way.startTLS) return new Client(options)
  let connection: TLSSocket | undefined = await connectSecurely(way, url)
  const takeOnce = () => {
    const taken = connection
    connection = undefined
    // ldapts dials again where a connection was lost: that one would be in clear, and passwords would follow.
    if (!taken) throw Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' })
    return taken
  }
  // It takes a connection by TLS where one of these is given.
  const isSecure = { ...tls, rejectUnauthorized: true }
  return new Client({ ...options, tlsOptions: isSecure, createSecureConnection: takeOnce })
}

/** A connection by TLS, whose certificate was checked: from its beginning, or by StartTLS. Throws where there is none. */
export async function connectSecurely({ ca }: Way, url: string): Promise<TLSSocket> {
  const { host, port } = targetOf(url)
  const socket = url.startsWith('ldaps:') ? undefined : await startTls(url)
  const tls = connectTls({
    ...(socket ? { socket } : { port }),
    // By this name the certificate is judged.
    ...{ host, ...(isIP(host) ? {} : { servername: host }) },
    ...(ca !== undefined && { ca }),
  })
  const late = setTimeout(() => tls.destroy(timedOut()), ANSWERS_WITHIN)
  try {
    await new Promise<void>((resolve, reject) => {
      tls.once('secureConnect', resolve)
      tls.once('error', reject)
      tls.once('close', () => reject(Object.assign(new Error('cut'), { code: 'ECONNRESET' })))
    })
    return tls
  } catch (error) {
    tls.on('error', () => {}).destroy()
    throw error
  } finally {
    clearTimeout(late)
  }
}

const timedOut = () => Object.assign(new Error('TLS timed out'), { code: 'ETIMEDOUT' })

/** Asks for TLS on a connection in clear (RFC 4511, §4.14). What the server said beside its yes is never read. */
async function startTls(url: string): Promise<Socket> {
  let socket: Socket | undefined
  const dial = (port: number, host: string) => {
    socket = connectPlain(port, host)
    return socket
  }
  const client = new Client({
    ...{ url, timeout: ANSWERS_WITHIN, connectTimeout: ANSWERS_WITHIN },
    createConnection: dial as typeof connectPlain,
  })
  try {
    await client.exop(START_TLS)
  } catch (error) {
    socket?.destroy()
    // A number of LDAP: it answered, and does not do it.
    if (typeof (error as { code?: unknown }).code !== 'number') throw error
    throw Object.assign(new Error('no StartTLS'), { code: 'ENOSTARTTLS' })
  }
  return socket!.removeAllListeners('data')
}
