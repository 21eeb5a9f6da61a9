/** What is wrong with one field. */
export interface FieldRefusal {
  field: string
  code: string
}

/** What a refusal says besides its code. */
export interface RefusalDetail {
  /** Seconds, where waiting helps. */
  retryAfter?: number | undefined
  /** The input that the refusal as a whole is about, by its form name. */
  field?: string | undefined
  /** Every input at fault, where several may be. */
  errors?: readonly FieldRefusal[] | undefined
  /** How many more may be wrong, for the page alone. */
  triesLeft?: number | undefined
  /** The number by which administrators look it up. */
  number?: number | undefined
  /** More members for the JSON form. */
  more?: Record<string, unknown> | undefined
  /** What programs are told, where the code has no words of its own. */
  toPrograms?: ForPrograms | undefined
}

/** A refusal as programs read it: Microsoft Graph's code where its status has several, and an English sentence. */
export interface ForPrograms {
  graph?: string
  message: string
}

/** Fields that are told of, and the length of their names: a stranger may send thousands, and every one would be answered. */
const ERRORS_AT_MOST = 20
const LONGEST_NAME = 64

/** A rule's no, on its way to a person or a client. No other error tells the outside more than that something failed. */
export class Refusal extends Error {
  override name = 'Refusal'
  /** Stable: clients decide on it. Its words are `problems.<code>`. */
  code: string
  /** Of the HTTP answer. */
  status: number
  retryAfter: number | undefined
  field: string | undefined
  errors: FieldRefusal[]
  triesLeft: number | undefined
  number: number | undefined
  more: Record<string, unknown>
  toPrograms: ForPrograms | undefined

  constructor(code: string, status: number, detail: RefusalDetail = {}) {
    super(code)
    this.code = code
    this.status = status
    this.retryAfter = detail.retryAfter
    this.field = detail.field
    this.errors = (detail.errors ?? [])
      .slice(0, ERRORS_AT_MOST)
      .map(({ field, code }) => ({ field: field.slice(0, LONGEST_NAME), code }))
    this.triesLeft = detail.triesLeft
    this.number = detail.number
    this.more = detail.more ?? {}
    this.toPrograms = detail.toPrograms
  }
}

/**
 * A room's `refuse`, from each code that the room refuses with and its HTTP status. `numbers`: of the codes that have one.
 * `npm run check` asks for words for every code, and for one status where several rooms share a code.
 */
export const refusals =
  <Code extends string>(statuses: Record<Code, number>, numbers: Partial<Record<NoInfer<Code>, number>> = {}) =>
  (code: Code, detail?: RefusalDetail) =>
    new Refusal(code, statuses[code], { number: numbers[code], ...detail })

/**
 * The same for a room's codes that programs alone read, each with its sentence in English. `graph`: Microsoft Graph's
 * code, where the status has several.
 */
export const programRefusals =
  <Code extends string>(told: Record<Code, ForPrograms & { status: number }>) =>
  (code: Code, detail?: RefusalDetail) => {
    const { status, ...toPrograms }: ForPrograms & { status: number } = told[code]
    return new Refusal(code, status, { toPrograms, ...detail })
  }
