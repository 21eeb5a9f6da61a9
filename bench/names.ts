import { Packet } from 'dns2'
import { openNameServer } from '../server/src/demo/index.ts'

/** A name server on loopback that says of every domain that it takes mail. `address`: the value of `LATCHKEY_DNS`. */
export async function openNames(): Promise<{ address: string; close(): unknown }> {
  const { port, close } = await openNameServer(request => {
    const response = Packet.createResponseFromRequest(request)
    const { name, type } = request.questions[0]!
    response.header.ra = 1
    if (type === Packet.TYPE.MX)
      response.answers.push({
        ...{ name, type, class: Packet.CLASS.IN, ttl: 60, priority: 10, exchange: `mail.${name}` },
      } as (typeof response.answers)[number])
    return response
  })
  return { address: `127.0.0.1:${port}`, close }
}
