import type { Means } from '../crypto/index.ts'
import type { Challenge } from '../methods/index.ts'
import { type AssertionOptions, assertionOptions, challengeValue, type RelyingParty } from '../passkeys/index.ts'
import { publicId } from './publicId.ts'

/** An open challenge as a reader sees it. */
export interface ChallengeView {
  id: string
  kind: string
  hint?: string
  expiresAt: string
  delivery?: 'pending' | 'sent' | 'failed'
  questions?: { id: string; text: string }[]
  options?: AssertionOptions
}

/** Shows a challenge of a journey or session. `texts`: of its questions, whose ids mean nothing in another one. */
export const challengeView = (
  means: Means,
  holderId: string,
  challenge: Challenge,
  { hint, texts, party }: { hint?: string | undefined; texts: readonly string[]; party: RelyingParty },
): ChallengeView => ({
  id: challenge.id,
  kind: challenge.kind,
  ...(hint !== undefined && { hint }),
  expiresAt: challenge.expiresAt.toISOString(),
  ...(challenge.delivery && { delivery: challenge.delivery }),
  ...(challenge.questions && {
    questions: challenge.questions.map((id, place) => ({
      id: publicId(means, holderId, id),
      text: texts[place] ?? '',
    })),
  }),
  ...(challenge.kind === 'passkey' &&
    challenge.purpose !== 'register' && {
      options: assertionOptions(party, challengeValue(means, challenge)),
    }),
})
