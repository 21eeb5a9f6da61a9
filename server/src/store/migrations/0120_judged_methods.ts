import { type Kysely, sql } from 'kysely'

/**
 * A use of a method changes no judgement of its owner's registration, so that sign-ins and proofs neither mark it as due
 * nor have it judged again. Of a passkey nothing is judged but that it is there.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TRIGGERS).execute(db)
}

// The columns that a use writes are left out by name: a new column is judged until somebody says that it is not.
const TRIGGERS = `
drop trigger registration_due on passkeys;
create trigger registration_due after insert or delete on passkeys for each row execute function registration_due();
drop trigger registration_due on methods;
create trigger registration_due after insert or delete on methods for each row execute function registration_due();
create trigger registration_due_changed after update on methods for each row
  when ((old.proved_at is null) <> (new.proved_at is null)
    or to_jsonb(old) - '{proved_at,last_used_step}'::text[] <> to_jsonb(new) - '{proved_at,last_used_step}'::text[])
  execute function registration_due();
`
