import type { Static, TSchema } from 'typebox'
import type { Action } from '../access/index.ts'
import type { Act } from '../act.ts'
import type { Services } from '../http/index.ts'
import type { Caller } from '../oidc/index.ts'
import type { Db, Trx } from '../store/index.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** One request to a resource: already authenticated, permitted in general, and with a body that fits its schema. */
export interface Call<Body = unknown> {
  services: Services
  db: Db
  /** Its actor is the caller. `trail.correlationId` is the request's id. */
  act: Act & { actor: Caller['actor'] }
  caller: Caller
  tenantId: string
  /** `{origin}/v1.0`. */
  base: string
  /** The path below the base, as it was asked. */
  path: string
  params: Record<string, string>
  /** Every option of the address, in order. */
  query: [name: string, value: string][]
  headers: Record<string, string | undefined>
  body: Body
  /** Reads in the caller's tenant. */
  read<T>(work: (trx: Trx) => Promise<T>): Promise<T>
  /** The unread body of a resource that takes other media types than JSON. */
  bytes(limit: number): Promise<Buffer>
  /** The same as it comes in. */
  stream(limit: number): AsyncIterable<Buffer>
}

/** The answer of a resource. */
export interface ApiAnswer {
  /** 200 with a value and 204 without, where it is left out. */
  status?: number
  json?: Record<string, unknown>
  /** In place of `json`: a file, or rows that stream. */
  file?: { type: string; content: Buffer | AsyncIterable<string | Buffer> }
  /** The path of what was made, below the base. */
  location?: string
  etag?: string
  headers?: Record<string, string>
}

/** A resource of `/v1.0`, and one thing that can be done to it: the route, its judge, its schemas and its words in the description. */
export interface Resource<Body extends TSchema = TSchema> {
  method: Method
  /** Below `/v1.0`, as in `/users/{id}`. */
  path: string
  /** What it takes: any one of these. Judged before the body is read, and by the rule again with the target. */
  action: Action | readonly Action[]
  /** Takes a person's token alone. */
  delegated?: true
  /** A partner's person may ask it too, whatever the roles of their relationship. */
  ofPartners?: true
  summary: string
  /** The only body that is taken; absent: none. */
  body?: Body
  /** In place of `body` where the rule itself judges what a looser schema lets in. */
  judged?: TSchema
  /** Whether texts of the body may have several lines. Other control characters never stand in one. */
  hasLines?: true
  /** Properties that cannot be written, and Microsoft Graph's that are not kept: told apart from unknown ones. */
  readOnly?: readonly string[]
  unsupported?: readonly string[]
  /** Other media types than JSON that it takes, unread. */
  takes?: readonly string[]
  /** Whether it takes a request without a body too. */
  takesNone?: true
  /** What `@odata.context` names, as in `users/$entity`. */
  context?: string
  /** The answer with a value. */
  answer?: TSchema
  /** The status of a success. */
  status: 200 | 201 | 202 | 204
  /** Query options by name, for the description. */
  options?: readonly string[]
  /** Whether it is counted with passwords, methods and passes: 30 a minute for each caller. */
  isCredential?: true
  /** Whether a request does nothing but read, by `call.read` alone: the caller's rights are then read in the same flight. */
  readsOnly?(query: Call['query']): boolean
  /** The largest JSON body; 1 MB where it is left out. */
  limit?: number
  handle(call: Call<Static<Body>>): Promise<ApiAnswer>
}

/** The door for programs, as rooms declare their resources. */
export interface Api {
  add<Body extends TSchema>(resource: Resource<Body>): void
  /** Every resource that was declared. */
  resources: readonly Resource[]
}
