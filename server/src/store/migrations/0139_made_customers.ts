import { type Kysely, sql } from 'kysely'

/** Companies that a firm makes: their first administrator is invited by nobody of their own, under names that are proposed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      alter table administrator_invitations alter invited_by drop not null,
        -- Whose person of a partner it is from, where it is the first one: the names of both.
        add inviter jsonb,
        add proposed jsonb;
      -- When the firm made the company.
      alter table served_companies add made_at timestamptz;
      create index served_companies_made on served_companies (other_tenant_id, made_at) where made_at is not null;`)
    .execute(db)
}
