import { SendError } from '../senders.ts'

/** More than an answer with a price needs. */
const LONGEST_ANSWER = 16 * 1024

/** What a gateway answers: `text` to its end, or nothing of one that is too long. */
export interface Answer {
  status: number
  text: string
}

/** Posts to a gateway, which has `patience` ms. Throws `SendError` where no answer comes. */
export async function ask(
  url: URL,
  { type, body, headers, patience }: { type: string; body: string; headers?: Record<string, string>; patience: number },
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
    redirect: 'error', // a redirect would carry number and code to another host
    signal: AbortSignal.timeout(patience),
  }).catch((error: unknown) => {
    throw new SendError('gateway', networkCode(error), false)
  })
  return { status: response.status, text: await readBeginning(response) }
}

/** Throws `SendError` for a status that is none of success. Too many at once, and a server's own fault, pass. */
export function demandSuccess(status: number): void {
  if (status >= 200 && status < 300) return
  throw new SendError('gateway', String(status), status >= 400 && status < 500 && status !== 429)
}

/** The header for a name and a password (RFC 7617). */
export const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

/** An answer as JSON; an empty object where it is none. Never throws: what was taken must not be sent again. */
export function readJson(text: string): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The text of an answer, to its end or to where it is too long. Never throws: what was taken must not be sent again. */
async function readBeginning(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      // Leaving the loop gives the rest back unread.
      if (text.length > LONGEST_ANSWER) return ''
    }
    return text
  } catch {
    return ''
  }
}

/** The reason that `fetch` failed, as a code: its messages quote addresses. */
export function networkCode(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return 'timeout'
  return cause?.code ?? (cause?.message === 'unexpected redirect' ? 'redirect' : 'unreachable')
}
