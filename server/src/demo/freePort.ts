import { type AddressInfo, createServer } from 'node:net'

/** A port of this machine that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const holder = createServer()
  await new Promise<void>(done => holder.listen(0, '127.0.0.1', done))
  const { port } = holder.address() as AddressInfo
  await new Promise(done => holder.close(done))
  return port
}
