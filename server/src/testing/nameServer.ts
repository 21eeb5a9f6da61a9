import { after } from 'node:test'
import { Packet } from 'dns2'
import { openNameServer } from '../demo/index.ts'

/** What a name server does with a name, in place of an answer. `cut`: the answer fits no UDP, and TCP says nothing; `bogus`, `stale`: as a resolver tells it (RFC 8914). */
export type DnsFault = 'servfail' | 'refused' | 'silence' | 'cut' | 'bogus' | 'stale'

/** A name server on loopback, by UDP and TCP. A text is a list of the strings that its record is cut into. */
export interface NameServer {
  /** For `LATCHKEY_DNS`. */
  address: string
  port: number
  /** The questions so far, as "udp TXT name". */
  asked: string[]
  texts: Record<string, string[][]>
  aliases: Record<string, string>
  /** Zones by name, each with the names of its servers. */
  zones: Record<string, string[]>
  /** Where mail of a name goes; an empty name: nowhere (RFC 7505). */
  exchanges: Record<string, string[]>
  /** Addresses of hosts. */
  hosts: Record<string, string>
  faults: Record<string, DnsFault>
}

/** Seconds that the records count, and a zone's "no". */
export const TTL = 60
export const NO_LASTS = 30

/** Starts one for the test file. Names without a record do not exist; an answer that is too long for UDP is cut. */
export async function nameServer(): Promise<NameServer> {
  const zone: Omit<NameServer, 'address' | 'port'> = {
    ...{ asked: [], texts: {}, aliases: {}, zones: {}, exchanges: {}, hosts: {}, faults: {} },
  }
  const { port, close } = await openNameServer((request, transport) => {
    const { name, type } = request.questions[0]!
    zone.asked.push(`${transport} ${Packet.typeName(type)} ${name}`)
    return respond(zone, request, transport)
  })
  after(close)
  return { ...zone, port, address: `127.0.0.1:${port}` }
}

function respond(zone: Omit<NameServer, 'address' | 'port'>, request: Packet, transport: 'udp' | 'tcp') {
  const { name, type } = request.questions[0]!
  const fault = zone.faults[name]
  if (fault === 'silence' || (fault === 'cut' && transport === 'tcp')) return undefined
  const response = Packet.createResponseFromRequest(request)
  const { header, answers, authorities } = response
  header.ra = 1
  const resource = (of: string, kind: number, data: object) =>
    ({ name: of, type: kind, class: Packet.CLASS.IN, ttl: TTL, ...data }) as (typeof answers)[number]
  const explain = (code: number) =>
    response.additionals.push(Packet.Resource.EDNS([Packet.Resource.EDNS.EDE(code)]) as (typeof answers)[number])
  if (fault === 'cut') header.tc = 1
  else if (fault === 'refused') header.rcode = Packet.RCODE.REFUSED
  else if (fault === 'servfail' || fault === 'bogus') header.rcode = Packet.RCODE.SERVFAIL
  if (fault === 'bogus') explain(Packet.EDE.DNSSEC_BOGUS)
  if (fault === 'stale') explain(Packet.EDE.STALE_ANSWER)
  if (header.rcode || header.tc) return response
  const alias = zone.aliases[name]
  if (alias) answers.push(resource(name, Packet.TYPE.CNAME, { domain: alias }))
  const { A, MX, NS, SOA, TXT } = Packet.TYPE
  if (type === TXT)
    for (const data of zone.texts[alias ?? name] ?? []) answers.push(resource(alias ?? name, TXT, { data }))
  if (type === NS) for (const ns of zone.zones[name] ?? []) answers.push(resource(name, NS, { ns }))
  if (type === MX)
    for (const exchange of zone.exchanges[name] ?? []) answers.push(resource(name, MX, { exchange, priority: 10 }))
  if (type === A && zone.hosts[name]) answers.push(resource(name, A, { address: zone.hosts[name] }))
  if (answers.length > 0) return response
  const apex = Object.keys(zone.zones).find(one => name === one || name.endsWith(`.${one}`))
  if (!zone.texts[name] && !zone.hosts[name] && !zone.exchanges[name] && apex !== name)
    header.rcode = Packet.RCODE.NXDOMAIN
  const start = { primary: 'ns.example', admin: 'admin.example', serial: 1, refresh: 1, retry: 1, expiration: 1 }
  if (apex) authorities.push(resource(apex, SOA, { ...start, minimum: NO_LASTS }))
  return response
}
