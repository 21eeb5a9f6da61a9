/** What is wrong with a domain's record, as a look into the DNS found it. */
export interface Finding {
  code: string
  host?: string
  found?: string
}

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
  /** What the DNS said, where a domain was not proven. */
  readonly diagnosis: readonly Finding[]

  constructor({ status, code, kind, fields, requestId, retryAfter, diagnosis = [] }: Told) {
    super(code)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.kind = kind
    this.fields = fields
    this.requestId = requestId
    this.retryAfter = retryAfter
    this.diagnosis = diagnosis
  }
}

type Told = Omit<Problem, keyof Error | 'diagnosis'> & { diagnosis?: readonly Finding[] | undefined }

interface ErrorBody {
  error?: { code?: string; diagnosis?: Finding[]; details?: { code: string; target?: string }[] }
}

/** The kinds that a status alone tells: what stands between may answer without a body. */
const KINDS: Readonly<Record<number, string>> = {
  401: 'InvalidAuthenticationToken',
  403: 'Authorization_RequestDenied',
  404: 'Request_ResourceNotFound',
  409: 'Directory_ConcurrencyViolation',
  412: 'resourceModified',
  429: 'TooManyRequests',
}
const kindOf = (status: number) => KINDS[status] ?? (status >= 500 ? 'ServiceUnavailable' : 'unknown')

/** Reads a refusal in Graph's envelope. */
export function problemOf(response: Response, body: unknown): Problem {
  const { code = kindOf(response.status), details = [], diagnosis } = (body as ErrorBody | undefined)?.error ?? {}
  const wait = Number(response.headers.get('retry-after'))
  return new Problem({
    status: response.status,
    code: details[0]?.code ?? code,
    kind: code,
    fields: new Map(details.flatMap(one => (one.target ? [[one.target, one.code]] : []))),
    requestId: response.headers.get('request-id') ?? undefined,
    retryAfter: wait > 0 ? wait : undefined,
    diagnosis,
  })
}

/** What an answer holds; null where there is nothing of the kind (any more). */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}
