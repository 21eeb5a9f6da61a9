import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { HOUR, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { findTenantId, findUser, NOBODYS_TENANT } from '../directory/index.ts'
import {
  byOperator,
  decideStage,
  findAccount,
  findStages,
  type PartnerAccount,
  type StageState,
  type Verdict,
  wholeOf,
} from '../partners/index.ts'
import { type Db, inPair, inSystem, inTenant, type Trx } from '../store/index.ts'
import { type Document, findDocument, type KeptDocument, openContent } from './documents.ts'
import { refuse, refuseMissing } from './errors.ts'
import { readVerification, type Verification } from './fix.ts'

/** How long a reviewer has a case for themselves. */
const CLAIMED = 24 * HOUR

/** Firms that the list shows at once. */
const LISTED_AT_MOST = 200

/** A firm whose verification is open, as a reviewer lists it. */
export interface ListedCase {
  /** The firm's tenant. */
  id: string
  account: PartnerAccount
  stages: StageState[]
  claimedBy: { id: string; userPrincipalName: string | null } | null
}

export interface Case extends ListedCase {
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

/** The firms whose verification is open: first those that wait for a reviewer, the longest first. */
export async function listCases({ db, act, operatorTenant }: Desk): Promise<ListedCase[]> {
  const deskId = await findDesk(db, act, operatorTenant)
  demand(act, 'verifications.read', { kind: 'tenant', tenantId: deskId })
  return listOpen(db, act, deskId)
}

/** The same for the operator, who belongs to no tenant. */
export async function listOpen(db: Db, means: Means, deskId: string | undefined): Promise<ListedCase[]> {
  const rows = await inSystem(db, trx =>
    trx
      .selectFrom('partner_stages')
      .select(['tenant_id as tenantId'])
      .select(eb => eb.fn.min('since').as('since'))
      .where('status', '<>', 'accepted')
      .groupBy('tenant_id')
      // Firms that gave up would hide the others.
      .orderBy(sql`bool_or(status = 'pending' and stage <> 'emailOwnership')`, 'desc')
      .orderBy('since')
      .limit(LISTED_AT_MOST)
      .execute(),
  )
  const found: ListedCase[] = []
  for (const { tenantId } of rows) {
    const one = await inTenant(db, tenantId, trx => readListed(trx, means))
    if (one) found.push(one)
  }
  return deskId === undefined ? found : inTenant(db, deskId, desk => withNames(desk, found))
}

async function readListed(trx: Trx, means: Means): Promise<ListedCase | undefined> {
  const account = await findAccount(trx, means)
  if (!account) return undefined
  const claimed = await readClaim(trx, means)
  return {
    ...{ id: trx.tenantId, account, stages: await findStages(trx) },
    claimedBy: claimed === undefined ? null : { id: claimed, userPrincipalName: null },
  }
}

const withNames = async (desk: Trx, cases: readonly ListedCase[]): Promise<ListedCase[]> => {
  const named: ListedCase[] = []
  for (const one of cases) {
    const person = one.claimedBy && (await findUser(desk, desk.tenantId, one.claimedBy.id))
    named.push({
      ...one,
      claimedBy: one.claimedBy && { id: one.claimedBy.id, userPrincipalName: person?.userPrincipalName ?? null },
    })
  }
  return named
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
  return { ...found, ...named! }
}

/** The case of the firm that is entered. Throws `not_found`. */
export async function readCase(trx: Trx, act: Act): Promise<Case> {
  const listed = await readListed(trx, act)
  if (!listed || wholeOf(begun(listed.stages)) === 'notStarted') throw refuseMissing('not_found')
  return { ...listed, verification: await readVerification(trx, act) }
}

const begun = (stages: readonly StageState[]) => stages.map(({ status }) => status).filter(one => one !== 'notStarted')

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
