import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Sockets that listen on the port, where the system shares connections out among them (SO_REUSEPORT).
 * Node accepts one connection a turn of its loop from each. Turns are long in a flood: with one socket a newcomer waited
 * seconds behind the flood's own connections.
 */
const SOCKETS = process.platform === 'linux' ? 16 : 1

/** The most connections that the system lets wait. Beyond it, people try again seconds later. */
const BACKLOG = 4_096

/**
 * Opens the port until `app` closes; 0: a free one. Returns the port, and throws the system's error where it is taken.
 * A name of several addresses gets one socket on each, and the others on the first.
 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<number> {
  const several = SOCKETS > 1
  // Shared sockets would also share the port with a second server of the same account, unseen. Two that start in the
  // same moment still can.
  if (several && port !== 0) await refuseTaken(host, port)
  // The options of the HTTP server's own socket.
  const others = Array.from({ length: SOCKETS - 1 }, () =>
    createServer({ allowHalfOpen: true, noDelay: true }, connection => app.server.emit('connection', connection)),
  )
  // Before the close: the HTTP server waits for the connections of its own socket alone.
  app.addHook('preClose', async () => {
    await Promise.all([app.server, ...others].map(one => new Promise(ended => one.close(ended))))
  })
  const shared = { host, backlog: BACKLOG, reusePort: several }
  await app.listen({ ...shared, port, listenTextResolver: () => 'listening' })
  const opened = (app.server.address() as AddressInfo).port
  for (const one of others) await once(one.listen({ ...shared, port: opened }), 'listening')
  return opened
}

/** Throws `EADDRINUSE` where somebody listens on the port. */
async function refuseTaken(host: string, port: number) {
  const probe = createServer().listen({ host, port, exclusive: true })
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}
