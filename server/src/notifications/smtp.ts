import type { TLSSocket } from 'node:tls'
import nodemailer from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { SECOND } from '../clock.ts'
import type { Dkim } from './dkim.ts'
import { type MailServer, readMailServer } from './mailServer.ts'
import { type Message, SEND_DEADLINE, SendError, type Sender } from './senders.ts'

/** Mails over one connection before it is closed. */
const MAILS_AT_MOST = 100

/** What a signature covers: what stands in our mails, and what nobody may add (RFC 6376, §5.4; RFC 8058, §4). */
const SIGNED = [
  ...['From', 'Sender', 'Reply-To', 'Subject', 'Date', 'Message-ID', 'To', 'Cc', 'In-Reply-To', 'References'],
  ...['MIME-Version', 'Content-Type', 'Content-Transfer-Encoding', 'Content-Language', 'Auto-Submitted'],
  ...['List-Unsubscribe', 'List-Unsubscribe-Post'],
].join(':')

/** How mails leave. `url`: of an SMTP server, such as `smtps://user:secret@mail.example:465`. */
export interface MailWay {
  url: string
  /** The server that is asked where the first one fails. */
  fallbackUrl?: string | undefined
  /** The address that mails come from. */
  from: string
  dkim?: Dkim | undefined
  /** The address that mails return to where they cannot be delivered, each with the name of its message behind a plus sign. */
  bounces?: string | undefined
}

