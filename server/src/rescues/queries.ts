import { sql } from 'kysely'
import { type Case, findCaseById } from '../cases/index.ts'
import { plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { type Db, inSystem, type Row, type SealedColumn, type Trx } from '../store/index.ts'
import { refusePerson } from './errors.ts'
import { READY_LASTS, type Rescue, stateOf, stepsOf } from './rescue.ts'

/** What a job seals anew. */
export const rescueSeals: SealedColumn[] = [
  { table: 'rescues', column: 'target_sealed', key: ['id'], purpose: 'rescue-target' },
  { table: 'rescues', column: 'note_sealed', key: ['id'], purpose: 'rescue-note' },
  { table: 'rescues', column: 'reason_sealed', key: ['id'], purpose: 'rescue-reason' },
]

export type RescueRow = Row<'rescues'>

/** A text of a rescue, sealed as its column keeps it. */
export const sealText = (
  { keys }: Pick<Means, 'keys'>,
  { tenantId, id }: Pick<Rescue, 'tenantId' | 'id'>,
  kind: 'target' | 'note' | 'reason',
  text: string,
): Buffer => keys.seal({ purpose: `rescue-${kind}`, tenantId, rowId: id }, text)

/** The tenant in which a rescue is looked up: the empty one where there is none, so that both take the same way. */
export async function findTenantOfRescue(db: Db, id: string): Promise<string> {
  if (!isUuid(id)) return NOBODYS_TENANT
  const found = await inSystem(db, trx =>
    trx.selectFrom('rescues').select('tenant_id').where('id', '=', id).executeTakeFirst(),
  )
  return found?.tenant_id ?? NOBODYS_TENANT
}

/** For SQL: whether a firm may take a rescue, or has taken it. */
export const isOffered = (firmId: string) => sql<boolean>`candidates @> array[${firmId}::uuid]`

export interface Found {
  row: RescueRow
  rescue: Rescue
}

/** A rescue of this company, locked where it is about to change. */
export async function findRescue(
  trx: Trx,
  means: Pick<Means, 'keys'>,
  id: string,
  lock = false,
): Promise<Found | undefined> {
  if (!isUuid(id)) return undefined
  const row = await trx
    .selectFrom('rescues')
    .selectAll()
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .$if(lock, query => query.forUpdate())
    .executeTakeFirst()
  return row && { row, rescue: rescueOf(means, row) }
}

/** The newest rescue of a case. */
export async function findRescueOfCase(
  trx: Trx,
  means: Pick<Means, 'keys'>,
  caseId: string,
): Promise<Found | undefined> {
  const row = await trx
    .selectFrom('rescues')
    .selectAll()
    .where('tenant_id', '=', trx.tenantId)
    .where('case_id', '=', caseId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { row, rescue: rescueOf(means, row) }
}

function rescueOf({ keys }: Pick<Means, 'keys'>, row: RescueRow): Rescue {
  const { tenant_id: tenantId, id } = row
  const open = (kind: 'target' | 'note' | 'reason', sealed: Buffer | null) =>
    sealed && keys.open({ purpose: `rescue-${kind}`, tenantId, rowId: id }, sealed)
  const state = stateOf(row)
  return {
    ...{ tenantId, id, state, caseId: row.case_id, act: row.act, targetId: row.target_id, refusal: row.refusal },
    ...{ lostMethods: row.lost_methods, askedAt: row.asked_at, endsAt: row.ends_at, checked: row.checked },
    target: open('target', row.target_sealed),
    note: open('note', row.note_sealed),
    reason: open('reason', row.reason_sealed),
    provider: row.other_tenant_id === null ? null : { id: row.other_tenant_id, name: row.provider_name! },
    taker: row.taken_by === null ? null : { id: row.taken_by, name: row.taker_name! },
    approver: row.approved_by === null ? null : { id: row.approved_by, name: row.approver_name! },
    coolingUntil: row.cooling_until,
    readyUntil: row.ready_at && !row.finished_at ? plus(row.ready_at, READY_LASTS) : null,
    undoUntil: state === 'settling' ? row.ends_at : null,
    ...{ finishedAt: row.finished_at, isAllowed: row.allowed_at !== null, steps: stepsOf(row) },
  }
}

export type Changes = Partial<Omit<RescueRow, 'tenant_id' | 'id' | 'former'>> & { former?: string | null }

export const changeRescue = async (trx: Trx, id: string, changes: Changes): Promise<void> => {
  await trx.updateTable('rescues').set(changes).where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
}

/** The case that a rescue was asked for in, with its row. */
export const caseRowOf = (company: Trx, means: Means, { caseId }: Rescue) => findCaseById(company, means, caseId)

/** The same. Throws `not_found`. */
export async function caseOf(company: Trx, means: Means, rescue: Rescue): Promise<Omit<Case, 'challenge'>> {
  const found = await caseRowOf(company, means, rescue)
  if (!found) throw refusePerson('not_found')
  return found.case
}
