import type { RawBuilder } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { HOUR, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { findTenantId, NOBODYS_TENANT } from '../directory/index.ts'
import { type Entity, type Options, type Page, type Property, readPage } from '../odata/index.ts'
import {
  byOperator,
  decideStage,
  findAccount,
  getAccount,
  inOrder,
  type PartnerAccount,
  type StageState,
  type StageStatus,
  type Verdict,
  type VerificationStatus,
  wholeOf,
} from '../partners/index.ts'
import { type Db, inPair, inSystem, inTenant, sql, type Trx } from '../store/index.ts'
import { type Document, findDocument, type KeptDocument, openContent } from './documents.ts'
import { refuse, refuseMissing } from './errors.ts'
import { readVerification, type Verification } from './fix.ts'

/** How long a reviewer has a case for themselves. */
const CLAIMED = 24 * HOUR

/** Who has a case. */
interface Claimed {
  claimedBy: { id: string; userPrincipalName: string | null } | null
}

/** A firm whose verification is open, as a reviewer lists it. */
export interface ListedCase extends Claimed {
  /** The firm's tenant. */
  id: string
  partnerId: string
  companyName: string
  country: string
  status: VerificationStatus
  stages: StageState[]
}

export interface Case extends Claimed {
  id: string
  account: PartnerAccount
  verification: Verification
}

/** The operator's tenant, where it is the caller's. Throws `not_found`. */
async function findDesk(db: Db, act: Act, operatorTenant: string | undefined): Promise<string> {
  const { actor } = act
  const own = 'tenantId' in actor ? actor.tenantId : undefined
  if (operatorTenant === undefined || own === undefined || own === NOBODYS_TENANT) throw refuseMissing('not_found')
  if ((await findTenantId(db, operatorTenant)) !== own) throw refuseMissing('not_found')
  return own
}

/** A reviewer at the operator's desk: who, where, and on whose behalf. */
export interface Desk {
  db: Db
  act: Act
  /** A domain of the operator's tenant; undefined: there is no desk. */
  operatorTenant: string | undefined
}

/**
 * The firms whose verification is open, of all tenants: first those that wait for a reviewer, the longest first. Others, as
 * firms that gave up, would hide them.
 */
export function deskEntity(now: Date): Entity {
  const shown = (kind: Property['kind'], value: Property['sql'], more: Partial<Property> = {}): Property => ({
    ...{ kind, sql: value, unasked: true },
    ...more,
  })
  const ofStages = (value: RawBuilder<unknown>) =>
    sql`(select json_agg(${value}) from partner_stages as stage where stage.tenant_id = firms.tenant_id)`
  const stage = sql`json_build_object('stage', stage.stage, 'status', stage.status, 'since', stage.since,
    'dueAt', stage.due_at, 'reason', stage.reason, 'requiredDocuments', stage.required_documents)`
  return {
    name: 'verificationCases',
    type: '#latchkey.verificationCase',
    from: sql`(
      select tenant_id, partner_id, legal_profile, claimed_by, claimed_at, desk_place from partner_accounts
      where desk_place is not null) as firms`,
    tenant: sql.ref('firms.tenant_id'),
    pageLimit: 300,
    order: { by: 'place', descending: false },
    properties: {
      id: shown('uuid', sql.ref('firms.tenant_id')),
      partnerId: shown('text', sql.ref('firms.partner_id')),
      companyName: shown('text', sql`firms.legal_profile ->> 'companyName'`),
      country: shown('text', sql`firms.legal_profile ->> 'country'`),
      status: shown('value', ofStages(sql`stage.status`), { read: json => wholeOf(json as StageStatus[]) }),
      stages: shown('value', ofStages(stage), { read: json => inOrder((json as StageJson[]).map(stateOf)) }),
      claimedBy: shown(
        'value',
        sql`case when firms.claimed_at > ${plus(now, -CLAIMED)}::timestamptz
          then json_build_object('id', firms.claimed_by, 'userPrincipalName', null) end`,
        { nullable: true },
      ),
    },
    paths: {
      place: { kind: 'number', sql: sql.ref('firms.desk_place') },
    },
  }
}

/** A stage as JSON has it. */
interface StageJson extends Pick<StageState, 'stage' | 'status' | 'reason' | 'requiredDocuments'> {
  since: string
  dueAt: string | null
}

const stateOf = ({ since, dueAt, ...one }: StageJson): StageState => ({
  ...one,
  ...{ since: new Date(since), dueAt: dueAt === null ? null : new Date(dueAt), lookAt: null, rejectedBy: null },
})

/** A page of these. */
export async function listCases(
  { db, act, operatorTenant }: Desk,
  options: Options,
): Promise<Omit<Page, 'value'> & { value: ListedCase[] }> {
  const deskId = await findDesk(db, act, operatorTenant)
  demand(act, 'verifications.read', { kind: 'tenant', tenantId: deskId })
  const { value, ...page } = await inSystem(db, trx => readPage(trx, deskEntity(act.now), options))
  return { ...page, value: await inTenant(db, deskId, desk => withNames(desk, value as unknown as ListedCase[])) }
}

/** The cases with the names of their reviewers, who are people of the operator. */
async function withNames<C extends Claimed>(desk: Trx, cases: readonly C[]): Promise<C[]> {
  const ids = cases.flatMap(({ claimedBy }) => claimedBy?.id ?? [])
  if (ids.length === 0) return [...cases]
  const people = await desk
    .selectFrom('users')
    .select(['id', 'user_principal_name as name'])
    .where('tenant_id', '=', desk.tenantId)
    .where('id', 'in', ids)
    .execute()
  const names = new Map(people.map(({ id, name }) => [id, name]))
  return cases.map(({ claimedBy, ...one }) => ({
    ...(one as C),
    claimedBy: claimedBy && { id: claimedBy.id, userPrincipalName: names.get(claimedBy.id) ?? null },
  }))
}

async function readClaim(trx: Trx, { now }: Pick<Means, 'now'>): Promise<string | undefined> {
  const row = await trx
    .selectFrom('partner_accounts')
    .select('claimed_by')
    .where('tenant_id', '=', trx.tenantId)
    .where('claimed_at', '>', plus(now, -CLAIMED))
    .executeTakeFirst()
  return row?.claimed_by ?? undefined
}

/** One case, open or not. Throws `not_found`, `own_company`. */
export async function getCase({ db, act, operatorTenant }: Desk, id: string): Promise<Case> {
  const deskId = await findDesk(db, act, operatorTenant)
  demand(act, 'verifications.read', { kind: 'tenant', tenantId: deskId })
  const firmId = firmOf(id, deskId)
  const found = await inTenant(db, firmId, trx => readCase(trx, act))
  const [named] = await inTenant(db, deskId, desk => withNames(desk, [found]))
  return named!
}

/** The case of the firm that is entered. Throws `not_found`. */
export async function readCase(trx: Trx, act: Act): Promise<Case> {
  const account = await getAccount(trx, act)
  if (account.verification === 'notStarted') throw refuseMissing('not_found')
  const claimed = await readClaim(trx, act)
  return {
    ...{ id: trx.tenantId, account, verification: await readVerification(trx, act) },
    claimedBy: claimed === undefined ? null : { id: claimed, userPrincipalName: null },
  }
}

/** Nobody judges whom they belong to. Throws `not_found`, `own_company`. */
function firmOf(id: string, deskId: string): string {
  const firmId = id.toLowerCase()
  if (!isUuid(firmId)) throw refuseMissing('not_found')
  if (firmId === deskId) throw refuse('own_company')
  return firmId
}

/** Takes a case for a day, so that two reviewers do not judge it at once. Throws `claimed`. */
export const claimCase = (desk: Desk, id: string): Promise<void> =>
  atDesk(desk, 'verifications.decide', id, async (firm, reviewerId) => {
    await readCase(firm, desk.act)
    await claim(firm, desk.act, reviewerId)
    return { activity: 'verification.claimed', target: id.toLowerCase(), details: {} }
  })

async function claim(firm: Trx, { now }: Pick<Act, 'now'>, reviewerId: string): Promise<void> {
  const claimed = await firm
    .updateTable('partner_accounts')
    .set({ claimed_by: reviewerId, claimed_at: now })
    .where('tenant_id', '=', firm.tenantId)
    .where(eb =>
      eb.or([
        eb('claimed_by', 'is', null),
        eb('claimed_by', '=', reviewerId),
        eb('claimed_at', '<=', plus(now, -CLAIMED)),
      ]),
    )
    .returning('partner_id')
    .executeTakeFirst()
  if (!claimed) throw refuse('claimed')
}

/** A verdict on a stage, which claims the case. Throws `claimed`, `own_company`, and what the stage refuses. */
export const decideCase = (desk: Desk, id: string, verdict: Verdict): Promise<void> =>
  atDesk(desk, 'verifications.decide', id, async (firm, reviewerId) => {
    await readCase(firm, desk.act)
    await claim(firm, desk.act, reviewerId)
    await decideStage(firm, desk.act, verdict)
    const { stage, verdict: word, reason } = verdict
    const details = { stage, verdict: word, ...(reason && { reason }) }
    return { activity: 'verification.decided', target: id.toLowerCase(), details }
  })

/** A document that was handed in; that it was read stands in both logs. Throws `not_found`, `own_company`. */
export async function readDocument(desk: Desk, id: string, documentId: string): Promise<[Document, Buffer]> {
  let found: KeptDocument | undefined
  await atDesk(desk, 'verifications.read', id, async firm => {
    found = await findDocument(firm, desk.act, documentId)
    const { stage, type } = found.document
    const details = { stage, type }
    await record(firm, byOperator(desk.act), {
      ...{ activity: 'verification.document_read', result: 'success', customer: null },
      ...{ target: { id: documentId.toLowerCase(), name: stage }, details },
    })
    return { activity: 'verification.document_read', target: documentId.toLowerCase(), details }
  })
  return [found!.document, openContent(desk.act, found!)]
}

/** What the operator's log keeps of an act on a firm. */
interface DeskEvent {
  activity: 'verification.claimed' | 'verification.decided' | 'verification.document_read'
  target: string
  details: Record<string, string>
}

/** Acts on a firm, and writes it into the operator's log with the reviewer's name, in one transaction. */
async function atDesk(
  { db, act, operatorTenant }: Desk,
  action: 'verifications.read' | 'verifications.decide',
  id: string,
  work: (firm: Trx, reviewerId: string) => Promise<DeskEvent>,
): Promise<void> {
  const deskId = await findDesk(db, act, operatorTenant)
  const { actor } = act
  demand(act, action, { kind: 'tenant', tenantId: deskId })
  if (actor.kind !== 'user') throw refuseMissing('not_found')
  const firmId = firmOf(id, deskId)
  await inPair(db, [firmId, deskId], async enter => {
    const firm = await enter(firmId)
    const account = await findAccount(firm, act, true)
    if (!account) throw refuseMissing('not_found')
    if (isOfFirm(account, actor.name)) throw refuse('own_company')
    const { activity, target, details } = await work(firm, actor.id)
    await record(await enter(deskId), act, {
      ...{ activity, result: 'success', target: { id: target, name: account.partnerId }, details },
    })
  })
}

/** Whether somebody is one of the people whom the firm names. */
const isOfFirm = ({ contacts }: PartnerAccount, name: string) =>
  Object.values(contacts).some(contact => contact?.mail.toLowerCase() === name.toLowerCase())
