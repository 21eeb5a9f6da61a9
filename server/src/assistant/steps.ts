import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { plus } from '../clock.ts'
import { supportCode } from '../crypto/index.ts'
import { findTenantId, readName } from '../directory/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { ASSISTANT_LASTS, type Assistant, type Told } from './assistant.ts'
import { refuse } from './errors.ts'
import { changeAssistant, insertAssistant, judge } from './queries.ts'
import { type Given, leaves, questions, SKIP } from './tree.ts'

/** What is known at the beginning. `username`: as it was typed, or of the session. */
export interface Beginning {
  browserToken: string
  username: string | undefined
  /** The last refusal of this browser. */
  refused: { code: string; username: string } | undefined
  /** Whether it was asked for the name already, and none was given. */
  isNameless: boolean
}

/** Begins the questions, in this browser alone. */
export async function startAssistant(
  db: Db,
  act: Act,
  { browserToken, username, refused, isNameless }: Beginning,
): Promise<Assistant> {
  const id = act.random.uuid(act.now)
  // Another name's refusal tells nothing of this one.
  const isOwn =
    refused &&
    (!isNameless || refused.username === '') &&
    (username === undefined ||
      refused.username === '' ||
      readName(username).folded === readName(refused.username).folded)
  const told: Told = {
    username: username ?? (isNameless ? undefined : refused?.username || undefined),
    from: isOwn ? refused.code : undefined,
    answers: isNameless ? [{ question: 'username', answer: SKIP }] : [],
  }
  const expiresAt = plus(act.now, ASSISTANT_LASTS)
  await insertAssistant(db, act, { id, browserToken, told, expiresAt })
  return noteLeaf(db, act, await judge(db, { id, told, steps: 0, expiresAt, isExpired: false }))
}

/** Answers the question that is asked now. Throws `journey_expired`, `wrong_state`, `invalid_request`. */
export async function answerQuestion(
  db: Db,
  act: Act,
  one: Assistant,
  { question, answer }: Given,
): Promise<Assistant> {
  checkOpen(one)
  if (!('question' in one.at) || one.at.question !== question) throw refuse('wrong_state')
  const choices: readonly string[] | null = questions[question]
  const text = answer.trim()
  if (choices ? !choices.includes(answer) : text === '')
    throw refuse('invalid_request', { errors: [{ field: 'answer', code: choices ? 'invalid' : 'required' }] })
  const told = { ...one.told, answers: [...one.told.answers, { question, answer: choices ? answer : text }] }
  return noteLeaf(db, act, await changeAssistant(db, act, one, told))
}

/** Takes the last thing back that was told: an answer, then the refusal, then the name. Throws `journey_expired`, `wrong_state`. */
export async function goBack(db: Db, act: Act, one: Assistant): Promise<Assistant> {
  checkOpen(one)
  const { told } = one
  const last = told.answers.at(-1)
  if (last === undefined && told.from === undefined && told.username === undefined) throw refuse('wrong_state')
  const dropsName = last ? last.question === 'username' : told.from === undefined
  // Administrators were asked for this name.
  if (dropsName && told.contacted) throw refuse('wrong_state')
  if (last) return changeAssistant(db, act, one, { ...told, answers: told.answers.slice(0, -1) })
  const { from, username, ...rest } = told
  return changeAssistant(db, act, one, from === undefined ? rest : { ...rest, username })
}

/** Throws `journey_expired`. */
export function checkOpen({ isExpired }: Assistant): void {
  if (isExpired) throw refuse('journey_expired')
}

/** Whose events and support code are of the journey, in the tenant of its name. */
export const actOf = (act: Act, tenantId: string, id: string): Act => ({
  ...act,
  trail: { ...act.trail, correlationId: id, supportCode: supportCode(act, tenantId, id) },
})

/** Writes the end of the questions into the log of the name's company, without the name. */
async function noteLeaf(db: Db, act: Act, one: Assistant): Promise<Assistant> {
  const { at, domain, id } = one
  if (!('leaf' in at)) return one
  const tenantId = await findTenantId(db, domain ?? '')
  const event = {
    activity: 'assistant.leaf',
    result: 'success',
    // Of what nobody signed in does, the log counts each reason apart.
    reason: leaves[at.leaf].situation,
  } as const
  await inTenant(db, tenantId, trx => trx.last(() => record(trx, actOf(act, tenantId, id), event)))
  return one
}
