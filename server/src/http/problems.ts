import { type Refusal, refusals } from '../refusals.ts'
import type { EnglishWords, Locale } from '../words/index.ts'

/** Every code that a refusal can carry: `npm run check` holds the words and the codes of all rooms equal. */
export type ProblemCode = Exclude<keyof EnglishWords['problems'], 'field'>

export const refuse = refusals({
  invalid_request: 400,
  not_signed_in: 401,
  cross_site: 403,
  session_restricted: 403,
  not_found: 404,
  too_large: 413,
  unsupported_media_type: 415,
  throttled: 429,
  internal: 500,
  unavailable: 503,
})

/** The words of a problem, in the reader's language. */
export function problemWords(locale: Locale, refusal: Refusal): { title: string; detail: string } {
  const code = refusal.code as ProblemCode
  const duration = locale.duration(refusal.retryAfter ?? 60)
  const reasons = refusal.errors.flatMap(error => directoryWords(locale, error.code) ?? [])
  return {
    title: locale.t(`problems.${code}.title`),
    detail: reasons.length > 0 ? reasons.join(' ') : locale.t(`problems.${code}.detail`, { duration }),
  }
}

/** Why a directory refuses a password, where the code is such a reason. */
export function directoryWords({ t }: Locale, code: string): string | undefined {
  const reason = /^directory_(\w+)$/.exec(code)?.[1] as keyof EnglishWords['problems']['field']['directory'] | undefined
  return reason && t(`problems.field.directory.${reason}`)
}

/** The problem as application/problem+json (RFC 9457). */
export function problemJson(locale: Locale, refusal: Refusal): Record<string, unknown> {
  return {
    type: 'about:blank',
    ...problemWords(locale, refusal),
    status: refusal.status,
    code: refusal.code,
    ...(refusal.number !== undefined && { number: refusal.number }),
    ...(refusal.retryAfter !== undefined && { retryAfter: refusal.retryAfter }),
    ...(refusal.errors.length > 0 && { errors: refusal.errors }),
    ...refusal.more,
  }
}
