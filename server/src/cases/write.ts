import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { type Db, enqueue, inTenant, type Row, type Trx } from '../store/index.ts'
import {
  ADMINISTRATORS_HAVE,
  ASKER_HAS,
  type Author,
  type Case,
  MESSAGES_AT_MOST,
  OPERATOR_HAS,
  PROVIDER_HAS,
} from './case.ts'
import { refuse } from './errors.ts'
import { recordCase } from './events.ts'
import { mailAsker } from './mails.ts'
import { changeCase, type Found, findCase, insertMessage } from './queries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-of-case': { tenantId: string; caseId: string; news: 'opened' | 'replied' }
    }
  }
}

/** Who acts on a case, as their right was just judged. `holds`: judged once more on the locked row. */
export interface Writer {
  by: Author
  holds(row: Row<'cases'>, trx: Trx): boolean | Promise<boolean>
}

/** Writes a message, by which the other side is next. Throws `wrong_state` in a case that is closed or full. */
export const writeMessage = (
  db: Db,
  act: Act,
  { tenantId, number }: Case,
  { by, holds, text }: Writer & { text: string },
) =>
  inTenant(db, tenantId, async trx => {
    const found = await lockOpen(trx, act, number, holds)
    if (found.case.messages.length >= MESSAGES_AT_MOST) throw refuse('wrong_state')
    await insertMessage(trx, act, { caseId: found.row.id, by, text })
    if (by === 'asker') await noteReply(trx, act, found.row)
    else await noteAnswer(trx, act, found, by)
  })

/** How long each side has to answer, and which side an author is of. */
const HAVE = { administrators: ADMINISTRATORS_HAVE, provider: PROVIDER_HAS, operator: OPERATOR_HAS }
const SIDES = { administrator: 'administrators', provider: 'provider', operator: 'operator' } as const

/** The asker has written: who is asked has to answer again, and is told once. */
export async function noteReply(trx: Trx, act: Act, row: Pick<Row<'cases'>, 'id' | 'asked' | 'answered_at'>) {
  if (!row.answered_at) return
  await changeCase(trx, row.id, { answered_at: null, due_at: plus(act.now, HAVE[row.asked]) })
  await enqueue(trx, 'tell-of-case', { tenantId: trx.tenantId, caseId: row.id, news: 'replied' })
}

/** Somebody has answered: the asker is next, and is mailed where they were not before. */
async function noteAnswer(trx: Trx, act: Act, { row, case: one }: Found, by: Exclude<Author, 'asker'>) {
  await changeCase(trx, row.id, { asked: SIDES[by], answered_at: act.now, due_at: plus(act.now, ASKER_HAS) })
  await recordCase(trx, act, one, { activity: 'case.answered' })
  if (!row.answered_at) await mailAsker(trx, act, one, 'answered')
}

/** Closes a case, with a last message where there is one. The asker is mailed where somebody else does it. Throws `wrong_state`. */
export const closeCase = (
  db: Db,
  act: Act,
  { tenantId, number }: Case,
  { by, holds, result, text }: Writer & { result: 'resolved' | 'refused' | 'withdrawn'; text?: string | undefined },
) =>
  inTenant(db, tenantId, async trx => {
    const found = await lockOpen(trx, act, number, holds)
    if (text !== undefined) await insertMessage(trx, act, { caseId: found.row.id, by, text })
    await endCase(trx, act, found.case, result)
    if (by !== 'asker') await mailAsker(trx, act, found.case, 'closed')
  })

/** Notes that a case is over, with its event. */
export async function endCase(trx: Trx, act: Act, one: Found['case'], result: NonNullable<Row<'cases'>['result']>) {
  await changeCase(trx, one.id, { closed_at: act.now, result })
  await recordCase(trx, act, one, { activity: 'case.closed', details: { result } })
}

/** The open case of a number, locked, for somebody who still may. Throws `not_found`, `wrong_state`. */
export async function lockOpen(trx: Trx, act: Act, number: string, holds: Writer['holds']): Promise<Found> {
  const found = await findCase(trx, act, number, true)
  if (!found || !(await holds(found.row, trx))) throw refuse('not_found')
  if (found.case.state === 'prove-address' || found.case.state === 'closed') throw refuse('wrong_state')
  return found
}
