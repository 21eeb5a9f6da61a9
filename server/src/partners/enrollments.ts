import type { RawBuilder } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Activity, type RecordedAct, record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { addMember, createGroup } from '../directory/index.ts'
import { hasEnded, type Removal, sql, type Trx } from '../store/index.ts'
import { findAccount, getAccount, openAccount, type Program } from './accounts.ts'
import { refuse, refuseMissing } from './errors.ts'
import type { Contact, LegalProfile } from './legal.ts'
import { type AgentRole, agentRoles } from './roles.ts'
import { noteVerdict, stages } from './stages.ts'
import { acceptAll, beginVerification } from './verification.ts'

/** The version of the partners' agreement that is signed now. */
export const AGREEMENT = '2026-11'

/** A firm's way into a program (partners on the wire, §1). */
export interface Enrollment {
  id: string
  program: Program
  status: 'draft' | 'verifying' | 'agreement' | 'active' | 'refused' | 'withdrawn'
  createdAt: Date
}

/** Those who sell are one kind of seller each. */
const SELLERS: readonly Program[] = ['indirectReseller', 'indirectProvider', 'directBill']

const listed = (trx: Trx, where: RawBuilder<boolean>) => sql<Enrollment>`
  select id, program, created_at as "createdAt", case
    when outcome is not null then outcome when signed_at is not null then 'active'
    when admitted_at is not null then 'agreement' when submitted_at is not null then 'verifying' else 'draft' end as status
  from partner_enrollments where tenant_id = ${trx.tenantId} and ${where} order by created_at, id`

/** The firm's enrollments, the ended ones too. */
export const listEnrollments = async (trx: Trx): Promise<Enrollment[]> =>
  (await listed(trx, sql`true`).execute(trx)).rows

/** Throws `not_found`. */
export async function getEnrollment(trx: Trx, id: string): Promise<Enrollment> {
  const { rows } = await listed(trx, sql<boolean>`id::text = ${id.toLowerCase()}`).execute(trx)
  if (!rows[0]) throw refuseMissing('not_found')
  return rows[0]
}

/** What a firm enrolls with. The membership, which is first, opens its account. */
export interface NewEnrollment {
  program: Program
  legalProfile?: LegalProfile | undefined
  primaryContact?: Contact | undefined
  supportContact?: Contact | undefined
}

/** Begins an enrollment. Throws `membership_first`, `kind_conflict`, `country_mismatch`, `ObjectConflict`, and what the profile refuses. */
export async function beginEnrollment(trx: Trx, act: Act, asked: NewEnrollment): Promise<string> {
  const { tenantId } = trx
  const { program, legalProfile, primaryContact: primary, supportContact: support = null } = asked
  demand(act, 'partner.enroll', { kind: 'tenant', tenantId })
  const account = await findAccount(trx, act, true)
  if (!account) {
    if (program !== 'membership') throw refuse('membership_first', { field: 'program' })
    if (!legalProfile) throw refuse('property_required', { field: 'legalProfile' })
    if (!primary) throw refuse('property_required', { field: 'primaryContact' })
    await openAccount(trx, act, { legalProfile, primary, support })
  } else {
    const open = (await listEnrollments(trx)).filter(({ status }) => status !== 'refused' && status !== 'withdrawn')
    if (open.some(one => one.program === program)) throw refuse('ObjectConflict', { field: 'program' })
    if (program !== 'membership' && !open.some(one => one.program === 'membership'))
      throw refuse('membership_first', { field: 'program' })
    if (SELLERS.includes(program) && open.some(one => SELLERS.includes(one.program)))
      throw refuse('kind_conflict', { field: 'program' })
    if (legalProfile && legalProfile.country !== account.legalProfile.country)
      throw refuse('country_mismatch', { field: 'country' })
  }
  const id = act.random.uuid(act.now)
  await trx
    .insertInto('partner_enrollments')
    .values({ tenant_id: tenantId, id, program, created_at: act.now })
    .execute()
  await recordEnrollment(trx, act, { id, program }, { activity: 'enrollment.created' })
  return id
}

type Step = 'submitted_at' | 'admitted_at' | 'signed_at' | 'ended_at'

/** Takes one step in one statement. Throws `wrong_status` where another has come first. */
async function takeStep(
  trx: Trx,
  { now }: Pick<Act, 'now'>,
  { id }: Enrollment,
  { step, after, outcome }: { step: Step; after?: Step; outcome?: 'refused' | 'withdrawn' },
): Promise<void> {
  const { rows } = await sql`
    update partner_enrollments set ${sql.ref(step)} = ${now}${outcome ? sql`, outcome = ${outcome}` : sql``}
    where tenant_id = ${trx.tenantId} and id = ${id} and ended_at is null and ${sql.ref(step)} is null
      and ${after ? sql`${sql.ref(after)} is not null` : sql`signed_at is null`} returning id`.execute(trx)
  if (rows.length === 0) throw refuse('wrong_status')
}

/** Hands an enrollment in. From then on the operator decides. */
export async function submitEnrollment(trx: Trx, act: Act, id: string): Promise<void> {
  demand(act, 'partner.enroll', { kind: 'tenant', tenantId: trx.tenantId })
  const enrollment = await getEnrollment(trx, id)
  // Before the step: a trigger begins it where nobody has, as for the former version, without a mail.
  await beginVerification(trx, act)
  await takeStep(trx, act, enrollment, { step: 'submitted_at' })
  await recordEnrollment(trx, act, enrollment, { activity: 'enrollment.submitted' })
}

