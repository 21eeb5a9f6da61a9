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
