import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type TSchema, Type } from 'typebox'
import type { FieldRefusal } from '../refusals.ts'
import { refuse } from './problems.ts'

/** One line of text of at most `maxLength` characters. Control characters are refused, never removed: the judged text is the sent one. */
export const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[^\\p{Cc}]*$' })

/** A password as it is typed. The policy judges its length, not this schema. */
export const Password = Type.String({ minLength: 1, maxLength: 4096, pattern: '^[^\\p{Cc}]*$' })

/** An opaque id of ours. */
export const Id = Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w-]+$' })

/** An object with these members and no other. */
export const Exactly = <Members extends Record<string, TSchema>>(members: Members) =>
  Type.Object(members, { additionalProperties: false })

/** An object with some of these members, of which each is optional, and no other. */
export const Some = <Members extends Record<string, TSchema>>(members: Members) =>
  Type.Object(members, { additionalProperties: false, minProperties: 1 })

/** Text in base64url, as browsers write bytes. */
const Base64Url = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[\\w-]+$' })

/** An answer of an authenticator. Browsers may tell more than is read here. */
export const CredentialBody = Type.Object({
  id: Base64Url(1400),
  rawId: Base64Url(1400),
  type: Type.Literal('public-key'),
  response: Type.Object({
    clientDataJSON: Base64Url(8_000),
    attestationObject: Type.Optional(Base64Url(40_000)),
    authenticatorData: Type.Optional(Base64Url(8_000)),
    signature: Type.Optional(Base64Url(4_000)),
    userHandle: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 100 })])),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 })),
  }),
})

/** A proof: a code, the answers to the questions that were drawn, or a passkey's answer. `more`: what a journey asks beside it. */
const proofBody = <Members extends Record<string, TSchema>>(more: Members) =>
  Type.Union([
    Exactly({ challenge: Id, code: Text(40), ...more }),
    Exactly({ challenge: Id, credential: CredentialBody, ...more }),
    Exactly({
      challenge: Id,
      answers: Type.Array(Exactly({ question: Id, answer: Text(200) }), { minItems: 1, maxItems: 5 }),
      ...more,
    }),
  ])

export const ProofBody = proofBody({})
export const SessionProofBody = proofBody({ rememberBrowser: Type.Optional(Type.Boolean()) })

// Nothing is coerced, defaulted or removed: a validator that mends its input does not judge the input.
const ajv = new Ajv({ allErrors: true, coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false })

/**
 * A function that refuses a body that does not fit the schema with `invalid_request`, naming each field. Of a union it
 * names the errors of the intended branch; the other branches only complain that they are another.
 */
export function validator(schema: TSchema): (body: unknown) => void {
  // Compiled for the first body, or each start would wait for the schemas of every route.
  let compiled: (Branch & { validate: ValidateFunction })[] | undefined
  return body => {
    compiled ??= branchesOf(schema).map(branch => ({ ...branch, validate: ajv.compile(branch.schema) }))
    const branches = compiled
    if (branches.some(({ validate }) => validate(body))) return
    const meant = branches.reduce((best, one) => (likeness(one, body) > likeness(best, body) ? one : best))
    throw refuse('invalid_request', { errors: fieldProblems(meant.validate.errors ?? []) })
  }
}

interface Branch {
  schema: TSchema
  members: Record<string, { const?: unknown }>
}

const branchesOf = (schema: TSchema & { anyOf?: TSchema[]; properties?: Branch['members'] }): Branch[] =>
  schema.anyOf?.flatMap(branchesOf) ?? [{ schema, members: schema.properties ?? {} }]

/** How many members a body shares with a branch; -1 where a member contradicts it. */
function likeness({ members }: Branch, body: unknown): number {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const shared = Object.keys(members).filter(name => Object.hasOwn(given, name))
  return shared.some(name => ![undefined, given[name]].includes(members[name]?.const)) ? -1 : shared.length
}

function fieldProblems(errors: readonly ErrorObject[]): FieldRefusal[] {
  const found = new Map<string, FieldRefusal>()
  for (const error of errors) {
    const base = error.instancePath.slice(1).replaceAll('/', '.')
    const inside = (name: unknown) => (base ? `${base}.${name}` : String(name))
    const problem: FieldRefusal =
      error.keyword === 'required'
        ? { field: inside(error.params.missingProperty), code: 'required' }
        : error.keyword === 'additionalProperties'
          ? { field: inside(error.params.additionalProperty), code: 'unknown' }
          : error.keyword === 'minLength'
            ? { field: base, code: 'required' }
            : { field: base, code: error.keyword === 'maxLength' ? 'too_long' : 'invalid' }
    // `anyOf` and its kin only repeat the errors of their branches.
    if (!found.has(problem.field)) found.set(problem.field, problem)
  }
  return [...found.values()]
}
