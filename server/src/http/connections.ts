import { BlockList, isIP, type Server, type Socket } from 'node:net'
import { networkOf } from '../crypto/index.ts'
import { plainAddress } from './visit.ts'

/**
 * Connections that one address may hold. An office that arrives within a quarter of an hour needs fewer; so many slow
 * ones cost a few megabytes.
 */
const AT_MOST = 200

/** Ends each further connection of an address. Proxies are exempt, because they hold everybody's. */
export function limitConnections(server: Server, proxies: readonly string[]) {
  const exempt = new BlockList()
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    exempt.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  const held = new Map<string, number>()
  // The first listener, so that nothing of a refused connection is read.
  server.prependListener('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '')
    const version = isIP(address)
    if (version === 0 || exempt.check(address, version === 6 ? 'ipv6' : 'ipv4')) return
    const network = networkOf(address)
    const now = (held.get(network) ?? 0) + 1
    if (now > AT_MOST) return socket.destroy()
    held.set(network, now)
    socket.once('close', () => {
      const left = (held.get(network) ?? 1) - 1
      if (left === 0) held.delete(network)
      else held.set(network, left)
    })
  })
}
