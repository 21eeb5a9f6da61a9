import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { lockTenant } from '../directory/index.ts'
import { askTenant, type Db, type Trx } from '../store/index.ts'
import type { Contact } from './contacts.ts'

/** What is known of contacts for one reader: those that may fit, and the choices of all. */
export interface Known {
  /** For this country and for every one, in the order of the file. */
  contacts: Contact[]
  countries: string[]
  languages: string[]
}

/**
 * Puts these contacts in the place of all that the tenant has; the empty tenant's are the deployment's. In the same
 * transaction as its event, so that a refused or killed import changes nothing.
 */
export async function importContacts(trx: Trx, act: Act, contacts: readonly Contact[]): Promise<void> {
  const { tenantId } = trx
  await lockTenant(trx, tenantId)
  await trx.deleteFrom('support_contacts').where('tenant_id', '=', tenantId).execute()
  if (contacts.length > 0)
    await trx
      .insertInto('support_contacts')
      .values(
        contacts.map((contact, place) => ({
          ...{ tenant_id: tenantId, place, countries: [...contact.countries], languages: [...contact.languages] },
          contact: JSON.stringify(contact),
        })),
      )
      .execute()
  await record(trx, act, {
    activity: 'support.imported',
    result: 'success',
    details: { contacts: `${contacts.length}` },
  })
}

/** The tenant's contacts for this country, in one statement. The choices leave out what only administrators see. */
export async function findContacts(
  db: Db,
  tenantId: string,
  { country, administrator }: { country: string | undefined; administrator: boolean },
): Promise<Known> {
  const audience = administrator ? ['everyone', 'administrators'] : ['everyone']
  const [known] = await askTenant<Known>(
    db,
    tenantId,
    sql`
      with own as materialized (
        select place, countries, languages, contact from support_contacts
        where tenant_id = ${tenantId} and coalesce(contact->>'audience', 'everyone') = any(${audience}::text[]))
      select
        coalesce((select json_agg(contact order by place) from own where countries && array['*', ${country ?? '*'}::text]), '[]') as contacts,
        array(select distinct one from own, unnest(countries) one where one <> '*') as countries,
        array(select distinct one from own, unnest(languages) one) as languages`,
  )
  return known!
}

/** All contacts of the tenant, in the order of its file. */
export async function listContacts(trx: Trx): Promise<Contact[]> {
  const rows = await trx
    .selectFrom('support_contacts')
    .select('contact')
    .where('tenant_id', '=', trx.tenantId)
    .orderBy('place')
    .execute()
  return rows.map(({ contact }) => contact as unknown as Contact)
}

/** Whether the tenant has contacts of its own. */
export const hasContacts = async (trx: Trx): Promise<boolean> =>
  (await trx
    .selectFrom('support_contacts')
    .select('place')
    .where('tenant_id', '=', trx.tenantId)
    .limit(1)
    .executeTakeFirst()) !== undefined
