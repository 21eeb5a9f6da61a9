import type { RawBuilder } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { enqueue, hasEnded, type Removal, type Row, type SealedColumn, sql, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-of-verification': { tenantId: string; news: VerificationNews; stage: Stage }
    }
  }
}

/** What the firm's primary contact is mailed of. */
export type VerificationNews = 'prove' | 'asked' | 'rejected' | 'accepted'

/** The stages of a verification, in their order (partners on the wire, §5). The last one only where a reviewer asks for it. */
export const stages = ['emailOwnership', 'employment', 'business', 'dueDiligence'] as const
export type Stage = (typeof stages)[number]

export type StageStatus = 'notStarted' | Row<'partner_stages'>['status']

/** Of all stages together. `pendingActions`: the firm is asked for something. */
export type VerificationStatus = 'notStarted' | 'pending' | 'pendingActions' | 'accepted' | 'rejected'
export const verificationStatuses = ['notStarted', 'pending', 'pendingActions', 'accepted', 'rejected'] as const

/** Why a stage was rejected, or what is asked for. */
export const verificationReasons = [
  'name_mismatch',
  'address_mismatch',
  'not_registered',
  'document_old',
  'document_unreadable',
  'document_incomplete',
  'domain_not_theirs',
  'contact_not_employee',
  'contact_unreachable',
  'other',
] as const
export type VerificationReason = (typeof verificationReasons)[number]

/** The kinds of documents, each with the stage that it proves something in. */
export const documentStages = {
  domainInvoice: 'employment',
  domainRegistration: 'employment',
  assignmentLetter: 'employment',
  businessRegistration: 'business',
  articlesOfIncorporation: 'business',
  taxCertificate: 'business',
  receipt: 'business',
  questionnaire: 'dueDiligence',
} as const satisfies Record<string, Stage>
export type DocumentType = keyof typeof documentStages
export const documentTypes = Object.keys(documentStages) as readonly DocumentType[]

/** Where a stage stands. */
export interface StageState {
  stage: Stage
  status: StageStatus
  since: Date | null
  /** When a reviewer should have looked at it, or the firm answered. */
  dueAt: Date | null
  /** When a job looks at it. */
  lookAt: Date | null
  reason: VerificationReason | null
  requiredDocuments: DocumentType[]
  /** The reviewer who rejected it last. */
  rejectedBy: string | null
}

/** What became of a stage, and by whom. `text`: the reviewer's words, or the firm's comment. */
export interface StageEvent {
  at: Date
  stage: Stage
  status: StageStatus
  by: Row<'partner_stage_events'>['by']
  reason: VerificationReason | null
  text: string | null
}

/** Reviewers should have looked at a stage within these business days, and are mailed after those. */
const DUE = 3
const OVERDUE = 5

/** How long a document is kept after the verdict on its stage. */
const DECIDED_LASTS = 90 * DAY

/** The firm is mailed these days after it was asked to do something, and suspended after the last. */
export const REMINDED = [1, 7, 21, 29] as const
export const SUSPENDED = 30

/** So many business days, Monday to Friday, later. */
export function plusBusinessDays(from: Date, days: number): Date {
  let at = from
  for (let left = days; left > 0; ) {
    at = plus(at, DAY)
    if (at.getUTCDay() % 6 !== 0) left--
  }
  return at
}

/** When the firm is told again of what it was asked at this moment, or suspended; null after that. */
export function nextReminder(since: Date, now: Date): Date | null {
  const next = [...REMINDED, SUSPENDED].find(days => plus(since, days * DAY) > now)
  return next === undefined ? null : plus(since, next * DAY)
}

const placeOf = (tenantId: string, rowId: string) => ({ purpose: 'verification-text', tenantId, rowId }) as const

export const stageSeals: readonly SealedColumn[] = [
  { table: 'partner_stage_events', column: 'text_sealed', purpose: 'verification-text', key: ['id'] },
]

/** Every stage that there is, in order. */
export async function findStages(trx: Trx): Promise<StageState[]> {
  const rows = await trx.selectFrom('partner_stages').selectAll().where('tenant_id', '=', trx.tenantId).execute()
  return inOrder(
    rows.map(row => ({
      ...{ stage: row.stage, status: row.status, since: row.since, dueAt: row.due_at, lookAt: row.look_at },
      reason: row.reason,
      requiredDocuments: row.required_documents as DocumentType[],
      rejectedBy: row.rejected_by,
    })),
  )
}

/** All stages, of those that have begun. */
export const inOrder = (begun: readonly StageState[]): StageState[] =>
  stages.flatMap(stage => {
    const found = begun.find(one => one.stage === stage)
    return found ?? (stage === 'dueDiligence' ? [] : [notStarted(stage)])
  })

