import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

/**
 * The bytes that a browser gets for a page and everything of ours that it loads, compressed as a browser takes them. A
 * company's own logo is not among them: its size is the company's choice. `known`: what parts weigh that were loaded before.
 */
export async function firstLoad(
  origin: string,
  path: string,
  { cookies = new Map(), known = new Map() }: { cookies?: Map<string, string>; known?: Map<string, number> } = {},
): Promise<number> {
  const page = await load(origin, path, cookies)
  const links = page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+|\/branding\/[^"]+\.css)"/g)
  const parts = new Set([...links].map(([, link]) => link!))
  for (const link of parts) if (!known.has(link)) known.set(link, (await load(origin, link)).bytes)
  return [...parts].reduce((sum, link) => sum + known.get(link)!, page.bytes)
}

/** Follows where it leads. */
async function load(origin: string, path: string, cookies = new Map<string, string>()) {
  const headers = {
    accept: 'text/html,*/*',
    'accept-encoding': 'gzip, br',
    cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  }
  const { status, location, encoding, body } = await new Promise<Loaded>((resolve, reject) => {
    const sent = request(new URL(path, origin), { headers }, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      const { location, 'content-encoding': encoding } = response.headers
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, location, encoding, body: Buffer.concat(parts) }),
      )
    })
    sent.once('error', reject).end()
  })
  if (status >= 300 && status < 400 && location) return load(origin, location, cookies)
  if (status >= 500 || (status >= 400 && path.startsWith('/assets/'))) throw new Error(`${path} failed: ${status}`)
  const plain = encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body
  return { bytes: body.length, text: plain.toString() }
}

interface Loaded {
  status: number
  location: string | undefined
  encoding: string | undefined
  body: Buffer
}
