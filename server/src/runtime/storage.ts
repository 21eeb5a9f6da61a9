import { setTimeout as sleep } from 'node:timers/promises'
import { SECOND } from '../clock.ts'
import type { StorageConfig } from '../config.ts'
import type { Keyring } from '../crypto/index.ts'
import { type EmbeddedServer, type Login, loginRole, openStore, type Store, startEmbedded } from '../store/index.ts'

/** How long the end of the embedded server waits for its connections. */
const DRAIN = 5 * SECOND

/** An open database and, where it is our own, the server behind it. */
export interface Storage {
  store: Store
  /** Our own server, which has to be watched. */
  embedded?: EmbeddedServer
  close(): Promise<void>
}

/** Opens the database that the configuration names, or starts (or joins) our own, unless it is `starting` already. */
export async function openStorage(
  config: StorageConfig,
  applicationName: string,
  starting?: Promise<EmbeddedServer>,
): Promise<Storage> {
  const ownerUrl = config.directUrl ?? config.databaseUrl
  if (ownerUrl) {
    const store = await openStore({ databaseUrl: ownerUrl, applicationName })
    return { store, close: () => store.close() }
  }
  const embedded = await (starting ?? startEmbedded(config.dataFolder))
  try {
    const store = await openStore({ databaseUrl: embedded.url, applicationName })
    return {
      store,
      embedded,
      async close() {
        await Promise.race([store.close(), sleep(DRAIN, undefined, { ref: false })])
        await embedded.stop()
      },
    }
  } catch (error) {
    await embedded.stop()
    throw error
  }
}

/** The login of requests' connections: DATABASE_URL beside the owner's own URL, or a login of ours on the owner's server. */
export function loginOf(
  { databaseUrl, directUrl }: Omit<StorageConfig, 'dataFolder'>,
  ownerUrl: string,
  keys: Keyring,
): Login {
  if (databaseUrl !== undefined && directUrl !== undefined) return { url: databaseUrl, passwords: [] }
  const url = new URL(ownerUrl)
  if (url.hostname === '') url.hostname = 'localhost' // a URL without one keeps no name; a socket in the query wins over it
  for (const name of ['user', 'password']) url.searchParams.delete(name)
  url.username = loginRole
  url.password = ''
  // On the socket of our own server the kernel vouches for this program.
  return {
    url: url.href,
    passwords: databaseUrl === undefined ? [] : keys.macs('login').map(mac => mac.toString('base64url')),
  }
}
