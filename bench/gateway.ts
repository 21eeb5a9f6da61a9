import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A gateway of text messages on loopback that counts what it takes. */
export interface Gateway {
  /** The value of `LATCHKEY_SMS_URL`. */
  url: string
  /** Text messages taken so far. */
  received(): number
  close(): void
}

export async function openGateway(): Promise<Gateway> {
  let received = 0
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      received++
      response.writeHead(202).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received: () => received,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