/** A stage that has not begun. */
export const notStarted = (stage: Stage): StageState => ({
  ...{ stage, status: 'notStarted', since: null, dueAt: null, lookAt: null, reason: null },
  ...{ requiredDocuments: [], rejectedBy: null },
})

/** For SQL: the statuses of the stages of the tenant that have begun, as JSON. */
export const stageStatuses = (tenantId: string): RawBuilder<StageStatus[]> =>
  sql<StageStatus[]>`(select coalesce(json_agg(status), '[]') from partner_stages where tenant_id = ${tenantId})`

/** What the statuses of the stages that have begun come to. */
export function wholeOf(begun: readonly StageStatus[]): VerificationStatus {
  if (begun.length === 0) return 'notStarted'
  if (begun.includes('rejected')) return 'rejected'
  if (begun.includes('actionNeeded')) return 'pendingActions'
  // Due diligence comes on top of the three: fewer have not all begun.
  return begun.length >= 3 && begun.every(status => status === 'accepted') ? 'accepted' : 'pending'
}

/** What became of the stages, the oldest first. */
export async function listStageEvents(trx: Trx, { keys }: Pick<Means, 'keys'>): Promise<StageEvent[]> {
  const { tenantId } = trx
  const rows = await trx
    .selectFrom('partner_stage_events')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('at')
    .execute()
  // What follows from one act has one moment.
  const placeIn = ({ at, stage }: (typeof rows)[number]) =>
    at.getTime() * stages.length + stages.indexOf(stage as Stage)
  rows.sort((one, other) => placeIn(one) - placeIn(other))
  return rows.map(row => ({
    ...{ at: row.at, by: row.by },
    stage: row.stage as Stage,
    status: row.status as StageStatus,
    reason: row.reason as VerificationReason | null,
    text: row.text_sealed && keys.open(placeOf(tenantId, row.id), row.text_sealed),
  }))
}

/** A new status of a stage. */
export interface StageChange {
  stage: Stage
  status: Exclude<StageStatus, 'notStarted'>
  by: StageEvent['by']
  reason?: VerificationReason | undefined
  text?: string | undefined
  requiredDocuments?: readonly DocumentType[]
  rejectedBy?: string
}

const ACTIVITIES = {
  pending: 'verification.pending',
  accepted: 'verification.accepted',
  rejected: 'verification.rejected',
  actionNeeded: 'verification.action_needed',
} as const

/** Writes a new status of a stage, with its event, in the firm whose account is locked. */
export async function setStage(trx: Trx, act: Act, change: StageChange): Promise<void> {
  const { tenantId } = trx
  const { now } = act
  const { stage, status, by, reason = null, text = '', requiredDocuments = [], rejectedBy } = change
  const isReviewed = status === 'pending' && stage !== 'emailOwnership'
  const isAsked = status === 'rejected' || status === 'actionNeeded'
  const values = {
    ...{ status, since: now, reason, required_documents: [...requiredDocuments] },
    due_at: isReviewed ? plusBusinessDays(now, DUE) : isAsked ? plus(now, SUSPENDED * DAY) : null,
    look_at: isReviewed ? plusBusinessDays(now, OVERDUE) : isAsked ? nextReminder(now, now) : null,
    ...(status === 'accepted' ? { rejected_by: null } : rejectedBy !== undefined && { rejected_by: rejectedBy }),
  }
  await trx
    .insertInto('partner_stages')
    .values({ tenant_id: tenantId, stage, ...values })
    .onConflict(conflict => conflict.columns(['tenant_id', 'stage']).doUpdateSet(values))
    .execute()
  if (status === 'accepted' || status === 'rejected') await noteVerdict(trx, act, stage)
  if (stage === 'emailOwnership' && status !== 'pending') await voidLinks(trx, act)
  const id = act.random.uuid(now)
  await trx
    .insertInto('partner_stage_events')
    .values({
      ...{ tenant_id: tenantId, id, at: now, stage, status, by, reason },
      text_sealed: text === '' ? null : act.keys.seal(placeOf(tenantId, id), text),
    })
    .execute()
  await record(trx, act, {
    ...{ activity: ACTIVITIES[status], result: 'success', target: { id: tenantId, name: stage }, customer: null },
    ...(reason && { reason }),
  })
}

