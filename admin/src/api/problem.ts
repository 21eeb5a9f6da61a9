/** Why the server refused, as it said it. */
export class Problem extends Error {
  /** The answer's status; 0: none came. */
  readonly status: number
  /** The most exact code, such as `protected_target`; `offline` where no answer came. */
  readonly code: string
  /** The code of its kind, as Graph has it, such as `resourceModified`. */
  readonly kind: string
  /** What each property lacks: its code by its name. */
  readonly fields: ReadonlyMap<string, string>
  /** Finds the event in the logs. */
  readonly requestId: string | undefined
  /** Seconds until the same request may succeed. */
  readonly retryAfter: number | undefined

  constructor({ status, code, kind, fields, requestId, retryAfter }: Omit<Problem, keyof Error>) {
    super(code)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.kind = kind
    this.fields = fields
    this.requestId = requestId
    this.retryAfter = retryAfter
  }
}

interface ErrorBody {
  error?: { code?: string; details?: { code: string; target?: string }[] }
}

/** Reads a refusal in Graph's envelope. */
export function problemOf(response: Response, body: unknown): Problem {
  const { code = 'unknown', details = [] } = (body as ErrorBody | undefined)?.error ?? {}
  const wait = Number(response.headers.get('retry-after'))
  return new Problem({
    status: response.status,
    code: details[0]?.code ?? code,
    kind: code,
    fields: new Map(details.flatMap(one => (one.target ? [[one.target, one.code]] : []))),
    requestId: response.headers.get('request-id') ?? undefined,
    retryAfter: wait > 0 ? wait : undefined,
  })
}
