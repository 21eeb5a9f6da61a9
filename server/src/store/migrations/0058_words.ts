import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** People are found by a word of their name, and by another address of theirs, without reading everybody. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'account_words', 'select, insert, delete')
}

/** The signs of `$search`, each as a blank. */
const parted = (text: string) => `translate(${text}, ' ''-’.,()/&_', '${' '.repeat(11)}')`

const TABLE = `
create table account_words (
  tenant_id uuid not null,
  user_id uuid not null,
  word text collate "C" not null,
  primary key (tenant_id, user_id, word),
  foreign key (tenant_id, user_id) references accounts on delete cascade
);
create index account_words_by_word on account_words (tenant_id, word, user_id);

create function account_words() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' then
    delete from latchkey.account_words where tenant_id = new.tenant_id and user_id = new.id;
  end if;
  insert into latchkey.account_words (tenant_id, user_id, word)
    select distinct new.tenant_id, new.id, word
    from string_to_table(${parted('new.display_name_folded')}, ' ') as word where word <> '';
  return null;
end $$;
create trigger account_words after insert on accounts for each row execute function account_words();
create trigger account_words_changed after update of display_name_folded on accounts for each row
  when (old.display_name_folded is distinct from new.display_name_folded) execute function account_words();

-- Row-level security binds the owner too, so it rests meanwhile.
alter table accounts no force row level security;
insert into account_words (tenant_id, user_id, word)
  select distinct tenant_id, id, word
  from accounts, string_to_table(${parted('display_name_folded')}, ' ') as word where word <> '';
alter table accounts force row level security;

create index accounts_with_addresses on accounts (tenant_id, id) where proxy_addresses <> '{}' and not is_deleted;
`
