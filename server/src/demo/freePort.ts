import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** The ports that this process was given: who was may not listen yet. */
const given = new Set<number>()

/** A port of this machine on which nobody listens, below those that systems give to connections: none takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    if (given.has(port)) continue
    given.add(port)
    const holder = createServer()
    const isFree = await once(holder.listen(port, '127.0.0.1'), 'listening').then(
      () => true,
      () => false,
    )
    await new Promise(done => holder.close(done))
    if (isFree) return port
  }
}
