import nodemailer from 'nodemailer'

export type Channel = 'email' | 'sms' | 'voice'

/** A message as it leaves: already in its reader's language. */
export interface Message {
  channel: Channel
  kind: 'code' | 'notice' | 'request'
  /** The journey that caused it, for the demonstration's outbox. */
  journeyId?: string | undefined
  /** A mail address, or a number in E.164. Exactly one: a list would let one request reach a second reader. */
  to: string
  /** Who it is from, as a name. */
  from: string
  subject?: string
  text: string
  language: string
}

/** Hands a message over, and returns once the other side has taken it. Throws where it did not, `final` where trying again is pointless. */
export interface Sender {
  send(message: Message): Promise<void>
}

export class SendError extends Error {
  override name = 'SendError'
  final: boolean

  /** `message` never holds the text or the address of what was sent. */
  constructor(message: string, final: boolean) {
    super(message)
    this.final = final
  }
}

/** The senders of a deployment by channel; a channel without one cannot be used. */
export type Senders = Partial<Record<Channel, Sender>>

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i

/**
 * How a mail server is reached. Off this machine a connection that does not become encrypted is given up: whoever can
 * take the offer of TLS out of the greeting would read the account's password and every code.
 */
export function smtpOptions(url: string) {
  // Taken apart here: beside a `url` nodemailer heeds no other setting.
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: !LOOPBACK.test(hostname),
    ...(username && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  }
}

/** Mail through an SMTP server, such as `smtps://user:secret@mail.example:465`. */
export function smtpSender(url: string, address: string): Sender {
  const transport = nodemailer.createTransport({
    ...smtpOptions(url),
    pool: true,
    maxConnections: 8,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(message) {
      try {
        await transport.sendMail({
          from: { name: message.from, address },
          to: { name: '', address: message.to },
          subject: message.subject ?? '',
          text: message.text,
          headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': message.language },
        })
      } catch (error) {
        const { responseCode, code, command } = error as { responseCode?: number; code?: string; command?: string }
        throw new SendError(`mail server: ${responseCode ?? code ?? 'unreachable'}`, isFinal(responseCode, command))
      }
    },
  }
}

/** Whether the server refused this reader or this text for good. What it says of the account or the sender, an operator can put right. */
const isFinal = (status = 0, command = '') => status >= 550 && status <= 554 && /^(RCPT TO|DATA)$/.test(command)

/** Text messages or calls through a gateway that takes `{ to, text, language }` as JSON over HTTP and answers 2xx. Credentials of the URL become a Basic authorization. */
export function gatewaySender(url: string): Sender {
  const target = new URL(url)
  const headers: { 'content-type': string; authorization?: string } = { 'content-type': 'application/json' }
  if (target.username)
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`).toString('base64')}`
  target.username = ''
  target.password = ''
  return {
    async send({ to, text, language }) {
      const response = await fetch(target, {
        method: 'POST',
        headers,
        body: JSON.stringify({ to, text, language }),
        redirect: 'error', // a redirect would carry number and code somewhere else
        signal: AbortSignal.timeout(10_000),
      }).catch(() => {
        throw new SendError('gateway: unreachable', false)
      })
      await response.body?.cancel()
      const final = response.status >= 400 && response.status < 500 && response.status !== 429
      if (!response.ok) throw new SendError(`gateway: ${response.status}`, final)
    },
  }
}
