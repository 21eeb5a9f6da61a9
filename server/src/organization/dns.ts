import { getServers } from 'node:dns'
import { SECOND } from '../clock.ts'
import { namesAbove } from '../directory/index.ts'
import { isPublic } from '../targets/index.ts'
import { diagnose, type Finding, hasFailed, holds } from './diagnosis.ts'
import { type Asked, askServer } from './resolver.ts'

/** What the DNS says of a domain's proof just now (work accounts on the wire, §1.4). */
export interface DnsCheck {
  /** `error`: too many resolvers failed to tell. */
  result: 'verified' | 'pending' | 'error'
  asked: Asked[]
  /** The gravest first. */
  diagnosis: Finding[]
  /** The zone that the domain is in, where that was looked for and found. */
  zone?: Zone | undefined
}

/** A zone of the DNS, and the names of its servers. */
export interface Zone {
  name: string
  servers: string[]
}

/** The way to the resolvers that domains are proven by. */
export interface Dns {
  /** Looks for a text at a name and at `_latchkey.` below it. Never throws. */
  check(name: string, proof: string): Promise<DnsCheck>
  /** The zone that a name is in; undefined where that cannot be told in time. */
  zone(name: string): Promise<Zone | undefined>
}

/** How long a whole check may take. */
const DEADLINE = 8 * SECOND

/** How long a zone alone is looked for: somebody waits for the page. */
const GUESS = 2 * SECOND

/** Own servers of a domain that are asked. */
const OWN_AT_MOST = 4

const DNS_PORT = 53

/** Where the record may stand, as its owner writes it into the zone, and the seconds that it should count. */
export const RECORD_HOSTS = ['@', '_latchkey'] as const
export const RECORD_TTL = 3_600

/** Where a name's owner may write the text: the name itself cannot carry one where it is an alias. */
export const hostsOf = (name: string) => [name, `_latchkey.${name}`]

/** Where the text lands by mistake: many registrars put the zone's name behind the host that was typed. */
function wrongHostsOf(name: string): string[] {
  const [above] = namesAbove(name)
  const zones = above === undefined ? [name] : [name, above]
  const doubled = zones.flatMap(zone => hostsOf(`${name}.${zone}`))
  return [`www.${name}`, ...(above === undefined ? [] : [above]), ...doubled].filter(host => host.length <= 253)
}

/**
 * Opens the way to these resolvers, each of which must give the text; without any, to the ones of this machine, of
 * which the next is asked where one fails. The domain's own servers are asked only to explain a missing text. No
 * outgoing call belongs inside a transaction.
 */
export function openDns(
  servers: readonly string[],
  { deadline = DEADLINE, ownPort = DNS_PORT, mayAsk = isPublic } = {},
): Dns {
  const groups = () => (servers.length > 0 ? servers.map(server => [server]) : [getServers()])
  const within = (milliseconds: number) => AbortSignal.timeout(milliseconds)

  const findZone = async (name: string, signal: AbortSignal): Promise<Zone | undefined> => {
    const [group = []] = groups()
    const ask = async (of: string) => (await askGroup(group, { name: of, type: 'NS', signal })).at(-1)
    const asked = await ask(name)
    const found = namesIn(asked)
    if (found.length > 0) return { name, servers: found }
    // A name within a zone is answered by the zone's own record.
    const above = asked?.zone
    if (above === undefined || above === name || !name.endsWith(`.${above}`)) return undefined
    const servers = namesIn(await ask(above))
    return servers.length > 0 ? { name: above, servers } : undefined
  }

  /** What the domain's own servers say. They are anybody's addresses, so only public ones are asked. */
  const askOwn = async (names: readonly string[], name: string, signal: AbortSignal): Promise<Asked[]> => {
    const [group = []] = groups()
    const lookUps = names
      .slice(0, OWN_AT_MOST)
      .flatMap(host => (['A', 'AAAA'] as const).map(type => askGroup(group, { name: host, type, signal })))
    const addresses = (await Promise.all(lookUps)).flatMap(asked =>
      (asked.at(-1)?.answers ?? []).flatMap(({ type, data }) => (type === 'A' || type === 'AAAA' ? [data] : [])),
    )
    const reached = [...new Set(addresses)].filter(address => mayAsk(address)).slice(0, OWN_AT_MOST)
    const asked = reached.flatMap(address =>
      hostsOf(name).map(host =>
        askServer(address.includes(':') ? `[${address}]:${ownPort}` : `${address}:${ownPort}`, {
          ...{ name: host, type: 'TXT', recurse: false, signal },
        }),
      ),
    )
    return Promise.all(asked)
  }

  return {
    async check(name, proof) {
      const signal = within(deadline)
      const askHosts = (hosts: string[], group: readonly string[]) =>
        Promise.all(hosts.map(host => askGroup(group, { name: host, type: 'TXT', signal })))
      const answers = await Promise.all(groups().map(group => askHosts(hostsOf(name), group)))
      const verdicts = answers.map(hosts => hosts.map(asked => asked.at(-1)!))
      const asked = answers.flat(2)
      const result = resultOf(verdicts, proof)
      const given = { name, proof, verdicts }
      if (result !== 'pending') return { result, asked, diagnosis: diagnose({ ...given, elsewhere: [], own: [] }) }
      const [group = []] = groups()
      const [elsewhere, [zone, own]] = await Promise.all([
        askHosts(wrongHostsOf(name), group),
        findZone(name, signal).then(async zone => [zone, await askOwn(zone?.servers ?? [], name, signal)] as const),
      ])
      return {
        ...{ result, zone, asked: [...asked, ...elsewhere.flat(), ...own] },
        diagnosis: diagnose({ ...given, elsewhere: elsewhere.map(one => one.at(-1)!), own }),
      }
    },
    zone: name => findZone(name, within(GUESS)),
  }
}

/** Asks one resolver after the other until one can tell. */
async function askGroup(group: readonly string[], question: Parameters<typeof askServer>[1]): Promise<Asked[]> {
  const asked: Asked[] = []
  for (const server of group) {
    const one = await askServer(server, question)
    asked.push(one)
    if (!hasFailed(one)) break
  }
  return asked
}

const namesIn = (asked: Asked | undefined) =>
  (asked?.answers ?? []).flatMap(({ type, data }) => (type === 'NS' ? [data] : []))

/** Every resolver must give the text at one of the hosts. Where one says that there is none, waiting or mending helps. */
function resultOf(verdicts: readonly (readonly Asked[])[], proof: string): DnsCheck['result'] {
  const found = verdicts.map(hosts => hosts.some(asked => holds(asked, proof)))
  if (found.every(Boolean)) return 'verified'
  const tells = verdicts.some((hosts, place) => !found[place] && hosts.every(asked => !hasFailed(asked)))
  return tells ? 'pending' : 'error'
}
