// The package has no types of its own. Here stands what Latchkey uses of it.
declare module 'smpp' {
  import type { EventEmitter } from 'node:events'
  import type { Server, Socket } from 'node:net'

  export interface Pdu {
    command_status: number
    [field: string]: unknown
    response(fields?: object): Pdu
  }

  type Ask = (fields: object, done: (answer: Pdu) => void) => boolean

  export interface Session extends EventEmitter {
    socket: Socket
    bind_transceiver: Ask
    submit_sm: Ask
    enquire_link: Ask
    deliver_sm: Ask
    send(pdu: Pdu): boolean
    close(): void
    destroy(): void
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'close', listener: () => void): this
    on(
      event: 'enquire_link' | 'deliver_sm' | 'unbind' | 'bind_transceiver' | 'submit_sm',
      listener: (pdu: Pdu) => void,
    ): this
  }

  const smpp: {
    connect(options: { host: string; port: number; tls: boolean; servername?: string }): Session
    createServer(options: { key?: string; cert?: string }, listener: (session: Session) => void): Server
    encodings: { ASCII: { encode(text: string): Buffer; decode(bytes: Buffer): string } }
  }
  export default smpp
}
