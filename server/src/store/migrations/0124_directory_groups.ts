import { type Kysely, sql } from 'kysely'

/**
 * Which entry of the company's directory a group is. Synchronization alone writes it. Such a group never holds roles:
 * else whoever writes the directory would open the tenant.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table groups
  add column directory_anchor text check (length(directory_anchor) between 1 and 256),
  add column on_premises_last_sync_at timestamptz,
  add check ((directory_anchor is null) = (on_premises_last_sync_at is null)),
  add check (directory_anchor is null or not is_role_assignable);

-- One entry is one group, the deleted included.
create unique index groups_by_directory_anchor on groups (tenant_id, directory_anchor) where directory_anchor is not null;
grant update (on_premises_last_sync_at) on groups to latchkey_tenant;
`
