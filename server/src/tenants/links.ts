import { type RawBuilder, sql } from 'kysely'
import type { Act } from '../act.ts'
import { getTenant, type User } from '../directory/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { getGlobalAdministrator } from './authority.ts'
import { refuse } from './errors.ts'
import { noteLink } from './telling.ts'

/** One tenant of a company (work accounts on the wire, §1.6). */
export interface LinkedTenant {
  id: string
  displayName: string
  /** The domain of new names. */
  domain: string
  isPrimary: boolean
  isCurrent: boolean
}

/** What hangs on a link. */
export interface Uses {
  tenant: LinkedTenant
  /** People who can sign in there. */
  users: number
  domains: string[]
  linkedAt: Date
}

interface Member {
  id: string
  isPrimary: boolean
  linkedAt: Date
}

/** The tenants of this one's company; none where it is alone. */
export async function findMembers(trx: Trx): Promise<Member[]> {
  const { rows } = await sql<Member>`
    select member as id, is_primary as "isPrimary", linked_at as "linkedAt" from linked_tenants()`.execute(trx)
  return rows
}

/** The tenants of a company: the primary one first, then by name. One that is alone is its own. */
export async function listLinked(db: Db, { id, tenantId }: Pick<User, 'id' | 'tenantId'>): Promise<LinkedTenant[]> {
  const members = await inTenant(db, tenantId, async trx => {
    await getGlobalAdministrator(trx, id)
    return findMembers(trx)
  })
  if (members.length === 0) members.push({ id: tenantId, isPrimary: true, linkedAt: new Date(0) })
  const tenants: LinkedTenant[] = []
  // One after another: a large company must not take every connection at once.
  for (const { id: member, isPrimary } of members)
    tenants.push({ ...(await readNames(db, member)), id: member, isPrimary, isCurrent: member === tenantId })
  return tenants.sort(
    (one, other) => Number(other.isPrimary) - Number(one.isPrimary) || (one.displayName < other.displayName ? -1 : 1),
  )
}

/** The name of a tenant and its primary domain. */
export const readNames = (db: Db, tenantId: string): Promise<Pick<LinkedTenant, 'displayName' | 'domain'>> =>
  inTenant(db, tenantId, async trx => ({
    displayName: (await getTenant(trx, tenantId)).displayName,
    domain: (
      await trx
        .selectFrom('domains')
        .select('name')
        .where('tenant_id', '=', tenantId)
        .where('is_default', '=', true)
        .executeTakeFirstOrThrow()
    ).name,
  }))

/** One of the company's tenants. Throws `not_found`, also for one that is no tenant of it. */
export async function getLinked(db: Db, user: User, id: string): Promise<LinkedTenant> {
  const found = (await listLinked(db, user)).find(one => one.id === id)
  if (!found) throw refuse('not_found')
  return found
}

/** What hangs on the link of a tenant. Throws `not_found`. */
export async function readUses(db: Db, user: User, id: string): Promise<Uses> {
  const tenant = await getLinked(db, user, id)
  const members = await inTenant(db, user.tenantId, findMembers)
  const { linkedAt = new Date(0) } = members.find(one => one.id === id) ?? {}
  return inTenant(db, id, async trx => ({
    tenant,
    linkedAt,
    users: await countPeople(trx),
    domains: await listNames(trx),
  }))
}

/** People of the tenant who can sign in. */
export async function countPeople(trx: Trx): Promise<number> {
  const { count } = await trx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', trx.tenantId)
    .where('account_enabled', '=', true)
    .executeTakeFirstOrThrow()
  return Number(count)
}

async function listNames(trx: Trx): Promise<string[]> {
  const rows = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', trx.tenantId)
    .where('verified_at', 'is not', null)
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
}

/**
 * Makes another tenant the primary one of the company. It gives nobody a right; the primary one cannot be taken out.
 * Throws `forbidden`, `not_found`.
 */
export async function makePrimary(db: Db, act: Act, user: User, id: string): Promise<void> {
  const other = await getLinked(db, user, id)
  await inTenant(db, user.tenantId, async trx => {
    const by = await getGlobalAdministrator(trx, user.id)
    const members = await findMembers(trx)
    if (members.some(one => one.id === id && one.isPrimary)) return
    const done = await ask(trx, sql`make_tenant_primary(${id}::uuid, ${act.now})`)
    if (!done) throw refuse('not_found')
    const told = members.map(one => one.id).filter(one => one !== user.tenantId)
    await noteLink(trx, act, by, { about: 'primary', other, told })
  })
}

/** Takes another tenant out of the company. Throws `forbidden`, `not_found`, `tenant_current`, `tenant_primary`. */
export async function unlink(db: Db, act: Act, user: User, id: string): Promise<void> {
  const other = await getLinked(db, user, id)
  if (other.isCurrent) throw refuse('tenant_current')
  if (other.isPrimary) throw refuse('tenant_primary')
  await inTenant(db, user.tenantId, async trx => {
    const by = await getGlobalAdministrator(trx, user.id)
    // It may have become the primary one, or gone, since it was read.
    if (!(await ask(trx, sql`unlink_tenant(${id}::uuid)`))) throw refuse('not_found')
    await noteLink(trx, act, by, { about: 'unlinked', other, told: [id] })
  })
}

/** Links the tenant of this person to the company of another. Throws `forbidden`, `tenant_linked`. */
export async function link(
  trx: Trx,
  act: Act,
  { user, other, willUse }: { user: User; other: Pick<LinkedTenant, 'id' | 'displayName'>; willUse: number },
): Promise<void> {
  const by = await getGlobalAdministrator(trx, user.id)
  if (!(await ask(trx, sql`link_tenant(${other.id}::uuid, ${act.now})`))) throw refuse('tenant_linked')
  await noteLink(trx, act, by, { about: 'linked', other, told: [other.id], details: { willUse: String(willUse) } })
}

/** The answer of a function that changes links. */
async function ask(trx: Trx, call: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`select ${call} as done`.execute(trx)
  return rows[0]?.done === true
}
