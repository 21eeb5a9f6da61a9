import { Resolver } from 'node:dns/promises'
import { SECOND } from '../clock.ts'

/** Looks for a text in the DNS, at a name and at `_latchkey.` below it. Fails towards `dns_unreachable`. */
export type Dns = (name: string, text: string) => Promise<'found' | 'dns_record_not_found' | 'dns_unreachable'>

/** How long a whole look-up may take. */
const DEADLINE = 8 * SECOND

/** Where a name's owner may write the text: the name itself cannot carry one where it is an alias. */
const hostsOf = (name: string) => [name, `_latchkey.${name}`]

/**
 * Opens the way to these resolvers, each of which must give the text; without any, to the ones of this machine, of
 * which the next is asked where one fails. No outgoing call belongs inside a transaction.
 */
export function openDns(servers: readonly string[], { deadline = DEADLINE } = {}): Dns {
  const groups = servers.length > 0 ? servers.map(server => [server]) : [undefined]
  return async (name, text) => {
    const answers = await Promise.all(groups.map(group => ask(group, hostsOf(name), { text, deadline })))
    if (answers.every(answer => answer === 'found')) return 'found'
    return answers.includes('dns_record_not_found') ? 'dns_record_not_found' : 'dns_unreachable'
  }
}

async function ask(
  servers: string[] | undefined,
  hosts: string[],
  { text, deadline }: { text: string; deadline: number },
) {
  const resolver = new Resolver({ timeout: 2 * SECOND, tries: 2 })
  if (servers) resolver.setServers(servers)
  const late = setTimeout(() => resolver.cancel(), deadline)
  try {
    const found = await Promise.allSettled(hosts.map(host => holds(resolver, host, text)))
    if (found.some(one => one.status === 'fulfilled' && one.value)) return 'found'
    return found.some(one => one.status === 'rejected') ? 'dns_unreachable' : 'dns_record_not_found'
  } finally {
    clearTimeout(late)
  }
}

/**
 * Whether the host holds the text itself. Behind an alias, which a wildcard makes of every name, the text is that of
 * another zone, often one in which strangers may write.
 */
async function holds(resolver: Resolver, host: string, text: string): Promise<boolean> {
  const [texts, aliases] = await Promise.all([
    resolver.resolveTxt(host).catch(none),
    resolver.resolveCname(host).catch(none),
  ])
  // A resolver sends the strings of one record apart; their cut means nothing.
  return aliases.length === 0 && texts.some(strings => strings.join('') === text)
}

function none(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENODATA' || error.code === 'ENOTFOUND') return []
  throw error
}
