import type { Hasher, Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import type { Channel } from '../notifications/index.ts'
import type { Credential, NewPasskey, PasskeyUse, RelyingParty, StoredPasskey } from '../passkeys/index.ts'
import type { MethodKind } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { readCode } from '../typing/index.ts'

/** A proof that a person hands in. */
export type Proof =
  | { code: string }
  | { answers: readonly { question: string; answer: string }[] }
  | { credential: Credential }

/** What proofs are judged with. */
export interface Verifiers extends RelyingParty {
  hasher: Hasher
}

/** What a method's `recall` has read. */
export interface Recalled {
  values: readonly string[]
  passkey?: StoredPasskey | undefined
  codes?: readonly StoredCode[]
}

/** A recovery code on record. `usedIn`: the challenge that it passed. */
export interface StoredCode {
  hash: Buffer
  usedIn: string | null
}

/** A challenge as a method sees it. */
export interface Challenge {
  id: string
  tenantId: string
  purpose: 'reset' | 'register' | 'session'
  userId: string
  kind: MethodKind
  channel: Channel | null
  methodId: string | null
  /** The number, address or key that is being registered, or that the code goes to. */
  destination: string | null
  codeHash: Buffer | null
  /** The ids of the questions that were drawn. */
  questions: string[] | null
  createdAt: Date
  expiresAt: Date
  consumedAt: Date | null
  delivery: 'pending' | 'sent' | 'failed' | null
}

/** A proof as it is compared. `recordedBefore`: what was put on record later does not count yet. */
export interface Comparison {
  challenge: Challenge
  recalled: Recalled
  proof: Proof
  recordedBefore: Date | undefined
}

/** The judgement of a proof. `step`: a time step that may be used once. `made`: the passkey that is being registered. `code`: the hash of a recovery code. */
export type Judgement =
  | { right: false }
  | { right: true; step?: number; outdated?: OutdatedAnswer[]; used?: PasskeyUse; made?: NewPasskey; code?: Buffer }

/** A right answer whose hash was made of the answer as it was folded before. */
export interface OutdatedAnswer {
  question: string
  hash: string
  answer: string
}

/**
 * A way to prove who one is. Each has a file of its own and a line in catalogue.ts.
 */
export interface Method {
  kind: MethodKind
  /** How its code travels; none where the person already holds the proof. */
  channels: readonly Channel[]
  /** Whether people may register it themselves. */
  selfService: boolean
  /** A stored value for people who should recognize it without learning it. Of fixed length. Absent where nobody sees it. */
  hint?(value: string): string
  /** The questions of a new challenge. `decoyQuestions`: a decoy's questions. */
  pose?(
    trx: Trx,
    means: Means,
    user: User,
    ask: { questionsToReset: number; decoyQuestions?: readonly string[] | undefined },
  ): Promise<{ questions?: string[] }>
  /** The proof in one spelling and order, by which its repeat is recognized. Undefined: it is malformed, and not counted. */
  read(proof: Proof): string | undefined
  /** Reads the data for `judge`, inside the transaction that counts the attempt. */
  recall(trx: Trx, means: Means, challenge: Challenge, proof: Proof): Promise<Recalled>
  /** Judges a proof. Answers are judged with no transaction open. */
  judge(means: Means, verifiers: Verifiers, compared: Comparison): Promise<Judgement>
}

/** A code of digits in one spelling. */
export function readTypedCode(proof: Proof): string | undefined {
  return 'code' in proof ? readCode(proof.code) : ''
}

/** The method whose proof is a code that was sent. */
export const sentCode: Pick<Method, 'read' | 'recall' | 'judge'> = {
  read: readTypedCode,
  recall: async () => ({ values: [] }),
  async judge({ keys }, _verifiers, { challenge, proof }) {
    if (!('code' in proof) || !challenge.codeHash) return { right: false }
    // The challenge's id is part of the hash: a code is good for the one challenge that it was made for.
    return {
      right: keys.matches(challenge.codeHash, 'code', challenge.tenantId, challenge.id, readCode(proof.code) ?? ''),
    }
  },
}
