import type { Trail } from '../act.ts'
import { refuse } from './errors.ts'

/** How long each may be, in characters. */
const LIMITS = { reason: 200, ticket: 64 }

/**
 * Why a caller acts, as it says in `Latchkey-Reason` and `Latchkey-Ticket`: in UTF-8, percent-encoded where it is no
 * ASCII. Throws `reason_invalid`.
 */
export function readStated(headers: Record<string, string | undefined>): Pick<Trail, 'reason' | 'ticket'> {
  const found = Object.entries(LIMITS).flatMap(([name, limit]) => {
    const text = decoded(headers[`latchkey-${name}`] ?? '').trim()
    if ([...text].length > limit || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
      throw refuse('reason_invalid', { field: `Latchkey-${name[0]!.toUpperCase()}${name.slice(1)}` })
    return text === '' ? [] : [[name, text]]
  })
  return Object.fromEntries(found)
}

/** A text with a percent sign that encodes nothing is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
