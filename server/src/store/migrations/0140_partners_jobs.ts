import { type Kysely, sql } from 'kysely'

/** A person of a partner makes jobs in a customer's tenant too, whose rights both tenants say. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      alter table bulk_jobs drop constraint bulk_jobs_creator_kind_check,
        add constraint bulk_jobs_creator_kind_check check (creator_kind in ('user', 'application', 'partner')),
        -- Of a person of a partner: their firm.
        add home_tenant_id uuid,
        add constraint bulk_jobs_home_check check ((home_tenant_id is null) = (creator_kind <> 'partner'));`)
    .execute(db)
}
