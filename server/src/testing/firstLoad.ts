import { request } from 'node:http'

/** The bytes that a browser gets for a page and everything that it loads, compressed as a browser takes them. */
export async function firstLoad(origin: string, path: string): Promise<number> {
  const page = await load(origin, path)
  const html = await (await fetch(new URL(path, origin), { headers: { accept: 'text/html' } })).text()
  const links = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, link]) => link!)
  const parts = await Promise.all([...new Set(links)].map(link => load(origin, link)))
  return parts.reduce((sum, one) => sum + one, page)
}

const load = (origin: string, path: string) =>
  new Promise<number>((resolve, reject) => {
    const headers = { accept: 'text/html,*/*', 'accept-encoding': 'gzip, deflate, br' }
    const sent = request(new URL(path, origin), { headers }, response => {
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
      })
      response.once('end', () => (response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${path} failed`))))
    })
    sent.once('error', reject).end()
  })
