import createClient, { type Middleware } from 'openapi-fetch'
import { Problem, problemOf } from './problem.ts'
import type { paths } from './schema.d.ts'
import { currentSession, openSession, renew, type Strength } from './session.ts'

/** Tells a person why they are asked to confirm, and has them do so. Resolves false when they would rather not. */
type AskToConfirm = (strength: Strength) => Promise<boolean>

let askToConfirm: AskToConfirm = async () => false

/** The frame says how a person is asked to confirm that it is them. */
export function confirmBy(ask: AskToConfirm): () => void {
  askToConfirm = ask
  return () => {
    askToConfirm = async () => false
  }
}

/** Seconds that a request waits by itself for a busy server. */
const PATIENCE = 5
const TIMES = 2
/** Two changes at once, too many requests, a busy server: nothing was done, and the same request succeeds later. */
const LATER = [409, 429, 503]

/** Sends with today's token: renews it once, asks for a second step once, and waits for a busy server twice. */
async function send(request: Request, mayAsk = true): Promise<Response> {
  let [renewed, confirmed, waited] = [false, !mayAsk, 0]
  await openSession()
  for (;;) {
    const one = request.clone()
    one.headers.set('authorization', `Bearer ${currentSession()?.token ?? ''}`)
    const response = await fetch(one).catch(() => {
      const nothing = { fields: new Map(), requestId: undefined, retryAfter: undefined }
      throw new Problem({ status: 0, code: 'offline', kind: 'offline', ...nothing })
    })
    const challenge = response.headers.get('www-authenticate') ?? ''
    const wait = Number(response.headers.get('retry-after') ?? 1)
    if (response.status === 401 && challenge.includes('insufficient_user_authentication') && !confirmed) {
      confirmed = true
      const [, maxAge] = /max_age="(\d+)"/.exec(challenge) ?? []
      if (!(await askToConfirm({ maxAge: maxAge === undefined ? undefined : Number(maxAge) }))) return response
    } else if (response.status === 401 && !challenge.includes('insufficient') && !renewed) {
      renewed = true
      if (!(await renew().catch(() => undefined))) return response
    } else if (LATER.includes(response.status) && waited < TIMES && wait <= PATIENCE) {
      waited++
      await new Promise(resolve => setTimeout(resolve, wait * 1_000))
    } else return response
  }
}

const refused: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return
    throw problemOf(response, await response.json().catch(() => undefined))
  },
}

/** The public API. What it refuses is thrown as a Problem. */
export const api = createClient<paths>({ baseUrl: `${location.origin}/v1.0`, fetch: request => send(request) })
api.use(refused)

/** For what a page reads by itself: nobody is interrupted for a second step, and its lack is thrown as a Problem. */
export const withoutAsking = { fetch: (request: Request) => send(request, false) }

/** The value of an answer that has one. */
export const dataOf = async <T>(answer: Promise<{ data?: T }>): Promise<NonNullable<T>> => {
  const { data } = await answer
  if (data === undefined || data === null) throw new TypeError('The server answered without a value')
  return data
}
