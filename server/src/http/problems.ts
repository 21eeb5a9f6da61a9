import type { EnglishWords, Locale } from '../words/index.ts'

/** Every code that a refusal can carry. Stable: clients decide on it. Its words are `problems.<code>`. */
export type ProblemCode = Exclude<keyof EnglishWords['problems'], 'field'>

/** Why a new password is refused. */
export type PasswordProblem = Extract<ProblemCode, `password_${string}`>

/** Why questions and answers cannot be saved. */
export type AnswerProblem = Extract<ProblemCode, `answer_${string}` | `question_${string}`>

/** What is wrong with one field. */
export interface FieldProblem {
  field: string
  code: 'required' | 'too_long' | 'invalid' | 'unknown' | PasswordProblem | AnswerProblem
}

/** Fields that are told of, and the length of their names: a stranger may send thousands, and every one would be answered. */
const ERRORS_AT_MOST = 20
const LONGEST_NAME = 64

/** The status of every code: the catalogue. */
const statuses: Record<ProblemCode, number> = {
  invalid_request: 400,
  captcha_failed: 400,
  not_signed_in: 401,
  invalid_credentials: 401,
  cross_site: 403,
  account_disabled: 403,
  temporary_password_expired: 403,
  session_restricted: 403,
  proof_needed: 403,
  forbidden: 403,
  not_found: 404,
  wrong_state: 409,
  gates_missing: 409,
  already_finished: 409,
  registration_required: 409,
  password_reported: 409,
  nobody_to_ask: 409,
  journey_expired: 410,
  challenge_expired: 410,
  too_large: 413,
  unsupported_media_type: 415,
  phone_mismatch: 422,
  phone_invalid: 422,
  email_invalid: 422,
  email_is_this_account: 422,
  email_own_domain: 422,
  method_unavailable: 422,
  not_editable: 422,
  code_incorrect: 422,
  answers_incorrect: 422,
  question_repeated: 422,
  question_unknown: 422,
  questions_too_few: 422,
  answer_repeated: 422,
  answer_too_short: 422,
  answer_too_long: 422,
  current_password_incorrect: 422,
  passwords_differ: 422,
  password_too_short: 422,
  password_too_long: 422,
  password_too_simple: 422,
  password_too_recent: 422,
  password_contains_name: 422,
  password_banned: 422,
  password_same: 422,
  password_in_history: 422,
  password_breached: 422,
  password_not_checked: 422,
  password_refused_by_directory: 422,
  captcha_too_early: 429,
  captcha_script_needed: 429,
  throttled: 429,
  blocked: 429,
  internal: 500,
  unavailable: 503,
}

/** A refusal of a rule: an error with one of the codes above, and the input and waiting time that it may carry. */
export const isRefusal = (
  error: unknown,
): error is Error & { code: ProblemCode; field?: string; errors?: FieldProblem[]; retryAfter?: number } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(statuses, error.code)

/** A refusal on its way to a person or a client. Rules return outcomes and throw their own errors; routes turn those into problems. */
export class Problem extends Error {
  override name = 'Problem'
  code: ProblemCode
  status: number
  /** Seconds. */
  retryAfter: number | undefined
  /** The inputs at fault. */
  errors: FieldProblem[]
  /** The input that the problem as a whole is about, by its form name. */
  field: string | undefined
  /** How many more may be wrong, for the page alone. */
  triesLeft: number | undefined
  /** More members for the JSON form. */
  more: Record<string, unknown>

  constructor(
    code: ProblemCode,
    about: {
      retryAfter?: number | undefined
      errors?: FieldProblem[]
      field?: string | undefined
      triesLeft?: number | undefined
      more?: Record<string, unknown>
    } = {},
  ) {
    super(code)
    this.code = code
    this.status = statuses[code]
    this.retryAfter = about.retryAfter
    this.errors = (about.errors ?? [])
      .slice(0, ERRORS_AT_MOST)
      .map(({ field, ...one }) => ({ field: field.slice(0, LONGEST_NAME), ...one }))
    this.field = about.field
    this.triesLeft = about.triesLeft
    this.more = about.more ?? {}
  }
}

/** A new password that fails these rules: the problem is the first of them, and each is told of. */
export const refusedPassword = (codes: readonly [PasswordProblem, ...PasswordProblem[]]) =>
  new Problem(codes[0], { field: 'newPassword', errors: codes.map(code => ({ field: 'newPassword', code })) })

/** What was typed is no code: it guesses at nothing and counts for nothing. */
export const malformedCode = () => new Problem('invalid_request', { errors: [{ field: 'code', code: 'invalid' }] })

/** The words of a problem, in the reader's language. */
export function problemWords(locale: Locale, problem: Problem): { title: string; detail: string } {
  const duration = locale.duration(problem.retryAfter ?? 60)
  return {
    title: locale.t(`problems.${problem.code}.title`),
    detail: locale.t(`problems.${problem.code}.detail`, { duration }),
  }
}

/** The problem as application/problem+json has it (RFC 9457). */
export function problemJson(locale: Locale, problem: Problem): Record<string, unknown> {
  return {
    type: 'about:blank',
    ...problemWords(locale, problem),
    status: problem.status,
    code: problem.code,
    ...(problem.retryAfter !== undefined && { retryAfter: problem.retryAfter }),
    ...(problem.errors.length > 0 && { errors: problem.errors }),
    ...problem.more,
  }
}
