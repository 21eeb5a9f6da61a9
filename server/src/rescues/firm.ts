import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import type { Case } from '../cases/index.ts'
import { findUser, getTenant } from '../directory/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { type Missing, readMissing } from './entitlement.ts'
import { refuseMissing } from './errors.ts'
import { lookAt } from './look.ts'
import { caseOf, findRescue, isOffered } from './queries.ts'
import type { Rescue } from './rescue.ts'
import { inRescue } from './step.ts'
import { companyOf } from './take.ts'

/** A rescue as a person of a firm reads it, with what they lack for it. */
export interface FirmsRescue {
  rescue: Rescue
  one: Omit<Case, 'challenge'>
  company: { id: string; displayName: string }
  /** Who gets a new password; null where the typed name is nobody's, and once it has ended. */
  target: { userPrincipalName: string; displayName: string; accountEnabled: boolean; isAdministrator: boolean } | null
  missing: Missing
  /** Whether the reader has taken it, so that somebody else approves. */
  isTakenByReader: boolean
}

/** The rescues that the firm of the act may take, or has taken, the newest first. What it may no more is not among them. */
export async function listFirmsRescues(db: Db, act: Act): Promise<FirmsRescue[]> {
  const firmId = firmOf(act)
  const rows = await inTenant(db, firmId, trx =>
    trx.selectFrom('rescues').select('id').where(isOffered(firmId)).orderBy('id', 'desc').limit(100).execute(),
  )
  const all: FirmsRescue[] = []
  for (const { id } of rows) {
    const one = await findFirmsRescue(db, act, id)
    if (one) all.push(one)
  }
  return all
}

/** Throws `not_found`. */
export async function getFirmsRescue(db: Db, act: Act, id: string): Promise<FirmsRescue> {
  const found = await findFirmsRescue(db, act, id)
  if (!found) throw refuseMissing('not_found')
  return found
}

function firmOf(act: Act): string {
  const firmId = 'tenantId' in act.actor ? act.actor.tenantId : ''
  demand(act, 'partner.rescues.read', { kind: 'tenant', tenantId: firmId })
  return firmId
}

async function findFirmsRescue(db: Db, act: Act, id: string): Promise<FirmsRescue | undefined> {
  const firmId = firmOf(act)
  const userId = 'id' in act.actor ? (act.actor.id ?? '') : ''
  const tenantId = await companyOf(db, firmId, id)
  await lookAt(db, act, { tenantId, id: id.toLowerCase() })
  return inRescue(db, { tenantId, firmId }, async enter => {
    const company = await enter(tenantId)
    const found = await findRescue(company, act, id.toLowerCase())
    if (!found?.row.candidates.includes(firmId)) return undefined
    const { rescue, row } = found
    const missing = await readMissing(enter, act, { rescue, firmId, userId })
    // A firm that may no more reads no more: neither what stands there now, nor what was asked.
    if (!missing) return undefined
    const again = await enter(tenantId)
    return {
      ...{ rescue, missing, one: await caseOf(again, act, rescue), isTakenByReader: rescue.taker?.id === userId },
      company: { id: tenantId, displayName: (await getTenant(again, tenantId)).displayName },
      target: row.ended_at ? null : await readTarget(again, rescue),
    }
  })
}

async function readTarget(company: Trx, { targetId }: Rescue): Promise<FirmsRescue['target']> {
  const user = targetId === null ? undefined : await findUser(company, company.tenantId, targetId)
  if (!user) return null
  const { userPrincipalName, displayName, accountEnabled, roles } = user
  return { userPrincipalName, displayName, accountEnabled, isAdministrator: roles.length > 0 }
}
