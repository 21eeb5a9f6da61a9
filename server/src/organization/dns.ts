import { getServers } from 'node:dns'
import { SECOND } from '../clock.ts'
import { isPublic } from '../targets/index.ts'
import { diagnose, type Finding, hasFailed, holds } from './diagnosis.ts'
import { namesAbove } from './names.ts'
import { type Asked, askServer } from './resolver.ts'

/** What the DNS says of a domain's proof just now (work accounts on the wire, §1.4). */
export interface DnsCheck {
  /** `error`: too many resolvers failed to tell. */
  result: 'verified' | 'pending' | 'error'
  asked: Asked[]
  /** The gravest first. */
  diagnosis: Finding[]
  /** The domain's own servers by name, where they were looked for. */
  nameServers: string[]
}

/** The way to the resolvers that domains are proven by. */
export interface Dns {
  /** Looks for a text at a name and at `_latchkey.` below it. Never throws. */
  check(name: string, proof: string): Promise<DnsCheck>
  /** The servers that answer for a name, by their names; none where that cannot be told in time. */
  nameServers(name: string): Promise<string[]>
}

/** How long a whole check may take. */
const DEADLINE = 8 * SECOND

/** How long the domain's own servers are looked for, where nobody waits for more. */
const GUESS = 2 * SECOND

/** Own servers of a domain that are asked. */
const OWN_AT_MOST = 4

const DNS_PORT = 53

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

  /** The zone's servers by name, and what was asked for it. */
  const findOwn = async (name: string, signal: AbortSignal): Promise<string[]> => {
    const [group = []] = groups()
    const asked = (await askGroup(group, { name, type: 'NS', signal })).at(-1)
    const zone = asked?.zone
    const found = namesIn(asked)
    if (found.length > 0 || zone === undefined || zone === name) return found
    return namesIn((await askGroup(group, { name: zone, type: 'NS', signal })).at(-1))
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
      if (result !== 'pending')
        return { result, asked, diagnosis: diagnose({ ...given, elsewhere: [], own: [] }), nameServers: [] }
      const [group = []] = groups()
      const [elsewhere, [nameServers, own]] = await Promise.all([
        askHosts(wrongHostsOf(name), group),
        findOwn(name, signal).then(async names => [names, await askOwn(names, name, signal)] as const),
      ])
      return {
        ...{ result, nameServers, asked: [...asked, ...elsewhere.flat(), ...own] },
        diagnosis: diagnose({ ...given, elsewhere: elsewhere.map(one => one.at(-1)!), own }),
      }
    },
    nameServers: name => findOwn(name, within(GUESS)),
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
