import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after } from 'node:test'
import { createSecureContext, TLSSocket } from 'node:tls'
import { privateKey } from './certificates.ts'

/** A mail in the mailbox. */
interface Kept {
  uid: number
  flags: Set<string>
  source: string
}

/**
 * A mailbox on an IMAP server on loopback: what a reader of mails needs of RFC 9051, and the faults of such servers.
 * `answer`: returns what is sent in place of its answer to a command, or `drop` to end the connection.
 */
export interface MailboxSink {
  url: string
  mails: Kept[]
  /** Its UIDVALIDITY. */
  validity: number
  /** The commands that came, without their tags. */
  commands: string[]
  /** Open connections. */
  sockets: Set<Socket>
  answer: ((command: string, socket: Socket) => string | undefined) | undefined
  /** Puts a mail there. */
  put(source: string): void
}

const USER = 'bounces'
const PASSWORD = 'mailbox password'

/** Starts one, closed after the test file. `certificate`: it offers STARTTLS with it. */
export async function mailboxSink({ certificate }: { certificate?: string } = {}): Promise<MailboxSink> {
  let last = 0
  const sink: MailboxSink = {
    ...{ url: '', mails: [], validity: 7, commands: [], sockets: new Set(), answer: undefined },
    put: source => void sink.mails.push({ uid: ++last, flags: new Set(), source }),
  }
  const server = createServer(socket => {
    sink.sockets.add(socket)
    socket.on('close', () => sink.sockets.delete(socket)).on('error', () => {})
    const greeting = sink.answer?.('GREETING', socket)
    if (greeting === 'drop') return socket.destroy()
    socket.write(greeting ?? `* OK [CAPABILITY ${capabilities(certificate)}] ready\r\n`)
    return serve(sink, socket, certificate)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    for (const socket of sink.sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  sink.url = `imap://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/Returned%20mails`
  return sink
}

const capabilities = (certificate?: string) =>
  `IMAP4rev1 UIDPLUS ${certificate ? 'STARTTLS LOGINDISABLED' : 'AUTH=PLAIN'}`

function serve(sink: MailboxSink, socket: Socket | TLSSocket, certificate?: string) {
  let text = ''
  /** The tag of a command that waits for the password. */
  let signingOn: string | undefined
  socket
    .on('error', () => {})
    .on('data', function read(chunk: Buffer) {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        const [, first = '', rest = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
        const [tag, command] = signingOn === undefined ? [first, rest] : [signingOn, `AUTHENTICATE PLAIN ${line}`]
        signingOn = undefined
        sink.commands.push(command)
        const instead = sink.answer?.(command, socket)
        if (instead !== undefined) {
          if (instead === 'drop') socket.destroy()
          else socket.write(instead.replaceAll('TAG', tag))
          continue
        }
        if (command === 'AUTHENTICATE PLAIN') {
          signingOn = tag
          socket.write('+ \r\n')
          continue
        }
        if (command === 'STARTTLS' && certificate) {
          socket.off('data', read)
          socket.write(`${tag} OK begin\r\n`)
          const secureContext = createSecureContext({ cert: certificate, key: privateKey })
          serve(sink, new TLSSocket(socket, { isServer: true, secureContext }))
          return
        }
        socket.write(`${answerTo(sink, command)}${tag} ${resultOf(command)}\r\n`)
      }
    })
}

const resultOf = (command: string) => (isRefused(command) ? 'NO [AUTHENTICATIONFAILED] wrong' : 'OK done')

function isRefused(command: string): boolean {
  const [, plain] = /^AUTHENTICATE PLAIN (\S+)$/.exec(command) ?? []
  if (plain !== undefined) return Buffer.from(plain, 'base64').toString() !== `\0${USER}\0${PASSWORD}`
  return command.startsWith('LOGIN ') && command !== `LOGIN "${USER}" "${PASSWORD}"`
}

function answerTo({ mails, validity }: MailboxSink, command: string): string {
  if (command === 'CAPABILITY') return `* CAPABILITY ${capabilities()}\r\n`
  if (command === 'LIST "" ""') return '* LIST (\\Noselect) "/" ""\r\n'
  if (command.startsWith('LIST')) return '* LIST () "/" "Returned mails"\r\n'
  if (command.startsWith('SELECT') || command.startsWith('EXAMINE'))
    return `* ${mails.length} EXISTS\r\n* OK [UIDVALIDITY ${validity}] valid\r\n* OK [UIDNEXT 99] next\r\n* FLAGS (\\Deleted \\Flagged)\r\n`
  if (command.startsWith('UID SEARCH')) {
    const [, first = 1, last = mails.length] = /\b(\d+):(\d+)\b/.exec(command) ?? []
    const piece = mails.slice(Number(first) - 1, Number(last))
    const found = piece.filter(({ flags }) => !flags.has('\\Deleted') && !flags.has('\\Flagged'))
    return `* SEARCH${found.map(({ uid }) => ` ${uid}`).join('')}\r\n`
  }
  const [, verb, uid] = /^UID (FETCH|STORE|EXPUNGE) (\d+)/.exec(command) ?? []
  const place = mails.findIndex(one => one.uid === Number(uid))
  const mail = mails[place]
  if (!mail) return ''
  if (verb === 'FETCH') {
    const [, length] = /BODY\.PEEK\[\]<0\.(\d+)>/.exec(command) ?? []
    const body = mail.source.slice(0, Number(length))
    return `* ${place + 1} FETCH (UID ${mail.uid} BODY[]<0> {${Buffer.byteLength(body, 'latin1')}}\r\n${body})\r\n`
  }
  if (verb === 'EXPUNGE') {
    mails.splice(place, 1)
    return `* ${place + 1} EXPUNGE\r\n`
  }
  for (const [flag] of command.matchAll(/\\\w+/g)) mail.flags.add(flag)
  return `* ${place + 1} FETCH (UID ${mail.uid} FLAGS (${[...mail.flags].join(' ')}))\r\n`
}
