import { type Kysely, sql } from 'kysely'

/** Cases that a helper opened for a caller: whom they are for, and when the mailbox was proved. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table cases
  -- The helper; null where the mailbox was proved before the case opened.
  add raised_by uuid,
  add user_id uuid,
  -- When a link to the mailbox was followed.
  add address_proved_at timestamptz,
  add foreign key (tenant_id, user_id) references accounts (tenant_id, id) on delete set null (user_id);

create index cases_of_user on cases (tenant_id, user_id) where user_id is not null;
`
