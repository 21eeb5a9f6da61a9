import type { Means } from '../crypto/index.ts'
import { createDefaultPolicy } from '../policies/index.ts'
import { askOne, askSystem, askTenant, type Db, inSystem, inTenant, type Read, sql, type Trx } from '../store/index.ts'
import { foldName } from '../typing/index.ts'
import { directoryError } from './errors.ts'
import { claimLabel } from './labels.ts'
import { checkDisplayName, checkDomain, isDomain } from './names.ts'

/** A company as its pages show it. */
export interface Tenant {
  id: string
  displayName: string
  preferredLanguage: string
  /** The country of most of its people's numbers, as an ISO 3166 code. */
  country: string | null
}

/** The empty tenant of names without a known domain, so that an unknown name takes the same path as a known one. */
export const NOBODYS_TENANT = '00000000-0000-7000-8000-000000000000'

/** The tenant that has proven this domain, or the empty one. The only look-up before a tenant is known. */
export async function findTenantId(db: Db, domain: string): Promise<string> {
  // PostgreSQL would answer some texts that are no domain with an error.
  if (!isDomain(domain)) return NOBODYS_TENANT
  const [found] = await askSystem<{ tenant_id: string }>(
    db,
    'select tenant_id from domains where name = $1 and verified_at is not null',
    [domain],
  )
  return found?.tenant_id ?? NOBODYS_TENANT
}

/** The current tenant. */
export async function getTenant(trx: Trx, tenantId: string): Promise<Tenant> {
  const tenant = await askOne(trx, tenantOf(tenantId))
  if (!tenant) throw directoryError('tenant_not_found', `no tenant ${tenantId}`)
  return tenant
}

/** The tenant beside other facts. */
export const tenantOf = (tenantId: string): Read<Tenant | undefined> => ({
  sql: sql`(
    select json_build_object('id', tenant_id, 'displayName', display_name,
      'preferredLanguage', preferred_language, 'country', country)
    from tenants where tenant_id = ${tenantId})`,
  read: json => (json as Tenant | null) ?? undefined,
})

/** Locks the tenant until the transaction ends, for a count with a limit. Two counts at once would see the same rows, and together pass the limit. */
export async function lockTenant(trx: Trx, tenantId: string): Promise<void> {
  await trx
    .selectFrom('tenants')
    .select('tenant_id')
    .where('tenant_id', '=', tenantId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
}

/** Until when nobody acts on those who were there before a takeover, in milliseconds; null where there was none. */
export const settlingOf = (tenantId: string): Read<number | null> => ({
  sql: sql`(
    select (extract(epoch from settling_until) * 1000)::double precision from tenants where tenant_id = ${tenantId})`,
  read: json => json as number | null,
})

/** Whether somebody has their account to themselves: nobody administers it, or they can still undo a takeover. */
export const isTheirOwn = (tenantId: string, userId: string): Read<boolean> => ({
  sql: sql`(
    exists(select from tenants where tenant_id = ${tenantId} and unmanaged_since is not null)
    or exists(select from takeovers
      where tenant_id = ${tenantId} and kind = 'internal' and finished_at is not null and ended_at is null)
    or exists(select from users where tenant_id = ${tenantId} and id = ${userId} and settling_until is not null))`,
  read: json => json === true,
})

/** Whom the company named for technical news, where nobody but this person has an account; nobody otherwise. */
export async function findTechnicalContacts(trx: Trx, { without }: { without: string }): Promise<string[]> {
  const { tenantId } = trx
  const found = await trx
    .selectFrom('tenants')
    .select('technical_notification_mails')
    .where('tenant_id', '=', tenantId)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('users').select('id').where('tenant_id', '=', tenantId).where('id', '<>', without))),
    )
    .executeTakeFirst()
  return found?.technical_notification_mails ?? []
}

/** Whether there is such a tenant. */
export const hasTenant = async (db: Db, tenantId: string): Promise<boolean> =>
  tenantId !== NOBODYS_TENANT &&
  (await askTenant(db, tenantId, sql`select from tenants where tenant_id = ${tenantId}`)).length > 0

/** The verified domains of the tenant, the default one first. */
export async function listDomains(trx: Trx, tenantId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', tenantId)
    .where('verified_at', 'is not', null)
    .orderBy('is_default', 'desc')
    .orderBy('name')
    .execute()
  return rows.map(row => row.name)
}

/** The tenant that has proven one of these domains, the nearest of which comes first; the empty one where nobody has. One statement, whichever they are. */
export async function findTenantOfDomains(db: Db, names: readonly string[]): Promise<string> {
  const one = `select tenant_id from domains where name = any(string_to_array($1, ' ')) and verified_at is not null
    order by array_position(string_to_array($1, ' '), name) limit 1`
  const [found] = await askSystem<{ tenant_id: string }>(db, one, [names.join(' ')])
  return found?.tenant_id ?? NOBODYS_TENANT
}

/** What stands behind a domain. `unmanaged`: people have accounts there, but nobody administers them. */
export type AccountKind = 'managed' | 'unmanaged' | 'unknown'

