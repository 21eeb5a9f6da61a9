import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { StoreError } from './errors.ts'

/** Role of every transaction inside one tenant: row-level security binds it to that tenant's rows. */
export const tenantRole = 'latchkey_tenant'

/** Role of the few reads and writes that no tenant owns (finding a tenant by its domain, floods, locks of jobs). */
export const systemRole = 'latchkey_system'

const roles = [tenantRole, systemRole]

/** The role that requests log in as, where DATABASE_URL names no other. */
export const loginRole = 'latchkey_login'

export interface LoginRole {
  name: string
  /** PostgreSQL's verifier of its password; left out, it gets none. */
  verifier: string | undefined
}

/**
 * The SQL that a database administrator runs once, on PostgreSQL 15 to 18, when the owner may not create roles.
 * It may be run again without harm.
 */
export function printRoles(ownerName: string, login?: LoginRole): string {
  const text = (one: string) => `'${one.replaceAll("'", "''")}'`
  const make = (what: string) => `  begin
    ${what};
  exception when duplicate_object or unique_violation then null;
  end;
`
  const statements = roles.map(
    role => `do $$ begin
${make(`create role ${role} nologin nosuperuser nobypassrls`)}end $$;
`,
  )
  if (login) {
    const { name, verifier } = login
    const [password, given] = verifier === undefined ? ['', ''] : [' password %L', `, ${text(verifier)}`]
    const made = `execute format('create role %I login noinherit nosuperuser nobypassrls${password}', ${text(name)}${given})`
    statements.push(`do $$ begin
${make(made)}  execute format('alter role %I set search_path = latchkey, pg_temp', ${text(name)});
end $$;
`)
  }
  for (const role of roles)
    for (const member of [ownerName, ...(login ? [login.name] : [])])
      statements.push(`do $$ begin
  execute format('grant ${role} to %I', ${text(member)})
    || case when current_setting('server_version_num')::int >= 160000 then ' with inherit false, set true' else '' end;
end $$;
`)
  return statements.join('')
}

/**
 * Makes the roles of the database server where they are missing and lets the owner and the login act as the runtime ones.
 * Roles belong to the whole server, where no lock of one database reaches, so starters that collide try again.
 * @throws StoreError `roles_missing` where the owner may not make them.
 */
export async function ensureRoles(client: pg.ClientBase, login?: LoginRole): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { user, version, missing } = await inspect(client, login)
    if (!missing) return
    try {
      await client.query(printRoles(user, login))
      return
    } catch (error) {
      const code = error instanceof pg.DatabaseError ? error.code : undefined
      if (code === '42501' || attempt === 10) {
        const wanted = [...roles, ...(login ? [login.name] : [])].join(', ')
        throw new StoreError(
          'roles_missing',
          `The database user "${user}" lacks the roles ${wanted} and may not make them: let an administrator of PostgreSQL ${Math.floor(version / 10_000)} run what \`latchkey migrate --print-roles\` prints.`,
          { cause: error },
        )
      }
      if (code !== 'XX000' && code !== '40P01') throw error // "tuple concurrently updated", deadlock: another starter
      await sleep(20 * attempt)
    }
  }
}

/** As `ensureRoles`, on a connection of its own. */
export async function prepareRoles(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'latchkey roles' })
  await client.connect()
  try {
    await ensureRoles(client)
  } finally {
    await client.end()
  }
}

/**
 * Proves, by becoming each role in a tenant, that row-level security will bind it. Role and tenant must arrive and go
 * with their transaction.
 * @throws StoreError `role_unsafe` where a role is a superuser or bypasses row-level security, or where a proxy swallows or keeps settings.
 */
export async function refuseUnsafeRoles(client: pg.ClientBase, names: string[] = roles): Promise<void> {
  for (const role of names) {
    const tenant = randomUUID()
    await client.query(`begin; set local role ${role}; set local latchkey.tenant = '${tenant}'`)
    try {
      const { rows } = await client.query<{ unsafe: boolean; role: string; tenant: string | null }>(
        `select rolsuper or rolbypassrls as unsafe, rolname as role, current_setting('latchkey.tenant', true) as tenant
         from pg_catalog.pg_roles where rolname = current_user`,
      )
      const [found] = rows
      if (found?.role !== role || found.tenant !== tenant) throw withoutSettings()
      if (found.unsafe)
        throw new StoreError(
          'role_unsafe',
          `The role ${role} is a superuser or bypasses row-level security, so tenants would see each other: run "alter role ${role} nosuperuser nobypassrls".`,
        )
    } finally {
      await client.query('commit') // a rollback would also take back what was set for the session
    }
    const { rows } = await client.query<{ kept: boolean | null }>(
      "select current_user = $1 or current_setting('latchkey.tenant', true) = $2 as kept",
      [role, tenant],
    )
    if (rows[0]?.kept) throw withoutSettings()
  }
}

const withoutSettings = () =>
  new StoreError(
    'role_unsafe',
    'A proxy between Latchkey and PostgreSQL loses or keeps "set local", which keeps tenants apart: reach PostgreSQL itself, or through a proxy that leaves transactions as they are.',
  )

async function inspect(
  client: pg.ClientBase,
  login: LoginRole | undefined,
): Promise<{ user: string; version: number; missing: boolean }> {
  const { rows } = await client.query<{ user: string; version: number; missing: boolean }>(
    `with server as (select current_setting('server_version_num')::int as version)
     select current_user as user, server.version,
       bool_or(known.oid is null or member.oid is null or not pg_has_role(member.oid, known.oid,
         case when server.version >= 160000 then 'SET' else 'MEMBER' end))
       or bool_or(member.name = $2 and not coalesce(member.rolconfig @> array['search_path=latchkey, pg_temp'], false)) as missing
     from server, unnest($1::text[]) wanted(name) left join pg_catalog.pg_roles known on known.rolname = wanted.name,
       (select * from unnest(array[current_user, $2]) asked(name) left join pg_catalog.pg_roles on rolname = asked.name
         where asked.name is not null) member
     group by server.version`,
    [roles, login?.name ?? null],
  )
  return rows[0]!
}
