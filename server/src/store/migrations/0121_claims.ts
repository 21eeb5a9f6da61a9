import { type Kysely, sql } from 'kysely'

/** A claim that took nothing undoes its transaction, so that what rests on it can travel in one flight with it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(DEMAND).execute(db)
}

const DEMAND = `
create function demand(claimed boolean) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if claimed is not true then raise exception 'Nothing was claimed.' using errcode = 'LK001'; end if;
end $$;
revoke execute on function demand from public;
grant execute on function demand to latchkey_tenant;
`
