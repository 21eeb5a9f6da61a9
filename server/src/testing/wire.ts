import { connect, createServer, type Server, type Socket } from 'node:net'
import { after } from 'node:test'
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls'

/** A wire from one program to another, in whose middle a test stands: it keeps what passed, holds it, and cuts. */
export interface Wire {
  port: number
  /** Where it leads: a port of the far machine. It may be changed, as a balancer does. */
  to: number
  /** What passed on each connection: there, and back. */
  passed: { there: Buffer; back: Buffer }[]
  /** Holds every answer that follows a request with these bytes. Resolves with the first that is held: the far end has spoken. */
  holdAfter(bytes: string): Promise<void>
  /** Lets go what is held, and everything that follows. */
  release(): void
  /** Cuts every connection of the moment, as a cable that breaks; what is held is lost. */
  cut(): void
}

/**
 * Opens one, until the end of the test file. `secure`: it speaks TLS to who comes, with this certificate and key.
 * `far`: the machine to which it leads, by default this one, in clear; with `tls` by TLS.
 */
export async function openWire(
  to: number,
  secure?: { cert: string; key: string },
  far: { host?: string; tls?: { ca: string; servername: string } } = {},
): Promise<Wire> {
  const { host = '127.0.0.1', tls } = far
  const pairs = new Set<{ near: Socket; far: Socket }>()
  let watched: { bytes: string; heard: () => void } | undefined
  let held: (() => void)[] = []
  const accept = (near: Socket) => {
    const far = tls ? connectSecurely({ port: wire.to, host, ...tls }) : connect(wire.to, host)
    const pair = { near, far }
    const passed = { there: Buffer.alloc(0), back: Buffer.alloc(0) }
    let holding: typeof watched
    pairs.add(pair)
    wire.passed.push(passed)
    near.on('data', data => {
      passed.there = Buffer.concat([passed.there, data])
      if (watched && data.includes(watched.bytes)) holding = watched
      far.write(data)
    })
    far.on('data', data => {
      passed.back = Buffer.concat([passed.back, data])
      if (!holding || holding !== watched) return near.write(data)
      held.push(() => near.write(data))
      holding.heard()
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
    }
  }
  const server: Server = secure ? createSecureServer(secure, accept) : createServer(accept)
  const wire: Wire = {
    ...{ port: 0, to, passed: [] },
    holdAfter: bytes => new Promise(resolve => (watched = { bytes, heard: resolve })),
    release() {
      watched = undefined
      for (const go of held) go()
      held = []
    },
    cut() {
      watched = undefined
      held = []
      for (const { near, far } of pairs) for (const end of [near, far]) end.destroy()
    },
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  wire.port = (server.address() as { port: number }).port
  after(() => {
    server.close()
    wire.cut()
  })
  return wire
}
