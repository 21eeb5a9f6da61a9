import { type Kysely, sql } from 'kysely'

/**
 * Binds a table by row-level security: the runtime role sees and writes rows of the current tenant alone. `rights` are
 * no more than the code uses. Released migrations run these statements, so they never change.
 */
export async function tenantTable(db: Kysely<unknown>, table: string, rights: string): Promise<void> {
  await sql
    .raw(`
      alter table ${table} enable row level security;
      alter table ${table} force row level security;
      create policy tenant on ${table} to latchkey_tenant using (tenant_id = nullif(current_setting('latchkey.tenant', true), '')::uuid);
      grant ${rights} on ${table} to latchkey_tenant;`)
    .execute(db)
}
