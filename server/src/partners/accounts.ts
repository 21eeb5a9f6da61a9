import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Activity, changesOf, type RecordedAct, record } from '../audit/index.ts'
import type { Keyring, Means } from '../crypto/index.ts'
import { listsEtag } from '../odata/index.ts'
import { type Row, type SealedColumn, sql, type Trx } from '../store/index.ts'
import { readAddress } from '../typing/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { type Contact, checkContact, checkLegalProfile, type LegalProfile } from './legal.ts'
import { restartStages, stageStatuses, type VerificationStatus, wholeOf } from './stages.ts'

/** What a firm is enrolled in (Partner Center and work accounts, §4.1). */
export type Program = Row<'partner_enrollments'>['program']

/** The people of the firm whom others reach. */
export interface Contacts {
  primary: Contact
  support: Contact | null
  security: Contact | null
}

/** A firm's account as a partner. */
export interface PartnerAccount {
  partnerId: string
  /** The programs whose agreement is signed. */
  kinds: Program[]
  /** `onboarding` until the first agreement is signed. */
  status: 'onboarding' | 'active' | 'suspended'
  legalProfile: LegalProfile
  contacts: Contacts
  agreement: { version: string; signedAt: string; signedBy: string } | null
  suspension: { since: Date; reason: Suspension } | null
  verification: VerificationStatus
  version: number
}

export type Suspension = NonNullable<Row<'partner_accounts'>['suspension']>

const placeOf = (tenantId: string, partnerId: string) =>
  ({ purpose: 'partner-contacts', tenantId, rowId: partnerId }) as const

export const contactSeals: readonly SealedColumn[] = [
  { table: 'partner_accounts', column: 'contacts_sealed', purpose: 'partner-contacts', key: ['partner_id'] },
]

/** Without look-alikes, so that it can be read out (partners on the wire, §1). */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ'

const newPartnerId = ({ random }: Pick<Means, 'random'>) =>
  `P-${Array.from({ length: 8 }, () => LETTERS[random.below(LETTERS.length)]).join('')}`

/** Opens the account of a firm that enrolls for the first time. */
export async function openAccount(
  trx: Trx,
  means: Means,
  { legalProfile, primary, support }: { legalProfile: LegalProfile; primary: Contact; support: Contact | null },
): Promise<void> {
  checkLegalProfile(legalProfile)
  checkContact(primary, 'primaryContact')
  if (support) checkContact(support, 'supportContact')
  const contacts: Contacts = { primary: cleaned(primary), support: support && cleaned(support), security: null }
  const partnerId = newPartnerId(means)
  await trx
    .insertInto('partner_accounts')
    .values({
      tenant_id: trx.tenantId,
      partner_id: partnerId,
      legal_profile: JSON.stringify(legalProfile),
      contacts_sealed: means.keys.seal(placeOf(trx.tenantId, partnerId), JSON.stringify(contacts)),
      created_at: means.now,
    })
    .execute()
}

const cleaned = (contact: Contact): Contact => ({ ...contact, mail: readAddress(contact.mail)! })

