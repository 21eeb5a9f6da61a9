import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import pg from 'pg'
import { StoreError } from './errors.ts'
import { type LoginRole, systemRole, tenantRole } from './roles.ts'

/** How the connections of requests log in: as a role that owns nothing and may only become the two runtime roles. */
export interface Login {
  /** The server and the role; with a password, where it is not one of ours. */
  url: string
  /** The passwords that this installation has given it, one for each of its secrets, newest first. */
  passwords: readonly string[]
}

/** How the connections of a pool are made and used, after the experience of earlier ones. */
export interface Manner {
  /** The index of the login's password to try. */
  password: number
  /** Whether statements are prepared by name. */
  naming: boolean
}

/** The role of a login, as `ensureRoles` makes it. */
export function roleOf({ url, passwords }: Login): LoginRole {
  const { username, password } = new URL(url)
  const known = passwords[0] ?? decodeURIComponent(password)
  return { name: decodeURIComponent(username), verifier: known === '' ? undefined : verifierOf(known) }
}

/** PostgreSQL's verifier of a password (RFC 5803), so that the password itself is in no statement and no log. */
export function verifierOf(password: string): string {
  const salt = randomBytes(16)
  const rounds = 4_096
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256')
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`
}

/**
 * Connects as the login by one of its passwords. Where none or an older one is right, the owner sets the newest:
 * secrets are rotated while other replicas run.
 * @throws StoreError `login_refused` where PostgreSQL lets it in with none.
 */
export async function connectAs(
  pool: pg.Pool,
  owner: pg.ClientBase,
  login: Login,
  manner: Manner,
): Promise<pg.PoolClient> {
  const { name } = roleOf(login)
  const [newest, ...older] = login.passwords
  let failure: unknown
  // Each failure makes the pool try the next password.
  for (let tried = 0; tried <= login.passwords.length; tried++) {
    const allRefused = newest !== undefined && tried > older.length
    if (allRefused && codeOf(failure) !== '28P01') break
    if (allRefused && (await setPassword(owner, name, newest))) manner.password = 0
    try {
      const client = await pool.connect()
      if (newest !== undefined && manner.password > 0 && (await setPassword(owner, name, newest))) manner.password = 0
      return client
    } catch (error) {
      failure = error
      if (codeOf(error) !== '28P01' && codeOf(error) !== '28000') throw error
    }
  }
  throw new StoreError(
    'login_refused',
    `PostgreSQL does not let "${name}" in (${codeOf(failure)}): allow it in pg_hba.conf, or give DATABASE_URL a login of your own and LATCHKEY_DATABASE_DIRECT_URL the owner's.`,
    { cause: failure },
  )
}

const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code

/** Sets the login's password. False where it could not be set. */
async function setPassword(owner: pg.ClientBase, name: string, password: string): Promise<boolean> {
  const verifier = pg.escapeLiteral(verifierOf(password))
  try {
    await owner.query(`alter role ${pg.escapeIdentifier(name)} password ${verifier}`)
    return true
  } catch (error) {
    if (codeOf(error) !== '42501' && codeOf(error) !== 'XX000') throw error // an administrator's, or another starter's
    return false
  }
}

/**
 * Proves which roles a smuggled statement could become.
 * @throws StoreError `role_unsafe` for more than the two runtime roles.
 */
export async function refuseUnsafeLogin(client: pg.ClientBase, owner: string): Promise<void> {
  const { rows } = await client.query<{ name: string; powers: boolean; owns: boolean; others: string[]; path: string }>(
    `select session_user as name, rolsuper or rolbypassrls or rolcreaterole or rolreplication as powers,
       session_user = $1 or exists (
         select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('latchkey', 'latchkey_jobs') and session_user::regrole in (c.relowner, n.nspowner)) as owns,
       array(select o.rolname::text from pg_catalog.pg_roles o where o.rolname not in (session_user, $2, $3)
         and pg_has_role(session_user, o.oid, 'MEMBER') limit 3) as others,
       current_setting('search_path') as path
     from pg_catalog.pg_roles where rolname = session_user`,
    [owner, tenantRole, systemRole],
  )
  const { name, powers, owns, others, path } = rows[0]!
  const refuse = (why: string) => {
    throw new StoreError('role_unsafe', `The login "${name}" of DATABASE_URL ${why}.`)
  }
  if (powers)
    refuse('is a superuser, bypasses row-level security or may make roles, so tenants would not be kept apart')
  if (owns) refuse('owns the tables, so it is not kept to one tenant: give DATABASE_URL a login that owns nothing')
  if (others.length > 0)
    refuse(`may also become ${others.join(', ')}: let it become ${tenantRole} and ${systemRole} alone`)
  if (path !== 'latchkey, pg_temp')
    refuse(
      `does not find the tables: run "alter role ${pg.escapeIdentifier(name)} set search_path = latchkey, pg_temp"`,
    )
}
