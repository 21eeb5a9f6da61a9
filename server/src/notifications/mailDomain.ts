import { Resolver } from 'node:dns/promises'
import { SECOND } from '../clock.ts'

/** Whether mail can be sent to a domain at all. `unknown`: the DNS gave no answer, so that only a try can tell. */
export type MailDomains = (domain: string) => Promise<'found' | 'none' | 'unknown'>

/** How long a whole look-up may take. */
const DEADLINE = 8 * SECOND

/** Asks these resolvers, or without any the ones of this machine, where mail of a domain goes (RFC 5321, §5.1). */
export function openMailDomains(servers: readonly string[], { deadline = DEADLINE } = {}): MailDomains {
  return async domain => {
    const resolver = new Resolver({ timeout: 2 * SECOND, tries: 2 })
    if (servers.length > 0) resolver.setServers(servers)
    const late = setTimeout(() => resolver.cancel(), deadline)
    try {
      const exchanges = await resolver.resolveMx(domain).catch(none)
      // A single one without a name says that there is no mail here (RFC 7505).
      if (exchanges.length > 0) return exchanges.some(({ exchange }) => exchange !== '') ? 'found' : 'none'
      const addresses = await Promise.all([
        resolver.resolve4(domain).catch(none),
        resolver.resolve6(domain).catch(none),
      ])
      return addresses.flat().length > 0 ? 'found' : 'none'
    } catch {
      return 'unknown' // the mail server then finds out itself, and tells
    } finally {
      clearTimeout(late)
    }
  }
}

function none(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENODATA' || error.code === 'ENOTFOUND') return []
  throw error
}
