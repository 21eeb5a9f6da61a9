import { isDeepStrictEqual } from 'node:util'
import type {
  Answer,
  KeysProof,
  NextKeys,
  Operation,
  Said,
  SealedKeys,
  SealedReply,
  SealedRequest,
  Signed,
} from '@latchkey/protocol'
import { CompactEncrypt, calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { isUuid } from '../crypto/index.ts'

/** So many keys of agents are kept imported, which takes a third of the time that sealing does. */
const IMPORTED_AT_MOST = 1_000

/**
 * What is sealed: an operation for one agent, which it carries out once, before `expires` (milliseconds since 1970), or
 * an answer to it. The frame names the key, since an agent that rolls its keys has several.
 */
export type Seal = (sealingKey: unknown, request: SealedRequest | SealedReply | SealedKeys) => Promise<string>

/** Seals, and keeps the keys that it imported. */
export function openSealing(): Seal {
  const imported = new Map<string, ReturnType<typeof importKey>>()

  function keyOf(jwk: JWK) {
    const name = JSON.stringify(jwk)
    const found = imported.get(name)
    if (found) return found
    const importing = importKey(jwk)
    importing.catch(() => imported.delete(name))
    if (imported.size >= IMPORTED_AT_MOST) imported.delete(imported.keys().next().value!)
    imported.set(name, importing)
    return importing
  }

  return async (sealingKey, request) => {
    const { key, kid } = await keyOf(sealingKey as JWK)
    return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(request)))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid })
      .encrypt(key)
  }
}

/** A public key by which one seals, and its name in frames. */
async function importKey(jwk: JWK): Promise<{ key: CryptoKey; kid: string }> {
  const [key, kid] = await Promise.all([importJWK(jwk, 'ECDH-ES'), calculateJwkThumbprint(jwk)])
  return { key: key as CryptoKey, kid }
}

/** Reads what an agent signed by one of these keys. Undefined where it is malformed, or another key's. */
export async function openSigned(
  signingKeys: readonly unknown[],
  frame: string,
): Promise<(Signed<Said> & { by: unknown }) | undefined> {
  for (const by of signingKeys) {
    const signed = readSigned((await verified(by, frame)) ?? '')
    if (signed) return { ...signed, by }
  }
  return undefined
}

async function verified(signingKey: unknown, signed: string): Promise<string | undefined> {
  try {
    // As it came: jose imports the same one once, which a link holds from its first frame on.
    const { payload } = await compactVerify(signed, signingKey as JWK, { algorithms: ['EdDSA'] })
    return new TextDecoder().decode(payload)
  } catch {
    return undefined
  }
}

/** Whether who offers the next keys has them, and offers them on this link: they are nobody else's. */
export async function isProved(
  { signingKey, sealingKey, proof }: NextKeys,
  { link, agentId }: { link: string; agentId: string },
): Promise<boolean> {
  const proved = await verified(signingKey, proof)
  const said: KeysProof = { link, agentId, sealingKey }
  return proved !== undefined && isDeepStrictEqual(JSON.parse(proved), said)
}

/** A public key of one kind, and nothing of a private one. */
const Key = (crv: string) =>
  Type.Object(
    {
      kty: Type.Enum(['OKP', 'EC']),
      crv: Type.Literal(crv),
      x: Type.String({ maxLength: 100 }),
      y: Type.Optional(Type.String({ maxLength: 100 })),
    },
    { additionalProperties: false },
  )
export const SigningKey = Key('Ed25519')
export const SealingKey = Key('P-256')

/** Whose frame it says to be, before anything is proved. */
export function readHello(frame: string): { tenantId: string; agentId: string } | undefined {
  const signed = readSigned(Buffer.from(frame.split('.')[1] ?? '', 'base64url').toString('utf8'))
  if (signed?.said.kind !== 'hello') return undefined
  const { tenantId, agentId } = signed.said
  return isUuid(tenantId) && isUuid(agentId) ? { tenantId, agentId } : undefined
}