/** Mail through an SMTP server, or through another one in the same job where the first one fails. */
export function smtpSender({ url, fallbackUrl, from: address, dkim, bounces }: MailWay): Sender {
  const lines = [url, ...(fallbackUrl === undefined ? [] : [fallbackUrl])].map(openLine)
  const composer = nodemailer.createTransport({
    streamTransport: true,
    buffer: true,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim && {
      dkim: {
        domainName: dkim.domain,
        keySelector: dkim.selector,
        privateKey: dkim.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        headerFieldNames: SIGNED,
      },
    }),
  })
  return {
    gateway: lines.map(({ host }) => host).join(', '),
    async send(message) {
      const { envelope, message: content } = await composer.sendMail({
        from: { name: message.from, address },
        // Filters of spam count an address that stands without brackets.
        to: { name: message.to, address: message.to },
        subject: message.subject ?? '',
        text: message.text,
        ...(message.html !== undefined && { html: message.html }),
        attachments: message.pictures?.map(({ cid, type, content }) => ({
          ...{ cid, content, contentType: type, contentDisposition: 'inline' as const, filename: false as const },
        })),
        headers: {
          ...{ 'Auto-Submitted': 'auto-generated', 'Content-Language': message.language },
          ...(message.unsubscribe !== undefined && { 'List-Unsubscribe': `<${message.unsubscribe}>` }),
          ...(message.unsubscribesAtOnce && { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
        },
      })
      const mail = { envelope: { ...envelope, ...returning(bounces, message) }, content: content as Buffer }
      for (const [place, line] of lines.entries())
        try {
          // All of them together have the time of one, because the lane waits meanwhile.
          await line.send(mail, SEND_DEADLINE / lines.length)
          return {}
        } catch (error) {
          // A reader who is refused for good is refused everywhere, and a second try would be a second mail.
          if (place === lines.length - 1 || (error instanceof SendError && error.final)) throw error
        }
      return {}
    },
  }
}

/** Where a mail returns to: an address of its own, so that what comes back tells which it was. */
const returning = (bounces: string | undefined, { reference }: Pick<Message, 'reference'>) =>
  bounces !== undefined && reference !== undefined && { from: bounces.replace('@', `+${reference}@`) }

interface Mail {
  envelope: SMTPConnection.Envelope
  content: Buffer
}

/** The way to one server. `send` throws `SendError`. */
interface Line {
  host: string
  send(mail: Mail, patience: number): Promise<void>
}

function openLine(url: string): Line {
  const server = readMailServer(url)
  // Connections that wait for the next mail, with how many they have carried. They end by themselves.
  const waiting = new Map<SMTPConnection, number>()
  return {
    host: server.host,
    async send({ envelope, content }, patience) {
      const [kept] = waiting
      const [connection, carried] = kept ?? [newConnection(server), 0]
      waiting.delete(connection)
      const forget = () => waiting.delete(connection)
      if (!kept) connection.on('error', forget).on('end', forget)
      await inTime(
        connection,
        async () => {
          if (!kept) await signOn(connection, server)
          await ask(connection, done => connection.send(envelope, content, done))
        },
        patience,
      )
      if (carried + 1 < MAILS_AT_MOST && !connection.destroyed) waiting.set(connection, carried + 1)
      else connection.quit()
    },
  }
}

/** Connects, encrypts and signs on as for a mail, and sends none. Throws `SendError`. */
export async function tryMailServer(server: MailServer, patience = SEND_DEADLINE): Promise<void> {
  const connection = newConnection(server).on('error', () => {})
  await inTime(connection, () => signOn(connection, server), patience)
  connection.quit()
}

function newConnection(server: MailServer): SMTPConnection {
  const { host, port, secure, near, ca, fingerprint } = server
  return new SMTPConnection({
    host,
    port,
    secure,
    // Otherwise an attacker who removes the offer of TLS from the greeting reads the account's password and every code.
    requireTLS: !near,
    tls: { ...(ca !== undefined && { ca }), rejectUnauthorized: !near && fingerprint === undefined },
    dnsTimeout: 5 * SECOND,
    connectionTimeout: 5 * SECOND,
    greetingTimeout: 5 * SECOND,
    socketTimeout: SEND_DEADLINE,
    socketCloseTimeout: 0, // a server that hangs would not answer goodbye either
  })
}

async function signOn(connection: SMTPConnection, { fingerprint, user, password }: MailServer) {
  await ask(connection, done => connection.connect(done))
  if (fingerprint !== undefined) {
    const { fingerprint256 } = (connection._socket as TLSSocket).getPeerCertificate()
    if (fingerprint256 !== fingerprint) throw withCode('ERR_TLS_OTHER_FINGERPRINT')
  }
  if (user && connection.allowsAuth)
    await ask(connection, done => connection.login({ user, credentials: { user, pass: password } }, done))
}

/** One step on a connection, which may end or fail by itself meanwhile. */
function ask(connection: SMTPConnection, work: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const ended = () => over(withCode('ECONNECTION'))
    const over = (error?: Error | null) => {
      connection.off('error', over).off('end', ended)
      if (error) reject(error)
      else resolve()
    }
    connection.on('error', over).on('end', ended)
    work(over)
  })
}

const withCode = (code: string) => Object.assign(new Error(code), { code })

/** Bounds the whole exchange, because a server that answers a little now and then keeps each step alive. Ends the connection after a failure. */
async function inTime(connection: SMTPConnection, work: () => Promise<void>, patience = SEND_DEADLINE) {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(withCode('ETIMEDOUT')), patience)
  })
  try {
    await Promise.race([work(), late])
  } catch (error) {
    connection.close()
    throw asSendError(error as SmtpError)
  } finally {
    clearTimeout(timer)
  }
}

type SmtpError = Error & { responseCode?: number; originalCode?: string; code?: string; command?: string }

function asSendError({ responseCode, originalCode, code, command }: SmtpError): SendError {
  // A server without TLS refuses to begin it; its own status says less than ETLS.
  const status = code === 'ETLS' ? undefined : responseCode
  const reason = code === 'ETIMEDOUT' ? 'timeout' : String(status ?? originalCode ?? code ?? 'unreachable')
  return new SendError('mail server', reason, isFinal(responseCode, command))
}

/** Whether the server refused this reader or this text for good. Refusals of the account or the sender are an operator's to mend. */
const isFinal = (status = 0, command = '') => status >= 550 && status <= 554 && /^(RCPT TO|DATA)$/.test(command)