/**
 * What stands behind the first known of these domains, the nearest of which comes first. Two statements, whichever they
 * are. `reader`: a stranger is told nothing of a company that hides itself; who has proved a mailbox there is.
 */
export async function findAccountKind(
  db: Db,
  names: readonly string[],
  reader: 'stranger' | 'proved',
): Promise<AccountKind> {
  const tenantId = await findTenantOfDomains(db, names)
  const [found] = await askTenant<{ unmanaged: boolean; hidden: boolean }>(
    db,
    tenantId,
    sql`select unmanaged_since is not null as unmanaged, public_check = 'hidden' as hidden
      from tenants where tenant_id = ${tenantId}`,
  )
  if (tenantId === NOBODYS_TENANT || (found?.hidden && reader === 'stranger')) return 'unknown'
  return found?.unmanaged ? 'unmanaged' : 'managed'
}

export interface NewTenant {
  displayName: string
  domain: string
  preferredLanguage?: string | undefined
  country?: string | undefined
  /** The domain below which the operator gives each tenant an initial one. */
  suffix?: string | undefined
  /** Nobody administers it: its people are known by their mailboxes alone. */
  unmanaged?: boolean | undefined
}

/**
 * Makes a tenant with its first domain, which the operator vouches for, and its default policy (reset off). To be run in a transaction of that tenant's id.
 * Throws `domain_invalid`, `domain_taken`.
 */
export async function createTenant(trx: Trx, means: Means, tenantId: string, tenant: NewTenant): Promise<void> {
  const domain = foldName(tenant.domain)
  checkDisplayName(tenant.displayName)
  checkDomain(domain)
  await trx
    .insertInto('tenants')
    .values({
      tenant_id: tenantId,
      display_name: tenant.displayName,
      preferred_language: tenant.preferredLanguage ?? 'en',
      country: tenant.country ?? null,
      created_at: means.now,
      unmanaged_since: tenant.unmanaged ? means.now : null,
    })
    .execute()
  const added = await trx
    .insertInto('domains')
    .values({
      ...{ tenant_id: tenantId, name: domain, added_at: means.now, verified_at: means.now },
      ...{ is_default: true, is_initial: true, is_root: true },
    })
    .onConflict(conflict => conflict.doNothing())
    .returning('name')
    .executeTakeFirst()
  if (!added) throw directoryError('domain_taken', `"${domain}" belongs to a tenant already`)
  if (tenant.suffix) await giveInitialDomain(trx, means, tenant.suffix)
  await createDefaultPolicy(trx, means, tenantId)
}

/** Gives every tenant that has none an initial domain below the operator's suffix. */
export async function giveInitialDomains(db: Db, means: Pick<Means, 'now'>, suffix: string): Promise<void> {
  const below = `.${suffix}`
  const lacking = await inSystem(db, trx =>
    sql<{ id: string }>`
      select tenant_id as id from tenants where tenant_id <> ${NOBODYS_TENANT} and tenant_id not in (
        select tenant_id from domains where verified_at is not null and right(name, ${below.length}::int) = ${below})`.execute(
      trx,
    ),
  )
  for (const { id } of lacking.rows) await inTenant(db, id, trx => giveInitialDomain(trx, means, suffix))
}

/**
 * Gives the tenant an initial domain below the operator's suffix, named after its first one, where it has none there.
 * The former initial domain stays as another one.
 */
async function giveInitialDomain(trx: Trx, means: Pick<Means, 'now'>, suffix: string): Promise<void> {
  const { tenantId } = trx
  await lockTenant(trx, tenantId)
  const domains = await listDomains(trx, tenantId)
  if (domains.some(name => name.endsWith(`.${suffix}`))) return
  // Beside a suffix of 20 letters, a longer one would fit into no user principal name.
  const label = (domains[0] ?? '').split('.')[0]!.slice(0, 24).replace(/-+$/, '')
  await clearInitial(trx)
  for (let number = 1; ; number++) {
    const name = `${label}${number === 1 ? '' : `-${number}`}.${suffix}`
    checkDomain(name)
    const given = await trx
      .insertInto('domains')
      .values({
        ...{ tenant_id: tenantId, name, added_at: means.now, verified_at: means.now },
        ...{ is_initial: true, is_root: true },
      })
      .onConflict(conflict => conflict.doNothing())
      .returning('name')
      .executeTakeFirst()
    if (given) {
      await claimLabel(trx, name.split('.')[0]!)
      return
    }
  }
}

const clearInitial = (trx: Trx) =>
  trx
    .updateTable('domains')
    .set({ is_initial: false })
    .where('tenant_id', '=', trx.tenantId)
    .where('is_initial', '=', true)
    .execute()

/** Every tenant with its name, oldest first, for the operator. */
export const listTenants = (db: Db): Promise<{ id: string; displayName: string }[]> =>
  inSystem(db, trx =>
    trx
      .selectFrom('tenants')
      .select(['tenant_id as id', 'display_name as displayName'])
      .where('tenant_id', '!=', NOBODYS_TENANT)
      .orderBy('created_at')
      .execute(),
  )
