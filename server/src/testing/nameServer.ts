import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { Packet, TCPServer, UDPServer } from 'dns2'

/** What a name server does with a name, in place of an answer. */
export type DnsFault = 'servfail' | 'silence'

/** A name server on loopback, by UDP and TCP. A text is a list of the strings that its record is cut into. */
export interface NameServer {
  /** For `LATCHKEY_DNS`. */
  address: string
  /** The questions so far, as "udp TXT name". */
  asked: string[]
  texts: Record<string, string[][]>
  aliases: Record<string, string>
  faults: Record<string, DnsFault>
}

/** Starts one for the test file. Names without a record do not exist; an answer that is too long for UDP is cut. */
export async function nameServer(): Promise<NameServer> {
  const zone: Omit<NameServer, 'address'> = { asked: [], texts: {}, aliases: {}, faults: {} }
  const answer = (transport: string) => (request: Packet, send: (response: Packet) => Promise<Buffer>) => {
    const { name, type } = request.questions[0]!
    const isText = type === Packet.TYPE.TXT
    zone.asked.push(`${transport} ${isText ? 'TXT' : type === Packet.TYPE.CNAME ? 'CNAME' : type} ${name}`)
    if (zone.faults[name] === 'silence') return
    const response = Packet.createResponseFromRequest(request)
    response.header.ra = 1
    const alias = zone.aliases[name]
    const texts = zone.texts[alias ?? name] ?? []
    const resource = (of: string, kind: number, data: object) =>
      response.answers.push({
        name: of,
        type: kind,
        class: Packet.CLASS.IN,
        ttl: 60,
        ...data,
      } as (typeof response.answers)[number])
    if (zone.faults[name] === 'servfail') response.header.rcode = Packet.RCODE.SERVFAIL
    else if (!alias && !zone.texts[name]) response.header.rcode = Packet.RCODE.NXDOMAIN
    else {
      if (alias) resource(name, Packet.TYPE.CNAME, { domain: alias })
      if (isText) for (const data of texts) resource(alias ?? name, Packet.TYPE.TXT, { data })
    }
    void send(response)
  }
  // A port that is free for UDP may be taken for TCP.
  for (;;) {
    const udp = new UDPServer(answer('udp'))
    const tcp = new TCPServer(answer('tcp'))
    await udp.listen(0, '127.0.0.1')
    const { port } = udp.address() as AddressInfo
    tcp.listen(port, '127.0.0.1')
    const opened = await once(tcp, 'listening').catch(() => undefined)
    if (!opened) {
      udp.close()
      continue
    }
    after(() => {
      udp.close()
      tcp.close()
    })
    return { ...zone, address: `127.0.0.1:${port}` }
  }
}
