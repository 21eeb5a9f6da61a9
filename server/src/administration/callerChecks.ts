import { demand, isAdministrator } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import {
  beginCheck,
  type CallerCheck,
  type CallerMeans,
  type CallOutcome,
  endCheck,
  findCheck,
  giveToCaller,
  hasDenied,
} from '../callers/index.ts'
import { isUuid } from '../crypto/index.ts'
import { findUser, getTenant, targetOf, type User } from '../directory/index.ts'
import { issueLink } from '../links/index.ts'
import { methodsOf, openValue, resetMethods } from '../methods/index.ts'
import { queueNotices } from '../notifications/index.ts'
import { choosePolicy, type EffectivePolicy, policiesFor } from '../policies/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import type { MailboxKind } from './resetLink.ts'

/** A call to check. `wordsFor`: words to read aloud, in a language. `kind`: the mailbox of an approval link. */
export interface CallToCheck {
  id: string
  means: CallerMeans
  kind?: MailboxKind | undefined
  wordsFor(language: string): readonly string[]
}

/**
 * Begins to check that a caller is the person of an account. An approval link asks them; to have called back or seen
 * them is the agent’s word, which does not do for administrators. Throws `not_found`, `mailbox_missing`, `means_refused`.
 */
export async function checkCaller(
  trx: Trx,
  act: Act,
  { id, means, kind, wordsFor }: CallToCheck,
): Promise<CallerCheck> {
  const user = await findUser(trx, trx.tenantId, id, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'passwords.reset', targetOf(user))
  if (means !== 'approvalLink' && isAdministrator(user)) throw refuse('means_refused', { field: 'means' })
  const { preferredLanguage, displayName } = await getTenant(trx, trx.tenantId)
  const language = user.preferredLanguage ?? preferredLanguage
  const words = wordsFor(language)
  const askedBy = 'id' in act.actor ? (act.actor.id ?? '') : ''
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'caller.asked', result: 'success', target, details: { means } })
  if (means !== 'approvalLink') return beginCheck(trx, act, user, { askedBy, means, words })
  const to = await mailboxOf(trx, act, user, kind)
  if (!to) throw refuse('mailbox_missing', { field: 'kind' })
  const { id: linkId, token, expiresAt } = await issueLink(trx, act, user, 'approval')
  const variables = { organization: displayName, username: user.userPrincipalName }
  await queueNotices(trx, act, [
    {
      ...{ to, language, template: 'link', secret: token },
      variables: { ...variables, purpose: 'approval', expiresAt: expiresAt.toISOString() },
    },
  ])
  return beginCheck(trx, act, user, { askedBy, means, words, linkId })
}

/** Where the link goes: the registered address that counts for a reset, else the mailbox of the account. */
async function mailboxOf(trx: Trx, act: Act, user: User, kind: MailboxKind | undefined) {
  const policy = await policyOf(trx, user)
  // An address that was just planted is none: its owner has not read of it yet.
  const counted = resetMethods(act, policy, await askOne(trx, methodsOf(act, user)))
  const email = counted.find(method => method.kind === 'email')
  const registered = email && openValue(act, email)
  if (kind === 'email') return registered
  return kind === 'mail' ? user.mail : (registered ?? user.mail)
}

const policyOf = async (trx: Trx, user: User): Promise<EffectivePolicy> =>
  choosePolicy(trx.tenantId, await askOne(trx, policiesFor(trx.tenantId, user.id)), {
    administrator: isAdministrator(user),
  })

/** A check of the caller’s own. Throws `not_found`, also for a colleague’s. */
export async function getCallerCheck(trx: Trx, act: Act, id: string): Promise<CallerCheck> {
  const check = isUuid(id) ? await findCheck(trx, act.now, id) : undefined
  if (!check || !('id' in act.actor) || check.askedBy !== act.actor.id) throw refuseMissing('not_found')
  return check
}

/** Ends a call, with what came of it. */
export async function endCall(
  trx: Trx,
  act: Act,
  { id, outcome }: { id: string; outcome: CallOutcome },
): Promise<void> {
  const check = await getCallerCheck(trx, act, id)
  const user = await findUser(trx, trx.tenantId, check.userId, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'passwords.reset', targetOf(user))
  await endCheck(trx, act, check, outcome)
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'caller.ended', result: 'success', target, details: { outcome } })
}

/**
 * Demands that the caller was checked, where the person’s policy asks for it, or they said that they had not called.
 * Returns the check that was named. Programs and operators have no callers.
 * Throws `caller_check_needed`, `caller_check_invalid`.
 */
export async function demandChecked(
  trx: Trx,
  act: Act,
  user: User,
  checkId: string | undefined,
): Promise<CallerCheck | undefined> {
  const { actor } = act
  if (actor.kind !== 'user') return undefined
  if (checkId !== undefined) {
    const check = isUuid(checkId) ? await findCheck(trx, act.now, checkId) : undefined
    const stands = check?.userId === user.id && check.askedBy === actor.id && check.outcome === null
    if (!stands || check.state !== 'approved') throw refuse('caller_check_invalid', { field: 'callerCheckId' })
    return check
  }
  const { plain } = await policyOf(trx, user)
  if (plain.callerCheckRequired || (await hasDenied(trx, act, user.id))) throw refuse('caller_check_needed')
  return undefined
}

/** Lays a secret on the person’s own page, where they approved by a link. Returns whether: the agent then gets none. */
export async function giveByCheck(
  trx: Trx,
  act: Act,
  check: CallerCheck | undefined,
  given: Parameters<typeof giveToCaller>[3],
): Promise<boolean> {
  if (check?.means !== 'approvalLink') return false
  await giveToCaller(trx, act, check, given)
  return true
}
