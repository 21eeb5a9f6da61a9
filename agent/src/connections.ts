import type { Client } from 'ldapts'
import type { Configuration } from './configuration.ts'

/** A firewall forgets an idle connection after a minute or later, and does not say so. */
const IDLE = 20_000

/** An older one is ended: a directory judges some rights by what it read at the bind. */
const LASTS = 5 * 60_000

/** So many rest at the same time. */
const AT_MOST = 64

/** Connections on which the service is bound, kept for the next operation: a new one takes a handshake and a bind. */
export interface Connections {
  take(configuration: Configuration, url: string): Client | undefined
  /** Keeps one that is still bound, or ends it. */
  give(configuration: Configuration, url: string, client: Client): Promise<void>
  /** Ends those that rest. Who gives one back later ends it. */
  close(): void
}

export function keepConnections(): Connections {
  const resting: { client: Client; of: string; timer: NodeJS.Timeout }[] = []
  const opened = new WeakMap<Client, number>()
  let closed = false
  const end = (client: Client) => client.unbind().catch(() => {})
  const remove = (client: Client) => {
    const at = resting.findIndex(one => one.client === client)
    if (at >= 0) clearTimeout(resting.splice(at, 1)[0]!.timer)
  }
  const keyOf = (configuration: Configuration, url: string) => JSON.stringify([url, configuration])
  return {
    take(configuration, url) {
      const of = keyOf(configuration, url)
      const found = resting.findLast(one => one.of === of && one.client.isBound)
      if (found) remove(found.client)
      return found?.client
    },
    async give(configuration, url, client) {
      const since = opened.get(client) ?? Date.now()
      opened.set(client, since)
      if (closed || !client.isBound || resting.length >= AT_MOST || Date.now() - since > LASTS) return end(client)
      const timer = setTimeout(() => {
        remove(client)
        void end(client)
      }, IDLE).unref()
      resting.push({ client, of: keyOf(configuration, url), timer })
    },
    close() {
      closed = true
      for (const { client } of [...resting]) {
        remove(client)
        void end(client)
      }
    },
  }
}
