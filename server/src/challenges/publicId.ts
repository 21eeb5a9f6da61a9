import type { Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import { listAnswered } from '../methods/index.ts'
import type { Trx } from '../store/index.ts'

/** An id for a page or client: opaque, and another one for each journey or session, so that no two can be linked. */
export const publicId = ({ keys }: Means, holderId: string, id: string) =>
  keys.mac('public-id', holderId, id).subarray(0, 16).toString('base64url')

/**
 * Answers by the questions' own ids, in place of the opaque ids of a journey or session. An unknown id stays apart from
 * others; otherwise the same answers in other places would be another guess for known names alone.
 */
export async function readAnswers(
  trx: Trx,
  means: Means,
  { user, holderId }: { user: User; holderId: string },
  given: readonly { question: string; answer: string }[],
) {
  const answered = await listAnswered(trx, user.tenantId, user.id)
  return given.map(({ question, answer }) => ({
    question: answered.find(own => publicId(means, holderId, own) === question) ?? `nobody’s ${question}`,
    answer,
  }))
}