/** The tenant's account as a partner; undefined where it has none. `lock`: until the transaction ends. */
export async function findAccount(
  trx: Trx,
  { keys }: { keys: Keyring },
  lock = false,
): Promise<PartnerAccount | undefined> {
  const { tenantId } = trx
  const row = await trx
    .selectFrom('partner_accounts as account')
    .select([
      ...(['partner_id', 'legal_profile', 'contacts_sealed', 'agreement', 'suspended_at'] as const),
      ...(['suspension', 'version'] as const),
      sql<Program[]>`(
        select coalesce(json_agg(program order by created_at, id), '[]') from partner_enrollments
        where tenant_id = ${tenantId} and ended_at is null and signed_at is not null)`.as('kinds'),
      stageStatuses(tenantId).as('stages'),
    ])
    .where('tenant_id', '=', tenantId)
    .$if(lock, query => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (!row) return undefined
  return {
    partnerId: row.partner_id,
    kinds: row.kinds,
    status: row.suspended_at ? 'suspended' : row.kinds.length > 0 ? 'active' : 'onboarding',
    legalProfile: row.legal_profile as unknown as LegalProfile,
    contacts: JSON.parse(keys.open(placeOf(tenantId, row.partner_id), row.contacts_sealed)),
    agreement: row.agreement as unknown as PartnerAccount['agreement'],
    suspension: row.suspended_at && { since: row.suspended_at, reason: row.suspension! },
    verification: wholeOf(row.stages),
    version: row.version,
  }
}

/** The same. Throws `not_found` where the tenant is no partner. */
export async function getAccount(trx: Trx, means: { keys: Keyring }, lock = false): Promise<PartnerAccount> {
  const account = await findAccount(trx, means, lock)
  if (!account) throw refuseMissing('not_found')
  return account
}

/** Whether the tenant is a partner at which new things may begin: invitations, offers, customers. */
export async function isActivePartner(trx: Trx): Promise<boolean> {
  const { rows } = await sql`
    select from partner_accounts where tenant_id = ${trx.tenantId} and suspended_at is null and exists (
      select from partner_enrollments where tenant_id = ${trx.tenantId} and signed_at is not null and ended_at is null)`.execute(
    trx,
  )
  return rows.length > 0
}

/** What changes of an account. */
export interface AccountChanges {
  legalProfile?: LegalProfile | undefined
  primaryContact?: Contact | undefined
  supportContact?: Contact | null | undefined
  securityContact?: Contact | null | undefined
}

/**
 * Changes profile and contacts. What a new name, address or mailbox makes doubtful is verified anew; what stands goes on. Throws
 * `country_mismatch` for another country, and what the parts refuse.
 */
export async function changeAccount(
  trx: Trx,
  act: Act,
  { changes, ifMatch }: { changes: AccountChanges; ifMatch: string | undefined },
): Promise<void> {
  const { tenantId } = trx
  const { legalProfile, securityContact, primaryContact, supportContact } = changes
  const target = { kind: 'tenant', tenantId } as const
  if (securityContact !== undefined) demand(act, 'partner.securityContact.write', target)
  if (securityContact === undefined || Object.values(changes).filter(one => one !== undefined).length > 1)
    demand(act, 'partner.account.write', target)
  const account = await getAccount(trx, act, true)
  if (ifMatch !== undefined && !listsEtag(ifMatch, String(account.version))) throw refuse('resource_modified')
  if (legalProfile) {
    checkLegalProfile(legalProfile)
    if (legalProfile.country !== account.legalProfile.country) throw refuse('country_mismatch', { field: 'country' })
  }
  for (const [field, contact] of Object.entries({ primaryContact, supportContact, securityContact }))
    if (contact) checkContact(contact, field)
  const contacts: Contacts = {
    primary: primaryContact ? cleaned(primaryContact) : account.contacts.primary,
    support: chosen(supportContact, account.contacts.support),
    security: chosen(securityContact, account.contacts.security),
  }
  const isMoved = legalProfile !== undefined && registeredAs(legalProfile) !== registeredAs(account.legalProfile)
  await trx
    .updateTable('partner_accounts')
    .set({
      legal_profile: JSON.stringify(legalProfile ?? account.legalProfile),
      contacts_sealed: act.keys.seal(placeOf(tenantId, account.partnerId), JSON.stringify(contacts)),
      version: account.version + 1,
    })
    .where('tenant_id', '=', tenantId)
    .execute()
  await restartStages(trx, act, {
    registration: isMoved,
    mailbox: contacts.primary.mail !== account.contacts.primary.mail,
  })
  const named = Object.entries({ primaryContact, supportContact, securityContact }).filter(
    ([, one]) => one !== undefined,
  )
  const details = {
    ...(legalProfile && changesOf<LegalProfile>(account.legalProfile, legalProfile)),
    // Whose address it is stands in the account: the log holds none.
    ...(named.length > 0 && { contacts: named.map(([name]) => name).join(' ') }),
  }
  await recordAccount(trx, act, account, { activity: 'partner.changed', details })
}

const chosen = (changed: Contact | null | undefined, former: Contact | null) =>
  changed === undefined ? former : changed && cleaned(changed)

const registeredAs = ({ companyName, street, city, postalCode, registrationNumber }: LegalProfile) =>
  JSON.stringify([companyName, street, city, postalCode, registrationNumber])

/** Writes what became of an account. */
export const recordAccount = (
  trx: Trx,
  act: RecordedAct,
  { partnerId }: Pick<PartnerAccount, 'partnerId'>,
  event: { activity: Activity & `partner.${string}`; details?: Record<string, string> },
): Promise<void> => record(trx, act, { ...event, result: 'success', target: { name: partnerId }, customer: null })
