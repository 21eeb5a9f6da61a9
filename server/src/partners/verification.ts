import type { Act } from '../act.ts'
import type { Trx } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { getAccount, type PartnerAccount, recordAccount } from './accounts.ts'
import { refuse } from './errors.ts'
import {
  type DocumentType,
  findStages,
  type Stage,
  type StageState,
  setStage,
  stages,
  tellOfStage,
  type VerificationReason,
  wholeOf,
} from './stages.ts'
import { restorePartner } from './suspension.ts'

/** The stages that every firm passes, in their order. */
const ORDER = stages.filter(stage => stage !== 'dueDiligence')

/** Begins the verification of a firm that hands something in, where it has not begun. */
export async function beginVerification(trx: Trx, act: Act): Promise<void> {
  const { verification } = await getAccount(trx, act, true)
  if (verification !== 'notStarted') return
  await setStage(trx, act, { stage: 'emailOwnership', status: 'pending', by: 'firm' })
  await tellOfStage(trx, 'prove', 'emailOwnership')
}

/** The mailbox of the primary contact is proved. False where nothing waits for it: no link overrides a reviewer's word. */
export async function acceptMailbox(trx: Trx, act: Act, account: PartnerAccount): Promise<boolean> {
  const found = await findStage(trx, 'emailOwnership')
  if (found.status !== 'pending') return false
  await setStage(trx, act, { stage: 'emailOwnership', status: 'accepted', by: 'firm' })
  await advance(trx, act, account)
  return true
}

/** The act of a reviewer as the firm's log has it: not by whom, as nobody reaches those who judge them. */
export const byOperator = ({ trail, ...act }: Act): Act => ({
  ...act,
  actor: { kind: 'operator' },
  trail: { correlationId: trail.correlationId },
})

/** What a reviewer says about a stage. */
export interface Verdict {
  stage: Stage
  verdict: 'accept' | 'reject' | 'ask'
  reason?: VerificationReason | undefined
  text?: string | undefined
  requiredDocuments?: readonly DocumentType[] | undefined
}

/**
 * Decides a stage that waits. A second rejection needs another reviewer, so that nobody alone keeps a firm out.
 * Throws `wrong_status`, `reason_missing`, `same_person`.
 */
export async function decideStage(trx: Trx, act: Act, { stage, verdict, text = '', ...given }: Verdict): Promise<void> {
  const account = await getAccount(trx, act, true)
  const all = await findStages(trx)
  const found = all.find(one => one.stage === stage)
  const { reason } = given
  if (verdict !== 'accept' && (!reason || (reason === 'other' && text.trim() === '')))
    throw refuse('reason_missing', { field: reason ? 'text' : 'reason' })
  const isAdded = stage === 'dueDiligence' && !found && verdict === 'ask' && isOpen(all)
  const waits = found?.status === 'pending' || found?.status === 'actionNeeded'
  // Nobody but the mailbox itself proves a mailbox.
  if (!isAdded && (!waits || (stage === 'emailOwnership' && verdict === 'accept'))) throw refuse('wrong_status')
  const reviewer = act.actor.kind === 'user' ? act.actor.id : undefined
  if (verdict === 'reject' && reviewer !== undefined && found?.rejectedBy === reviewer) throw refuse('same_person')
  const unnamed = byOperator(act)
  const by = act.actor.kind === 'operator' ? 'operator' : 'reviewer'
  if (verdict === 'accept') {
    await setStage(trx, unnamed, { stage, status: 'accepted', by, text })
    return advance(trx, unnamed, account)
  }
  await setStage(trx, unnamed, {
    ...{ stage, by, reason, text, requiredDocuments: given.requiredDocuments ?? [] },
    status: verdict === 'reject' ? 'rejected' : 'actionNeeded',
    ...(verdict === 'reject' && reviewer !== undefined && { rejectedBy: reviewer }),
  })
  await tellOfStage(trx, verdict === 'reject' ? 'rejected' : 'asked', stage)
}

const isOpen = (all: readonly StageState[]) =>
  !['notStarted', 'accepted'].includes(wholeOf(all.map(({ status }) => status).filter(one => one !== 'notStarted')))

/** The operator's own word: every stage counts as accepted. */
export async function acceptAll(trx: Trx, act: Act, account: PartnerAccount): Promise<void> {
  if (account.verification === 'accepted') return
  const all = await findStages(trx)
  for (const { stage, status } of all)
    if (status !== 'accepted') await setStage(trx, act, { stage, status: 'accepted', by: 'operator' })
  await settle(trx, act, account)
}

/** "Fix now": a stage that was rejected, or in which something is asked for, waits again. Throws `wrong_status`. */
export async function fixStage(trx: Trx, act: Act, stage: Stage, comment: string): Promise<void> {
  const found = await findStage(trx, stage)
  if (!canFix(found)) throw refuse('wrong_status')
  await setStage(trx, act, { stage, status: 'pending', by: 'firm', text: comment })
  if (stage === 'emailOwnership') await tellOfStage(trx, 'prove', stage)
}

export const canFix = ({ status }: Pick<StageState, 'status'>) => status === 'rejected' || status === 'actionNeeded'

/** Throws `wrong_status` for a stage that nobody asked for. */
async function findStage(trx: Trx, stage: Stage): Promise<StageState> {
  const found = (await findStages(trx)).find(one => one.stage === stage)
  if (!found) throw refuse('wrong_status')
  return found
}

/** Begins the next stage, or ends the verification. */
async function advance(trx: Trx, act: Act, account: PartnerAccount): Promise<void> {
  const all = await findStages(trx)
  for (const stage of ORDER) {
    const { status } = all.find(one => one.stage === stage)!
    if (status === 'accepted') continue
    // Whoever proved the domain in this tenant, and reads mail in it, works there.
    const isProved = stage === 'employment' && (await ownsDomain(trx, account.contacts.primary.mail))
    if (status !== 'notStarted' && !(isProved && status === 'pending')) return
    await setStage(trx, act, { stage, status: isProved ? 'accepted' : 'pending', by: 'system' })
    if (!isProved) return
  }
  if (all.some(({ stage, status }) => stage === 'dueDiligence' && status !== 'accepted')) return
  await settle(trx, act, account)
  await tellOfStage(trx, 'accepted', 'business')
}

async function ownsDomain(trx: Trx, mail: string): Promise<boolean> {
  const found = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', mailboxOf(mail).domain)
    .where('verified_at', 'is not', null)
    .executeTakeFirst()
  return found !== undefined
}

/** Everything is accepted: what the verification stopped goes on. */
async function settle(trx: Trx, act: Act, account: PartnerAccount): Promise<void> {
  await trx
    .updateTable('partner_accounts')
    .set({ claimed_by: null, claimed_at: null })
    .where('tenant_id', '=', trx.tenantId)
    .execute()
  await recordAccount(trx, act, account, { activity: 'partner.verified' })
  if (account.suspension?.reason === 'verification') await restorePartner(trx, act)
}
