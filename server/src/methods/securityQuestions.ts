import { type Hasher, type Means, openHash, type Place } from '../crypto/index.ts'
import { readName, type User } from '../directory/index.ts'
import { countFailures } from '../limits/index.ts'
import type { OfferedQuestion, ResetPolicySettings } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { fewestLetters, foldAnswer, foldAnswerAsBefore, lengthOfAnswer } from '../typing/index.ts'
import type { Locale, WordKey } from '../words/index.ts'
import type { Method, OutdatedAnswer } from './contract.ts'
import { refuse } from './errors.ts'

/** Questions that the person chose and answered. The draw changes only with a counted failure, so that nobody can wait for questions that they know. */
export const securityQuestions: Method = {
  kind: 'securityQuestions',
  channels: [],
  selfService: true,
  async pose(trx, means, user, { questionsToReset, decoyQuestions }) {
    const { tenantId, id } = user
    const name = readName(user.userPrincipalName).folded
    const failures = String(await countFailures(trx, means, { tenantId, kind: 'proofs', name }))
    // Read for a decoy too: a skipped statement could be measured.
    const answered = await listAnswered(trx, tenantId, id)
    return {
      questions: draw(means, { tenantId, name, round: failures }, decoyQuestions ?? answered).slice(
        0,
        questionsToReset,
      ),
    }
  },
  read: proof =>
    'answers' in proof
      ? JSON.stringify(proof.answers.map(({ question, answer }) => [question, foldAnswer(answer)]).sort())
      : '',
  /** The stored hashes, in the order of the challenge's questions. */
  async recall(trx, { keys }, challenge) {
    const asked = challenge.questions ?? []
    if (asked.length === 0) return { values: [] }
    const { tenantId, userId } = challenge
    const rows = await trx
      .selectFrom('security_answers')
      .select(['question', 'answer_hash as plain', 'answer_sealed as sealed'])
      .where('tenant_id', '=', challenge.tenantId)
      .where('user_id', '=', challenge.userId)
      .where('question', 'in', asked)
      .execute()
    const none = { plain: null, sealed: null }
    const values = asked.map(id => {
      const row = rows.find(({ question }) => question === id) ?? none
      return openHash(keys, placeOf(tenantId, userId, id), row) ?? ''
    })
    return { values }
  },
  /** Every answer is judged, also after a wrong one, so that the time does not tell which one it was. */
  async judge(_means, { hasher }, { challenge, recalled, proof }) {
    const asked = challenge.questions ?? []
    if (!('answers' in proof) || asked.length === 0) return { right: false }
    const judged = await Promise.all(
      asked.map(async (question, place) => {
        const given = proof.answers.filter(answer => answer.question === question)
        const typed = given.length === 1 ? given[0]!.answer : ''
        const answer = foldAnswer(typed)
        const hash = recalled.values[place] ?? ''
        // The number of tried forms depends on the typed text alone, not on the record.
        const forms = [...new Set([answer, foldAnswerAsBefore(typed)])]
        const fits = await Promise.all(forms.map(form => hasher.verify(hash || undefined, form)))
        return { question, hash, answer, right: fits.includes(true), outdated: !fits[0] }
      }),
    )
    if (proof.answers.length !== asked.length || !judged.every(one => one.right)) return { right: false }
    return { right: true, outdated: judged.filter(one => one.outdated) }
  },
}

/** Questions in an order that depends on name and round, and that nobody can predict. */
function draw(
  { keys }: Means,
  { tenantId, name, round }: { tenantId: string; name: string; round: string },
  questions: readonly string[],
): string[] {
  const place = new Map(
    // Under the oldest secret, so that a rotation changes no questions, real or decoys.
    questions.map(id => [id, keys.macs('draw', tenantId, name, round, id).at(-1)!.toString('hex')] as const),
  )
  return [...questions].sort((a, b) => (place.get(a)! < place.get(b)! ? -1 : 1))
}

/** The questions that a decoy seems to have answered: always the same for a name, like real ones. */
export const decoyQuestionsOf = (
  means: Means,
  tenantId: string,
  name: string,
  { questions, questionsToRegister }: Pick<ResetPolicySettings, 'questions' | 'questionsToRegister'>,
): string[] =>
  draw(
    means,
    { tenantId, name, round: 'registered' },
    questions.map(question => question.id),
  ).slice(0, questionsToRegister)

/** The ids of the questions that the user has answered. */
export async function listAnswered(trx: Trx, tenantId: string, userId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('security_answers')
    .select('question')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .orderBy('question')
    .execute()
  return rows.map(row => row.question)
}

