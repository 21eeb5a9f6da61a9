import { type Kysely, sql } from 'kysely'

/** How a tenant's people sign in, and the second step that it asks for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table tenants add column sign_in_policy jsonb not null default '{}';

alter table sessions drop constraint sessions_requires_check;
alter table sessions add constraint sessions_requires_check
  check (requires in ('second-step', 'change-password', 'register', 'confirm'));
-- Which methods were proved in the session, by what way, and when.
alter table sessions add column proofs jsonb not null default '[]';

-- When a second step was passed in this browser that it shall be remembered for, and by which method.
alter table devices add column step_at timestamptz;
alter table devices add column step_by text;
alter table devices add check ((step_at is null) = (step_by is null));

-- After a reset: the methods that passed no gate of it. A second step is asked by these, until one passes.
alter table users add column step_methods uuid[];
`
