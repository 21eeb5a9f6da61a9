import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A mail server on loopback that keeps only awaited codes. */
export interface Mailbox {
  /** The value of `LATCHKEY_SMTP_URL`. */
  url: string
  /** Waits for the next code to this address; to be called before the code is asked for. Rejects after ten seconds. */
  nextCode(address: string): Promise<string>
  /** Mails taken so far. */
  received(): number
  close(): void
}

const PATIENCE = 10_000

/**
 * Opens a mailbox. It speaks just enough SMTP (RFC 5321) for a client that behaves, because it shares the measured
 * machine. A complete server would cost several times as much for each mail.
 */
export async function openMailbox(): Promise<Mailbox> {
  const waiting = new Map<string, (code: string) => void>()
  const sockets = new Set<Socket>()
  let received = 0
  const server = createServer(socket => {
    sockets.add(socket.setNoDelay(true))
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {}) // a server that was killed resets its connections
    converse(socket, (address, mail) => {
      received++
      // Of the plain text alone, which is the whole of a mail without parts: colours and boundaries have six digits too.
      const text = /^content-type: text\/plain[\s\S]*?\r\n\r\n([\s\S]*?)(?:\r\n--|$(?![\s\S]))/im.exec(mail)?.[1] ?? ''
      const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0]
      if (code === undefined) return // a notice
      waiting.get(address)?.(code)
      waiting.delete(address)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => received,
    nextCode: address =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no code came for ${address}`)), PATIENCE)
        waiting.set(address, code => {
          clearTimeout(late)
          resolve(code)
        })
      }),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function converse(socket: Socket, take: (address: string, mail: string) => void) {
  let pending = ''
  let address = ''
  let inMail = false
  socket.write('220 mailbox\r\n')
  socket.setEncoding('latin1').on('data', (text: string) => {
    pending += text
    for (;;) {
      const mark = inMail ? '\r\n.\r\n' : '\r\n'
      const end = pending.indexOf(mark)
      if (end < 0) return
      const piece = pending.slice(0, end)
      pending = pending.slice(end + mark.length)
      if (inMail) {
        take(address, piece)
        inMail = false
        socket.write('250 taken\r\n')
        continue
      }
      const verb = piece.slice(0, 4).toUpperCase()
      if (verb === 'RCPT') address = /<([^>]*)>/.exec(piece)?.[1] ?? ''
      inMail = verb === 'DATA'
      socket.write(inMail ? '354 go on\r\n' : verb === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n')
      if (verb === 'QUIT') socket.end()
    }
  })
}