const Text = (maxLength: number) => Type.String({ maxLength })
/** No policy that anybody keeps has larger ones. */
const Count = Type.Integer({ minimum: 0, maximum: 100_000_000 })
const Reasons = Type.Array(
  Type.Enum(['too_short', 'too_simple', 'in_history', 'too_young', 'too_long', 'contains_name', 'other']),
  { maxItems: 7 },
)
const AnswerSchema = Type.Union([
  Type.Object({
    outcome: Type.Literal('done'),
    right: Type.Optional(Type.Boolean()),
    mustChange: Type.Optional(Type.Boolean()),
    standing: Type.Optional(
      Type.Object({
        isLocked: Type.Boolean(),
        rules: Type.Optional(
          Type.Object(
            {
              minimumLength: Count,
              history: Count,
              complexity: Type.Optional(Type.Boolean()),
              minimumAgeDays: Type.Optional(Count),
            },
            { additionalProperties: false },
          ),
        ),
        lockout: Type.Optional(Type.Object({ threshold: Count, seconds: Type.Union([Count, Type.Null()]) })),
      }),
    ),
  }),
  Type.Object({ outcome: Type.Literal('refused'), reasons: Reasons }),
  Type.Object({ outcome: Type.Literal('incorrect') }),
  Type.Object({ outcome: Type.Literal('failed'), code: Type.Integer(), detail: Text(500) }),
  Type.Object({
    outcome: Type.Literal('silent'),
    detail: Text(500),
    mayBeDone: Type.Optional(Type.Literal(true)),
  }),
  Type.Object({ outcome: Type.Literal('unknown') }),
])
const Contact = Type.Optional(Type.Union([Text(1_024), Type.Null()]))
const Contacts = Type.Optional(Type.Array(Text(1_024), { maxItems: 100 }))
const Anchor = Type.String({ minLength: 1, maxLength: 256 })
const PersonSchema = Type.Object({
  ...{ anchor: Anchor, userPrincipalName: Text(1_024) },
  ...{ enabled: Type.Boolean(), locked: Type.Boolean(), guarded: Type.Boolean() },
  ...{ displayName: Contact, givenName: Contact, surname: Contact, mail: Contact, mobilePhone: Contact },
  ...{ businessPhones: Contacts, otherMails: Contacts },
})
const GroupSchema = Type.Object({
  ...{ anchor: Anchor, displayName: Text(1_024), description: Type.Union([Text(4_096), Type.Null()]) },
  isPopulated: Type.Boolean(),
})
const StepSchema = Type.Union([
  Type.Object({
    name: Type.Literal('begin'),
    mode: Type.Enum(['whole', 'changes']),
    ...{ dryRun: Type.Boolean(), byItself: Type.Boolean(), groups: Type.Optional(Type.Boolean()) },
  }),
  Type.Object({
    name: Type.Literal('entries'),
    entries: Type.Array(Type.Tuple([Anchor, Text(1_024), Type.Boolean()]), { maxItems: 2_000 }),
  }),
  Type.Object({ name: Type.Literal('gone'), anchors: Type.Array(Anchor, { maxItems: 2_000 }) }),
  Type.Object({ name: Type.Literal('groups'), groups: Type.Array(GroupSchema, { maxItems: 500 }) }),
  Type.Object({ name: Type.Literal('judge') }),
  Type.Object({ name: Type.Literal('people'), people: Type.Array(PersonSchema, { maxItems: 500 }) }),
  Type.Object({
    name: Type.Literal('members'),
    parts: Type.Array(
      Type.Object({ of: Anchor, members: Type.Array(Anchor, { maxItems: 2_000 }), continues: Type.Boolean() }),
      { maxItems: 500 },
    ),
  }),
  Type.Object({ name: Type.Literal('end') }),
])
// The first that fits is taken: the most frequent stands first.
const SaidSchema = Type.Union([
  Type.Object({ kind: Type.Literal('answer'), nonce: Text(36), answer: AnswerSchema }),
  Type.Object({
    kind: Type.Literal('hello'),
    tenantId: Text(36),
    agentId: Text(36),
    purpose: Type.Enum(['work', 'sync']),
    version: Text(40),
  }),
  Type.Object({ kind: Type.Literal('beat') }),
  Type.Object({ kind: Type.Literal('leave') }),
  Type.Object({ kind: Type.Literal('event'), event: Type.Object({ code: Type.Integer(), detail: Text(500) }) }),
  Type.Object({ kind: Type.Literal('sync'), id: Text(36), step: StepSchema }),
  Type.Object({
    ...{ kind: Type.Literal('keys'), id: Text(36) },
    ...{ signingKey: SigningKey, sealingKey: SealingKey, proof: Text(2_000) },
  }),
])
const SignedSchema = Type.Object({ link: Text(100), number: Type.Integer({ minimum: 0 }), said: SaidSchema })

function readSigned(text: string): Signed<Said> | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return Value.Check(SignedSchema, read) ? (read as Signed<Said>) : undefined
  } catch {
    return undefined
  }
}

export type { Answer, Operation }
