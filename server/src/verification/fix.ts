import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import {
  type AccountChanges,
  changeAccount,
  findStages,
  fixStage,
  getAccount,
  listStageEvents,
  type Stage,
  type StageEvent,
  type StageState,
  type VerificationStatus,
} from '../partners/index.ts'
import type { Trx } from '../store/index.ts'
import { type Document, handIn, listDocuments } from './documents.ts'

/** A firm's verification as the firm reads it. */
export interface Verification {
  status: VerificationStatus
  stages: StageState[]
  history: StageEvent[]
  documents: Document[]
}

/** Throws `not_found` where the tenant is no partner. */
export async function readVerification(trx: Trx, act: Act): Promise<Verification> {
  const { verification: status } = await getAccount(trx, act)
  return {
    ...{ status, stages: await findStages(trx), history: await listStageEvents(trx, act) },
    documents: await listDocuments(trx, act),
  }
}

/** What the firm hands in to be looked at again. */
export interface Fix {
  stage: Stage
  documents: readonly string[]
  comment: string
  /** What was wrong with the profile, as it is now. */
  corrected?: Pick<AccountChanges, 'legalProfile' | 'primaryContact'> | undefined
}

/** "Fix now" (partners on the wire, §5). Throws `wrong_status`, `document_unknown`, and what the profile refuses. */
export async function fixNow(trx: Trx, act: Act, { stage, documents, comment, corrected }: Fix): Promise<void> {
  demand(act, 'partner.verification.write', { kind: 'tenant', tenantId: trx.tenantId })
  // Locked first: two who fix one stage come one after the other, and the second is refused.
  await getAccount(trx, act, true)
  await fixStage(trx, act, stage, comment)
  await handIn(trx, act, stage, documents)
  if (corrected) await changeAccount(trx, act, { changes: corrected, ifMatch: undefined })
}
