import { authorize } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findCheck } from '../callers/index.ts'
import { plus } from '../clock.ts'
import { findUser, getTenant, NOBODYS_TENANT, targetOf } from '../directory/index.ts'
import { countMail } from '../mailboxes/index.ts'
import { type Db, enqueue, inTenant } from '../store/index.ts'
import { mailboxOf, readAddress } from '../typing/index.ts'
import { ASKER_HAS, type Finding, newNumber } from './case.ts'
import { refuse } from './errors.ts'
import { mailAsker } from './mails.ts'
import { changeCase, insertCase, lockOpenOf } from './queries.ts'

/** What a helper writes down of a caller. `proof`: the text that will prove the domain. */
export interface Raised {
  userId: string
  address: string
  text: string
  proof: string
  finding?: Finding | undefined
  callerCheckId?: string | undefined
}

/**
 * Opens a case for a caller. The mailbox is what a caller said, so it counts as proved only once its mailed link was
 * followed. Returns the number. Throws `not_found`,
 * `email_invalid`, `caller_check_invalid`, `case_open`, `throttled`.
 */
export async function raiseCase(
  db: Db,
  act: Act,
  tenantId: string,
  { userId, address: typed, text, proof, finding, callerCheckId }: Raised,
): Promise<string> {
  const address = readAddress(typed)
  if (address === undefined) throw refuse('email_invalid', { field: 'address' })
  // Mails to a mailbox are counted over all companies, or a caller could have one flooded through many.
  await inTenant(db, NOBODYS_TENANT, trx => countMail(trx, act, address))
  return inTenant(db, tenantId, async trx => {
    const user = await findUser(trx, tenantId, userId, true)
    // Whom a look-up does not find is nobody here either: the answer and its mails tell of them.
    if (!user || !authorize(act, 'readiness.read', targetOf(user)).allowed) throw refuse('not_found')
    const check = callerCheckId === undefined ? undefined : await findCheck(trx, act.now, callerCheckId)
    const by = 'id' in act.actor ? (act.actor.id ?? null) : null
    const stands = check?.userId === user.id && check.askedBy === by && check.state === 'approved'
    if (callerCheckId !== undefined && !stands) throw refuse('caller_check_invalid', { field: 'callerCheckId' })
    const { domain } = mailboxOf(user.userPrincipalName)
    if (await lockOpenOf(trx, act, { address, domain })) throw refuse('case_open', { field: 'address' })
    const language = user.preferredLanguage ?? (await getTenant(trx, tenantId)).preferredLanguage
    const one = { id: act.random.uuid(act.now), number: newNumber(act), kind: 'no-way-in', address, language } as const
    await insertCase(trx, act, {
      ...one,
      ...{ domain, text, proof },
      by: 'administrator',
      // Strangers are told nothing of it before its mailbox is proved: until then it waits for the caller.
      dueAt: plus(act.now, ASKER_HAS),
    })
    await changeCase(trx, one.id, {
      ...{ opened_at: act.now, raised_by: by, user_id: user.id, finding },
      ...(check && { check_means: check.means, checked_at: check.createdAt }),
    })
    // Under the request's id: by it a repeated request is answered.
    await record(trx, act, {
      activity: 'case.opened',
      result: 'success',
      target: { id: one.id, name: one.number },
      details: { kind: one.kind, user: user.userPrincipalName },
    })
    await mailAsker(trx, act, one, 'raised')
    await enqueue(trx, 'tell-of-case', { tenantId, caseId: one.id, news: 'opened' })
    return one.number
  })
}
