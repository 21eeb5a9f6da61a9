import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Packet, TCPServer, UDPServer } from 'dns2'
import { readData, type Zone, type ZoneRecord } from './zone.ts'

/** Answers one question; undefined: with silence. */
export type Respond = (request: Packet, transport: 'udp' | 'tcp') => Packet | undefined

/** Opens a name server on loopback, by UDP and TCP at one free port. */
export async function openNameServer(respond: Respond): Promise<{ port: number; close(): void }> {
  const answer = (transport: 'udp' | 'tcp') => (request: Packet, send: (response: Packet) => Promise<Buffer>) => {
    const response = request.questions.length === 1 ? respond(request, transport) : undefined
    // Who asked may be gone.
    if (response) void send(response).catch(() => {})
  }
  // A port that is free for UDP may be taken for TCP.
  for (;;) {
    const udp = new UDPServer(answer('udp'))
    const tcp = new TCPServer(answer('tcp'))
    await udp.listen(0, '127.0.0.1')
    const { port } = udp.address() as AddressInfo
    tcp.listen(port, '127.0.0.1')
    const opened = await once(tcp, 'listening').catch(() => undefined)
    if (opened) {
      // A start that fails ends its process all the same.
      udp.unref()
      tcp.unref()
      return {
        port,
        close() {
          udp.close()
          tcp.close()
        },
      }
    }
    udp.close()
  }
}

/** Serves the demonstration's zone, of which the address is noted there. */
export async function serveZone(zone: Zone): Promise<{ close(): void }> {
  const server = await openNameServer((request, transport) => respondFrom(zone, request, transport))
  zone.server = `127.0.0.1:${server.port}`
  return server
}

type Resource = Packet['answers'][number]

const resource = (name: string, type: number, ttl: number, data: object) =>
  ({ name, type, class: Packet.CLASS.IN, ttl, ...data }) as Resource

/** Aliases that are followed for one question. */
const HOPS = 8

/** Seconds that a "no" counts. */
const NO_LASTS = 300

function respondFrom(zone: Zone, request: Packet, transport: 'udp' | 'tcp'): Packet | undefined {
  const { name, type } = request.questions[0]!
  const { fault, apex, staleFor } = zone.find(name)
  if (fault === 'timeout') return undefined
  const response = Packet.createResponseFromRequest(request)
  const { header, answers, authorities, additionals } = response
  header.ra = 1
  if (fault === 'servfail' || fault === 'refused') {
    header.rcode = fault === 'servfail' ? Packet.RCODE.SERVFAIL : Packet.RCODE.REFUSED
    return response
  }
  if (fault === 'truncate' && transport === 'udp') {
    header.tc = 1
    return response
  }
  if (staleFor === undefined) header.aa = 1
  else additionals.push(Packet.Resource.EDNS([Packet.Resource.EDNS.EDE(Packet.EDE.STALE_ANSWER)]) as Resource)
  let at = name
  for (let hop = 0; hop < HOPS; hop++) {
    const { records } = zone.find(at)
    if (records === undefined && hop === 0) header.rcode = Packet.RCODE.NXDOMAIN
    const alias = records?.find(one => one.type === 'CNAME')
    for (const one of records ?? [])
      if (one === alias || Packet.TYPE[one.type] === type)
        answers.push(resource(at, Packet.TYPE[one.type], staleFor ?? one.ttl, dataOf(one)))
    if (!alias || type === Packet.TYPE.CNAME) break
    at = alias.data
  }
  const start = { primary: 'ns1.example', admin: 'hostmaster.example', serial: 1, refresh: 1, retry: 1, expiration: 1 }
  const authority = apex && resource(apex, Packet.TYPE.SOA, staleFor ?? NO_LASTS, { ...start, minimum: NO_LASTS })
  if (authority && type === Packet.TYPE.SOA && apex === name) answers.push(authority)
  else if (authority && answers.length === 0) authorities.push(authority)
  return response
}

/** The data of a record by the names that the library gives them. */
function dataOf(record: ZoneRecord): object {
  const { strings, host, priority } = readData(record)!
  switch (record.type) {
    case 'TXT':
      return { data: strings }
    case 'MX':
      return { exchange: host, priority }
    case 'NS':
      return { ns: host }
    case 'CNAME':
      return { domain: host }
    default:
      return { address: host }
  }
}