/** After a verdict, whoever gives it: what was handed in for the stage is kept for 90 days more (partners on the wire, §5). */
export const noteVerdict = (trx: Trx, { now }: Pick<Act, 'now'>, stage: Stage) =>
  trx
    .updateTable('partner_documents')
    .set({ decided_at: now, expires_at: sql<Date>`least(expires_at, ${plus(now, DECIDED_LASTS)}::timestamptz)` })
    .where('tenant_id', '=', trx.tenantId)
    .where('stage', '=', stage)
    .where('handed_in_at', 'is not', null)
    .where('decided_at', 'is', null)
    .execute()

/** A link in a mailbox proves nothing for a stage that no longer waits for it. */
const voidLinks = (trx: Trx, { now }: Pick<Act, 'now'>) =>
  trx
    .updateTable('partner_mailbox_links')
    .set({ expires_at: now })
    .where('tenant_id', '=', trx.tenantId)
    .where('expires_at', '>', now)
    .execute()

/** Gives the firm its 30 days from now, for a stage that asks it for something and names no day. */
export const setDeadline = (trx: Trx, { now }: Pick<Act, 'now'>, stage: Stage) =>
  trx
    .updateTable('partner_stages')
    .set({ due_at: plus(now, SUSPENDED * DAY), look_at: nextReminder(now, now) })
    .where('tenant_id', '=', trx.tenantId)
    .where('stage', '=', stage)
    .execute()

/** Notes that a job has looked at a stage: `days` after the firm was asked. */
export async function noteReminder(
  trx: Trx,
  act: Act,
  { stage, days, next }: { stage: Stage; days: number; next: Date | null },
): Promise<void> {
  const { tenantId } = trx
  await trx
    .updateTable('partner_stages')
    .set({ look_at: next })
    .where('tenant_id', '=', tenantId)
    .where('stage', '=', stage)
    .execute()
  if (days === 0) return
  await record(trx, act, {
    ...{ activity: 'verification.reminded', result: 'success', target: { id: tenantId, name: stage }, customer: null },
    details: { days: String(days) },
  })
}

/** Mails the firm's primary contact, by what stands when the job runs. */
export const tellOfStage = (trx: Trx, news: VerificationNews, stage: Stage): Promise<void> =>
  enqueue(trx, 'tell-of-verification', { tenantId: trx.tenantId, news, stage })

/** Mails to prove a mailbox that a firm asks for within a day, by a press or by another contact. */
const PROOFS_A_DAY = 3

/**
 * Mails the contact a link once more. Counted, as a firm chooses whom its own words reach. Throws `throttled` after three a day.
 */
export async function mailProof(trx: Trx, act: Act): Promise<void> {
  const { tenantId } = trx
  const asked = await trx
    .selectFrom('audit_events')
    .select('at')
    .where('tenant_id', '=', tenantId)
    .where('activity', '=', 'verification.resent')
    .where('at', '>', plus(act.now, -DAY))
    .orderBy('at')
    .execute()
  if (asked.length >= PROOFS_A_DAY)
    throw refuse('throttled', { retryAfter: Math.ceil((asked[0]!.at.getTime() + DAY - act.now.getTime()) / SECOND) })
  await record(trx, act, {
    ...{ activity: 'verification.resent', result: 'success', customer: null },
    target: { id: tenantId, name: 'emailOwnership' },
  })
  await tellOfStage(trx, 'prove', 'emailOwnership')
}

/** What a firm's changed facts make doubtful is verified anew, and nothing else. */
export async function restartStages(
  trx: Trx,
  act: Act,
  { mailbox, registration }: { mailbox: boolean; registration: boolean },
): Promise<void> {
  const { tenantId } = trx
  const begun = (await findStages(trx)).filter(({ status }) => status !== 'notStarted')
  const restart = async (stage: Stage) => {
    if (begun.some(one => one.stage === stage && one.status !== 'pending'))
      await setStage(trx, act, { stage, status: 'pending', by: 'firm' })
  }
  if (registration) await restart('business')
  if (!mailbox || begun.length === 0) return
  await restart('emailOwnership')
  // Whose the domain is depends on a mailbox that has to be proved first. Who rejected it may not do so again, also of another
  // contact: such a stage waits at once instead.
  const employment = begun.find(({ stage }) => stage === 'employment')
  if (employment?.rejectedBy) await restart('employment')
  else
    await trx.deleteFrom('partner_stages').where('tenant_id', '=', tenantId).where('stage', '=', 'employment').execute()
  await mailProof(trx, act)
}

/** How long the history of a verification is kept. */
const KEPT = 2 * 365 * DAY

/** What became of stages two years ago. */
export const oldStageEvents: Removal = {
  table: 'partner_stage_events',
  due: now => hasEnded(sql`at`, plus(now, -KEPT), KEPT),
}
