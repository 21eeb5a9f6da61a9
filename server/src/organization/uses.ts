import { type RawBuilder, sql } from 'kysely'
import type { Trx } from '../store/index.ts'

/** For SQL: whether an address or name is in the domain. */
const isIn = (name: string, address: RawBuilder<unknown>) =>
  sql<boolean>`lower(split_part(${address}, '@', 2)) = ${name}`

/** For SQL: whether a user has a name or address in the domain, deleted or not: a restored one would have it again. */
export const usesDomain = (name: string) => sql<boolean>`(
  ${isIn(name, sql`user_principal_name_folded`)} or ${isIn(name, sql`mail`)}
  or exists(select from unnest(proxy_addresses) as proxy where ${isIn(name, sql`proxy`)}))`

/** How many people have a name or address in the domain. */
export async function countUses(trx: Trx, name: string): Promise<number> {
  const { count } = await trx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', trx.tenantId)
    .where(usesDomain(name))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Those who have a name or address in the domain: how many, and the first of them. */
export async function listUses(
  trx: Trx,
  name: string,
  atMost: number,
): Promise<{ count: number; first: { id: string; userPrincipalName: string; displayName: string }[] }> {
  const first = await trx
    .selectFrom('users')
    .select(['id', 'user_principal_name as userPrincipalName', 'display_name as displayName'])
    .where('tenant_id', '=', trx.tenantId)
    .where(usesDomain(name))
    .orderBy('user_principal_name_folded')
    .limit(atMost)
    .execute()
  return { count: first.length < atMost ? first.length : await countUses(trx, name), first }
}