/** The texts of some of a user's questions: Latchkey's own in the reader's language, the tenant's as it wrote them. `offered`: the texts of unanswered ones. */
export async function questionTexts(
  trx: Trx,
  locale: Locale,
  user: User,
  { ids, offered }: { ids: readonly string[]; offered: readonly OfferedQuestion[] },
): Promise<string[]> {
  const rows = await trx
    .selectFrom('security_answers')
    .select(['question', 'question_text as text'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .execute()
  return ids.map(id => {
    const answered = rows.find(row => row.question === id)
    if (answered) return questionText(locale, { id, text: answered.text ?? undefined })
    return questionText(locale, offered.find(question => question.id === id) ?? { id })
  })
}

/** The text of a question on offer. */
export function questionText(locale: Locale, question: { id: string; text?: string | undefined }): string {
  return question.text ?? locale.t(`questions.${question.id}` as WordKey)
}

const LONGEST_ANSWER = 40

/** The place of the sealed hash of an answer. */
const placeOf = (tenantId: string, userId: string, question: string): Place => ({
  purpose: 'answer',
  tenantId,
  rowId: `${userId} ${question}`,
})

/** Answers that passed every rule, hashed and ready to be saved. */
export interface PreparedAnswers {
  rows: { question: string; text: string | null; hash: string }[]
}

/**
 * Judges and hashes the answers of a registration; to be called with no transaction open.
 * Throws `questions_too_few`, `question_unknown`, `question_repeated`, `answer_too_short`, `answer_too_long`, `answer_repeated`.
 */
export async function prepareAnswers(
  hasher: Hasher,
  policy: Pick<ResetPolicySettings, 'questions' | 'questionsToRegister'>,
  answers: readonly { question: string; answer: string }[],
): Promise<PreparedAnswers> {
  const offered = new Map<string, OfferedQuestion>(policy.questions.map(question => [question.id, question]))
  const folded = answers.map(({ answer }) => foldAnswer(answer))
  if (answers.length < policy.questionsToRegister) throw refuse('questions_too_few')
  // All errors at once: no page shows answers again, so each further round would have all of them typed anew.
  const errors = answers.flatMap(({ question }, place) => {
    const answer = folded[place]!
    const length = lengthOfAnswer(answer)
    const repeated = answers.findIndex(other => other.question === question) < place && 'question_repeated'
    const wrongQuestion = offered.has(question) ? repeated : 'question_unknown'
    const again = folded.indexOf(answer) < place && 'answer_repeated'
    const tooLong = length > LONGEST_ANSWER ? 'answer_too_long' : again
    const wrongAnswer = length < fewestLetters(answer) ? 'answer_too_short' : tooLong
    return [
      ...(wrongQuestion ? [{ field: `answers.${place}.question`, code: wrongQuestion } as const] : []),
      ...(wrongAnswer ? [{ field: `answers.${place}.answer`, code: wrongAnswer } as const] : []),
    ]
  })
  const [first] = errors
  if (first) throw refuse(first.code, { field: first.field, errors })
  const rows = await Promise.all(
    answers.map(async ({ question }, place) => {
      const offer = offered.get(question)!
      return { question, text: 'text' in offer ? offer.text : null, hash: await hasher.hash(folded[place]!) }
    }),
  )
  return { rows }
}

/** Replaces all of a user's answers. */
export async function saveAnswers(trx: Trx, means: Means, user: User, answers: PreparedAnswers) {
  await removeAnswers(trx, user)
  await trx
    .insertInto('security_answers')
    .values(
      answers.rows.map(({ question, text, hash }) => ({
        tenant_id: user.tenantId,
        user_id: user.id,
        question,
        question_text: text,
        answer_sealed: means.keys.seal(placeOf(user.tenantId, user.id, question), hash),
        registered_at: means.now,
      })),
    )
    .execute()
}

/** Puts hashes of today's form in the place of older ones, unless the answers have been changed meanwhile. */
export async function renewAnswers(
  trx: Trx,
  { keys }: Means,
  { tenantId, id }: User,
  renewed: readonly (OutdatedAnswer & { anew: string })[],
) {
  for (const { question, hash, anew } of renewed) {
    const own = trx
      .selectFrom('security_answers')
      .select(['answer_hash as plain', 'answer_sealed as sealed'])
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', id)
      .where('question', '=', question)
    const row = await own.forNoKeyUpdate().executeTakeFirst()
    const place = placeOf(tenantId, id, question)
    if (!row || openHash(keys, place, row) !== hash) continue
    await trx
      .updateTable('security_answers')
      .set({ answer_hash: null, answer_sealed: keys.seal(place, anew) })
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', id)
      .where('question', '=', question)
      .execute()
  }
}

export async function removeAnswers(trx: Trx, user: User) {
  await trx
    .deleteFrom('security_answers')
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .execute()
}
