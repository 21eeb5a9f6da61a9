import { applicationSeals } from '../applications/index.ts'
import { assistantSeals } from '../assistant/index.ts'
import { bulkSeals } from '../bulk/index.ts'
import { callerSeals } from '../callers/index.ts'
import { caseSeals } from '../cases/index.ts'
import { challengeSeals } from '../challenges/index.ts'
import type { Keyring, Means } from '../crypto/index.ts'
import { deviceCodeSeals } from '../deviceCodes/index.ts'
import { contactSeals, listTenants, NOBODYS_TENANT } from '../directory/index.ts'
import { moveLocks } from '../limits/index.ts'
import { mailboxSeals } from '../mailboxes/index.ts'
import { methodSeals } from '../methods/index.ts'
import { noticeSeals } from '../notifications/index.ts'
import { signingKeySeals } from '../oidc/index.ts'
import { partnerContactSeals, stageSeals } from '../partners/index.ts'
import { passwordSeals } from '../passwords/index.ts'
import { agreementSeals } from '../relationships/index.ts'
import { rescueSeals } from '../rescues/index.ts'
import { journeySeals } from '../reset/index.ts'
import { signInSeals } from '../signin/index.ts'
import { invitationSeals, signupInvitationSeals, signupSeals } from '../signup/index.ts'
import { countSeals, type Db, type Resealed, reseal, type SealCounts } from '../store/index.ts'
import { takeoverSeals } from '../takeovers/index.ts'
import { documentSeals } from '../verification/index.ts'
import { webhookSeals } from '../webhooks/index.ts'
import { accountCheckSeals } from '../workAccounts/index.ts'

/** Every sealed column of tenants' tables. */
export const seals = [
  ...passwordSeals,
  ...methodSeals,
  ...contactSeals,
  ...challengeSeals,
  ...journeySeals,
  ...noticeSeals,
  ...signInSeals,
  ...deviceCodeSeals,
  ...signingKeySeals,
  ...applicationSeals,
  ...webhookSeals,
  ...callerSeals,
  ...assistantSeals,
  ...caseSeals,
  ...takeoverSeals,
  ...rescueSeals,
  ...bulkSeals,
  ...mailboxSeals,
  ...signupSeals,
  ...signupInvitationSeals,
  ...accountCheckSeals,
  ...partnerContactSeals,
  ...stageSeals,
  ...documentSeals,
  ...agreementSeals,
  ...invitationSeals,
]

const everyTenant = async (db: Db) => [...(await listTenants(db)).map(({ id }) => id), NOBODYS_TENANT]

/** Brings sealed values to the newest secret, and the locks that must outlast an older one. */
export async function resealAll(db: Db, means: Means, report: Resealed = () => {}): Promise<void> {
  const tenantIds = await everyTenant(db)
  for (const tenantId of tenantIds) await moveLocks(db, means, tenantId)
  await reseal(db, means, { tenantIds, columns: seals, report })
}

/** How many values each secret seals. A secret that seals none can go. */
export const countAllSeals = async (db: Db, keys: Keyring): Promise<SealCounts> =>
  countSeals(db, keys, await everyTenant(db), seals)
