import { type Row, sql, type Trx } from '../store/index.ts'
import { readName } from './names.ts'

/** What a company lets strangers do and learn, and who else helps its people (work accounts on the wire, §1.6). */
export interface TenantSettings {
  /** Whether somebody whose mailbox is in a domain of the company may make an account themselves. */
  emailVerifiedUsersMayJoin: boolean
  /** `hidden`: strangers who ask whether the company has accounts here are told what they are told of nobody's domain. */
  publicCheck: Row<'tenants'>['public_check']
  /** The address of the provider that looks after the company's accounts, where it has one. */
  providerContact: string | null
}

export const readSettings = (trx: Trx): Promise<TenantSettings> =>
  trx
    .selectFrom('tenants')
    .select([
      'email_verified_users_may_join as emailVerifiedUsersMayJoin',
      'public_check as publicCheck',
      'provider_contact as providerContact',
    ])
    .where('tenant_id', '=', trx.tenantId)
    .executeTakeFirstOrThrow()

/**
 * Whether who has the mailbox of this name may make an account in the tenant: where nobody administers it, and so nobody
 * could add them, or where its administrators let such people in, and have not deleted them lately. While a takeover that
 * brought the domain can be undone, nobody gets a name in it.
 */
export async function letsMailboxJoin(trx: Trx, userPrincipalName: string): Promise<boolean> {
  const { tenantId } = trx
  const { folded, domain } = readName(userPrincipalName)
  const { unmanaged, lets, deleted, taken } = await trx
    .selectFrom('tenants')
    .select([
      'unmanaged_since as unmanaged',
      'email_verified_users_may_join as lets',
      sql<boolean>`exists (select from accounts where tenant_id = ${tenantId}
        and user_principal_name_folded = ${folded} and deleted_at is not null)`.as('deleted'),
      sql<boolean>`exists (select from domains where tenant_id = ${tenantId} and name = ${domain}
        and taken_by is not null)`.as('taken'),
    ])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  return unmanaged !== null || (lets && !deleted && !taken)
}

/** Whom the company's people may be sent to where nobody of their own can help; undefined where it named nobody. */
export async function findProviderContact(trx: Trx): Promise<string | undefined> {
  return (await readSettings(trx)).providerContact ?? undefined
}

export type SettingsChanges = { [Name in keyof TenantSettings]?: TenantSettings[Name] | undefined }

/** Changes what is named. */
export async function setSettings(trx: Trx, changes: SettingsChanges): Promise<void> {
  await trx
    .updateTable('tenants')
    .set({
      email_verified_users_may_join: changes.emailVerifiedUsersMayJoin,
      public_check: changes.publicCheck,
      provider_contact: changes.providerContact,
      tenant_id: trx.tenantId,
    })
    .where('tenant_id', '=', trx.tenantId)
    .execute()
}
