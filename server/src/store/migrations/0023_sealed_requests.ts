import { type Kysely, sql } from 'kysely'

/** Requests of applications are sealed: their hints name people. What was begun before begins anew. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
delete from sign_ins where request_id is not null;
alter table sign_ins drop constraint sign_ins_of_request;
alter table sign_ins drop column request;
alter table sign_ins add column request_sealed bytea;
-- When the person wanted to agree for everybody, which takes a second step first.
alter table sign_ins add column organization_asked_at timestamptz;
alter table sign_ins add constraint sign_ins_of_request
  check (num_nulls(request_id, request_sealed) in (0, 2) and (app_id is null or request_id is not null));

delete from device_codes;
alter table device_codes drop column request;
alter table device_codes add column request_sealed bytea not null;
`