/** Gives an enrollment up that is not signed. */
export async function withdrawEnrollment(trx: Trx, act: Act, id: string): Promise<void> {
  demand(act, 'partner.enroll', { kind: 'tenant', tenantId: trx.tenantId })
  const enrollment = await getEnrollment(trx, id)
  await takeStep(trx, act, enrollment, { step: 'ended_at', outcome: 'withdrawn' })
  await recordEnrollment(trx, act, enrollment, { activity: 'enrollment.withdrawn' })
}

/**
 * Signs the agreement of an admitted enrollment. The first signer becomes the first Admin agent, and so signs in anew.
 * Throws `verification_pending`, also of a seller whose membership is not admitted, and `agreement_outdated`.
 */
export async function signEnrollment(trx: Trx, act: Act, { id, version }: { id: string; version: string }) {
  const { tenantId } = trx
  demand(act, 'partner.enroll', { kind: 'tenant', tenantId })
  const enrollment = await getEnrollment(trx, id)
  if (version !== AGREEMENT) throw refuse('agreement_outdated', { field: 'version' })
  if (enrollment.status === 'verifying' || enrollment.status === 'draft') throw refuse('verification_pending')
  if (enrollment.program !== 'membership') {
    const membership = (await listEnrollments(trx)).find(one => one.program === 'membership' && one.status === 'active')
    if (!membership) throw refuse('verification_pending')
  }
  const account = await getAccount(trx, act, true)
  await takeStep(trx, act, enrollment, { step: 'signed_at', after: 'admitted_at' })
  const signedBy = 'name' in act.actor ? (act.actor.name ?? '') : ''
  const agreement = { version, signedAt: act.now.toISOString(), signedBy }
  await trx
    .updateTable('partner_accounts')
    .set({ agreement: JSON.stringify(agreement), version: account.version + 1 })
    .where('tenant_id', '=', tenantId)
    .execute()
  await recordEnrollment(trx, act, enrollment, { activity: 'enrollment.signed', details: { version } })
  await makeAgents(trx, act)
}

/** Makes the groups of agents where there are none, with the signer as the first Admin agent. */
export async function makeAgents(trx: Trx, act: Act): Promise<void> {
  const { tenantId } = trx
  const known = await trx.selectFrom('partner_agent_groups').select('role').where('tenant_id', '=', tenantId).execute()
  for (const role of agentRoles) {
    if (known.some(one => one.role === role)) continue
    const displayName = GROUPS[role]
    const groupId = await createGroup(trx, act, tenantId, { displayName, isRoleAssignable: true })
    await trx.insertInto('partner_agent_groups').values({ tenant_id: tenantId, role, group_id: groupId }).execute()
    const event = { result: 'success', target: { id: groupId, name: displayName } } as const
    await record(trx, act, { ...event, activity: 'group.created' })
    if (role !== 'Admin agent' || act.actor.kind !== 'user') continue
    await addMember(trx, tenantId, groupId, { kind: 'user', id: act.actor.id })
    const { id: user, name } = act.actor
    await record(trx, act, { ...event, activity: 'group.member_added', details: { user, name } })
  }
}

const GROUPS: Record<AgentRole, string> = {
  'Admin agent': 'Admin agents',
  'Helpdesk agent': 'Helpdesk agents',
  'Sales agent': 'Sales agents',
}

/** Writes a state of an enrollment. */
const recordEnrollment = (
  trx: Trx,
  act: RecordedAct,
  { id, program }: Pick<Enrollment, 'id' | 'program'>,
  event: { activity: Activity & `enrollment.${string}`; details?: Record<string, string> },
): Promise<void> => record(trx, act, { ...event, result: 'success', target: { id, name: program }, customer: null })

/** The operator's word on a firm: what it has handed in goes on to the agreement, and its account is verified. Returns the programs; none where nothing waits. */
export async function admitPartner(trx: Trx, act: Act): Promise<Program[]> {
  const account = await getAccount(trx, act, true)
  const waiting = (await listEnrollments(trx)).filter(({ status }) => status === 'verifying')
  for (const enrollment of waiting) {
    await takeStep(trx, act, enrollment, { step: 'admitted_at', after: 'submitted_at' })
    await recordEnrollment(trx, act, enrollment, { activity: 'enrollment.admitted' })
  }
  await acceptAll(trx, act, account)
  return waiting.map(({ program }) => program)
}

/** The operator's refusal of what a firm has handed in. Returns the programs. */
export async function refusePartner(trx: Trx, act: Act): Promise<Program[]> {
  await getAccount(trx, act, true)
  const waiting = (await listEnrollments(trx)).filter(({ status }) => status === 'verifying')
  for (const enrollment of waiting) {
    await takeStep(trx, act, enrollment, { step: 'ended_at', after: 'submitted_at', outcome: 'refused' })
    await recordEnrollment(trx, act, enrollment, { activity: 'enrollment.refused' })
  }
  const isPartner = (await listEnrollments(trx)).some(({ status }) => status === 'agreement' || status === 'active')
  // The last word on a firm that is in no program: its documents go like after any verdict.
  if (waiting.length > 0 && !isPartner) for (const stage of stages) await noteVerdict(trx, act, stage)
  return waiting.map(({ program }) => program)
}

/** How long an enrollment is told that came to nothing. */
const KEPT = 365 * DAY

/** Enrollments that were refused or withdrawn a year ago. */
export const oldEnrollments: Removal = {
  table: 'partner_enrollments',
  due: now => hasEnded(sql`ended_at`, plus(now, -KEPT), KEPT),
}
