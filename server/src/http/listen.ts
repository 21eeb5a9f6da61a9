import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Sockets that listen on the port, where the system shares connections out among them (SO_REUSEPORT).
 * Node accepts one connection a turn of its loop from each. Turns are long in a flood: with one socket a newcomer waited
 * seconds behind the flood's own connections.
 */
const SOCKETS = process.platform === 'linux' ? 16 : 1

/** As many connections as the system lets wait: where they do not fit, people try again seconds later. */
const BACKLOG = 4_096

/** Opens the port, for as long as `app` is open. Gives the port, and throws what the system says where it cannot be had. */
export async function listen(app: FastifyInstance, address: { host: string; port: number }): Promise<number> {
  // Sockets that share a port share it with those of a second server too, and nobody would be told.
  const port = SOCKETS > 1 ? await freePort(address) : address.port
  const options = { host: address.host, port, backlog: BACKLOG, reusePort: SOCKETS > 1 }
  // The options of the HTTP server's own socket.
  const others = Array.from({ length: SOCKETS - 1 }, () =>
    createServer({ allowHalfOpen: true, noDelay: true }, connection => app.server.emit('connection', connection)),
  )
  // Here and not after: the HTTP server itself waits for the connections of its own socket alone.
  app.addHook('preClose', async () => {
    await Promise.all([app.server, ...others].map(one => new Promise(ended => one.close(ended))))
  })
  await app.listen({ ...options, listenTextResolver: () => 'listening' })
  for (const one of others) await once(one.listen(options), 'listening')
  return (app.server.address() as AddressInfo).port
}

/** The port, or a free one for 0, after nobody else was found to listen on it. */
async function freePort({ host, port }: { host: string; port: number }): Promise<number> {
  const probe = createServer().listen({ host, port, exclusive: true })
  await once(probe, 'listening')
  const found = (probe.address() as AddressInfo).port
  probe.close()
  await once(probe, 'close')
  return found
}
