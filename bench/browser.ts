import { Agent, request } from 'node:http'

export interface Answer {
  status: number
  body: string
  location?: string | undefined
}

/** One browser: it keeps the cookies that it is given, and shares its connections with the others. */
export interface Browser {
  get(path: string): Promise<Answer>
  /** The same path as a page. */
  page(path: string): Promise<Answer>
  post(path: string, json: unknown): Promise<Answer>
  /** Posts fields as a form, and takes JSON. */
  form(path: string, fields: Record<string, string>): Promise<Answer>
}

/** Opens browsers at a server. */
export interface Browsers {
  fresh(): Browser
  close(): void
}

const PATIENCE = 20_000
const JSON_TYPE = 'application/json'

/** A body of this type, and whether a page is asked for. */
interface Sent {
  body?: string
  type?: string
  page?: boolean
}

/** Browsers that ask `origin` for JSON, over connections that stay open; each says, as a proxy would, that it has an address of its own. */
export function browsersAt(origin: string): Browsers {
  const { hostname, port } = new URL(origin)
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1_000 })
  return {
    fresh() {
      const cookies = new Map<string, string>()
      const address = `10.${[0, 1, 2].map(() => Math.floor(Math.random() * 256)).join('.')}`
      const ask = (method: string, path: string, { body, type = JSON_TYPE, page = false }: Sent = {}) =>
        new Promise<Answer>((resolve, reject) => {
          const headers: Record<string, string | number> = {
            accept: page ? 'text/html' : JSON_TYPE,
            'user-agent': 'bench',
            'x-forwarded-for': address,
          }
          if (cookies.size > 0) headers.cookie = [...cookies].map(pair => pair.join('=')).join('; ')
          if (body !== undefined) {
            headers['content-type'] = type
            headers['content-length'] = Buffer.byteLength(body)
          }
          const sent = request({ hostname, port, agent, method, path, headers, timeout: PATIENCE }, response => {
            for (const line of response.headers['set-cookie'] ?? []) {
              const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
              cookies.set(name, value)
            }
            let text = ''
            response.setEncoding('utf8')
            response.on('data', part => {
              text += part
            })
            response.once('end', () =>
              resolve({ status: response.statusCode ?? 0, body: text, location: response.headers.location }),
            )
          })
          sent.once('error', reject).once('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)))
          sent.end(body)
        })
      return {
        get: path => ask('GET', path),
        page: path => ask('GET', path, { page: true }),
        post: (path, json) => ask('POST', path, { body: JSON.stringify(json) }),
        form: (path, fields) =>
          ask('POST', path, { body: `${new URLSearchParams(fields)}`, type: 'application/x-www-form-urlencoded' }),
      }
    },
    close: () => agent.destroy(),
  }
}
