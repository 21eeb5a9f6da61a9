import { readFileSync } from 'node:fs'

/** How a server of mails is reached, read from its URL. */
interface Reached {
  host: string
  port: number
  /** TLS from the first byte; otherwise STARTTLS. */
  secure: boolean
  user: string
  password: string
  /** Whether it is on this machine: it may then speak in the clear, and show any certificate. */
  near: boolean
  /** The authority that must have signed its certificate, in PEM, in place of Node's own. */
  ca: string | undefined
}

/** A server that mails leave through. */
export interface MailServer extends Reached {
  /** SHA-256 of the one certificate that it may show, as Node writes it. */
  fingerprint: string | undefined
}

/** A mailbox on an IMAP server, which mails that cannot be delivered return to. */
export interface Mailbox extends Reached {
  folder: string
}

/** A mail server's URL that cannot be used. The message continues after the setting's name and repeats no secret. */
export class MailServerError extends Error {}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i

/**
 * Reads `smtps://user:password@host:465`, with `?ca=/path/ca.pem` or `?fingerprint=` for a server whose certificate no
 * public authority has signed. Throws `MailServerError`.
 */
export function readMailServer(text: string): MailServer {
  const url = new URL(text)
  const { ca, fingerprint, ...others } = Object.fromEntries(url.searchParams)
  // The name is not repeated: it may be the rest of a password with a question mark.
  if (Object.keys(others).length > 0)
    throw new MailServerError('takes the parameters ca and fingerprint only: in a password, ? is written %3F')
  if (ca !== undefined && fingerprint !== undefined) throw new MailServerError('takes either ca or fingerprint')
  const reached = readReached(url, ca)
  return {
    ...reached,
    near: reached.near && fingerprint === undefined,
    fingerprint: fingerprint === undefined ? undefined : readFingerprint(fingerprint),
  }
}

/** Reads `imaps://user:password@host:993/INBOX`, with `?ca=/path/ca.pem`. Throws `MailServerError`. */
export function readMailbox(text: string): Mailbox {
  const url = new URL(text)
  const { ca, ...others } = Object.fromEntries(url.searchParams)
  if (Object.keys(others).length > 0)
    throw new MailServerError('takes the parameter ca only: in a password, ? is written %3F')
  if (!url.username || !url.password) throw new MailServerError('needs a user name and a password')
  const folder = decodeURIComponent(url.pathname.slice(1)) || 'INBOX'
  if (/\p{Cc}/u.test(folder)) throw new MailServerError('names a folder with a control character')
  return { ...readReached(url, ca), folder }
}

const PORTS: Record<string, number> = { 'smtps:': 465, 'smtp:': 587, 'imaps:': 993, 'imap:': 143 }

const readReached = ({ protocol, hostname, port, username, password }: URL, ca: string | undefined): Reached => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port) || PORTS[protocol]!,
  secure: protocol.endsWith('s:'),
  user: decodeURIComponent(username),
  password: decodeURIComponent(password),
  near: LOOPBACK.test(hostname) && ca === undefined,
  ca: ca === undefined ? undefined : readCa(ca),
})

function readCa(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8')
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  } catch (error) {
    throw new MailServerError(`names ca=${path}, which cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  throw new MailServerError(`names ca=${path}, which holds no certificate in PEM`)
}

/** As `openssl x509 -noout -fingerprint -sha256` prints it, with or without its prefix. */
function readFingerprint(text: string): string {
  const digits = text.replace(/^(sha256 fingerprint=|sha256[:=])/i, '').replaceAll(':', '')
  if (!/^[0-9a-f]{64}$/i.test(digits))
    throw new MailServerError('has a fingerprint that is not the SHA-256 of a certificate: 64 hexadecimal digits')
  return digits.toUpperCase().match(/../g)!.join(':')
}
