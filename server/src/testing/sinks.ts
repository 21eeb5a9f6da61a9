import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { privateKey } from './certificates.ts'

/** A mail as it arrived: its envelope, and what stands in it. */
export interface ArrivedMail {
  from: string
  to: string[]
  raw: string
  parsed: ParsedMail
}

/**
 * A real mail server on loopback. `refuseWith`: the status that it answers to the next messages with, until it is unset.
 * `silent`: it takes each message and never says so; `held`: how many it took so.
 */
export interface MailSink {
  url: string
  mails: ArrivedMail[]
  refuseWith: number | undefined
  silent: boolean
  held: number
}

/** Starts a mail server that keeps what it gets; closed after the test file. `certificate`: what it shows over TLS; without one it speaks in the clear alone. */
export async function mailSink({
  certificate,
  secure = false,
}: {
  certificate?: string
  secure?: boolean
} = {}): Promise<MailSink> {
  const sink: MailSink = { url: '', mails: [], refuseWith: undefined, silent: false, held: 0 }
  const server = new SMTPServer({
    authOptional: true,
    ...(certificate ? { cert: certificate, key: privateKey, secure } : { disabledCommands: ['STARTTLS'] }),
    logger: false,
    closeTimeout: 20, // a sender keeps its connections for the next mail
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        if (sink.silent) {
          sink.held++
          return
        }
        if (sink.refuseWith !== undefined)
          return done(Object.assign(new Error('refused'), { responseCode: sink.refuseWith }))
        const raw = Buffer.concat(chunks).toString('utf8')
        const { mailFrom, rcptTo } = session.envelope
        sink.mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          parsed: await simpleParser(raw),
        })
        done()
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  after(() => new Promise<void>(resolve => server.close(() => resolve())))
  server.on('error', () => {}) // clients that refuse a certificate
  sink.url = `${secure ? 'smtps' : 'smtp'}://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  return sink
}

/** The names and addresses in the To line. */
export const readersOf = (mail: ArrivedMail) =>
  [mail.parsed.to ?? []].flat().flatMap((line: AddressObject) => line.value.map(({ address }) => address))

/** The far side of a gateway for text messages and calls. `answerWith`: its status; `answer`: what it says. */
export interface GatewaySink {
  url: string
  requests: { method: string; body: unknown; authorization: string | undefined }[]
  answerWith: number
  answer: string
}

/** Starts an HTTP server that keeps what it gets; closed after the test file. */
export async function gatewaySink(): Promise<GatewaySink> {
  const sink: GatewaySink = { url: '', requests: [], answerWith: 202, answer: '{}' }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', headers } = request
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || 'null')
      sink.requests.push({ method, body, authorization: headers.authorization })
      response.writeHead(sink.answerWith, { location: '/elsewhere' }).end(sink.answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  sink.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`
  return sink
}
