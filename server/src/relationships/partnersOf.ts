import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { getTenant, listDomains } from '../directory/index.ts'
import { findAccount } from '../partners/index.ts'
import { askOne, type Db, inTenant, sql, type Trx } from '../store/index.ts'
import { givenTo, judgeAuthority, type Standing, standingOf } from './authority.ts'
import { readDap } from './delegations.ts'
import { refuseMissing } from './errors.ts'
import { listRelationships, type Relationship } from './rows.ts'
import { isProvided, isSold, readServed } from './served.ts'

/** A partner as its customer reads it: what it was given, and everybody who may act by it now. */
export interface PartnerOf {
  id: string
  displayName: string
  partnerId: string | null
  domains: string[]
  /** `reseller`: it sells to the company. `provider`: the company is its reseller. */
  types: ('reseller' | 'provider' | 'gdap' | 'dap')[]
  relationships: Relationship[]
  /** Delegated administration that has not ended. */
  dap: { endsAt: Date; asleep: boolean } | null
  people: ActingPerson[]
}

interface ActingPerson {
  displayName: string
  userPrincipalName: string
  roles: Role[]
  lastUsedAt: Date | null
}

/** At most this many people of a partner are told. */
const PEOPLE_AT_MOST = 500

/** The partners of a customer, with their people (partners on the wire, §2.2). */
export async function listPartnersOf(db: Db, act: Act, customerId: string): Promise<PartnerOf[]> {
  const { relationships, ids } = await inTenant(db, customerId, async trx => {
    const all = await listRelationships(trx, 'customer', act.now)
    const { rows } = await sql<{ id: string }>`
      select other_tenant_id as id from daps where tenant_id = ${customerId} and ended_at is null and ends_at > ${act.now}
      union select other_tenant_id from served_companies served
        where tenant_id = ${customerId} and (${isSold('served')} or ${isProvided('served')})`.execute(trx)
    const decided = all.filter(({ status }) => status !== 'approvalPending')
    return {
      relationships: decided,
      ids: [...new Set([...decided.map(one => one.partnerId), ...rows.map(one => one.id)])],
    }
  })
  const partners: PartnerOf[] = []
  // One after another: a company with many partners must not take every connection at once.
  for (const id of ids) partners.push(await readPartnerOf(db, act, { customerId, id, relationships }))
  return partners.sort((one, other) => (one.displayName < other.displayName ? -1 : 1))
}

/** Throws `not_found`. */
export async function getPartnerOf(db: Db, act: Act, customerId: string, id: string): Promise<PartnerOf> {
  const found = (await listPartnersOf(db, act, customerId)).find(one => one.id === id.toLowerCase())
  if (!found) throw refuseMissing('not_found')
  return found
}

async function readPartnerOf(
  db: Db,
  act: Act,
  { customerId, id, relationships }: { customerId: string; id: string; relationships: Relationship[] },
): Promise<PartnerOf> {
  const { given, served, dap, uses } = await inTenant(db, customerId, async trx => ({
    served: await readServed(trx, id),
    dap: await readDap(trx, act.now, id),
    given: await askOne(trx, givenTo(customerId, id, act.now)),
    uses: await trx
      .selectFrom('partner_uses')
      .select(['user_id', 'last_used_at'])
      .where('tenant_id', '=', customerId)
      .where('other_tenant_id', '=', id)
      .execute(),
  }))
  return inTenant(db, id, async trx => {
    const people = await peopleFor(trx, customerId)
    return {
      id,
      displayName: (await getTenant(trx, id)).displayName,
      partnerId: (await findAccount(trx, act))?.partnerId ?? null,
      domains: await listDomains(trx, id),
      types: [
        ...(served.sold ? (['reseller'] as const) : []),
        ...(served.provided ? (['provider'] as const) : []),
        ...(given.grants.length > 0 ? (['gdap'] as const) : []),
        ...(given.dap ? (['dap'] as const) : []),
      ],
      relationships: relationships.filter(one => one.partnerId === id),
      dap,
      people: people.flatMap(({ userId, displayName, userPrincipalName, standing }) => {
        const authority = judgeAuthority(standing, given)
        const lastUsedAt = uses.find(one => one.user_id === userId)?.last_used_at ?? null
        return authority ? [{ displayName, userPrincipalName, roles: authority.roles, lastUsedAt }] : []
      }),
    }
  })
}

interface Candidate {
  userId: string
  displayName: string
  userPrincipalName: string
  standing: Standing
}

/** The partner's people who could act for a customer: agents, and members of groups that were assigned. */
async function peopleFor(trx: Trx, customerId: string): Promise<Candidate[]> {
  const { tenantId } = trx
  const { rows } = await sql<{ id: string; displayName: string; userPrincipalName: string }>`
    with recursive inside as (
      select group_id from partner_agent_groups where tenant_id = ${tenantId}
      union select group_id from gdap_assignments where tenant_id = ${tenantId} and other_tenant_id = ${customerId}
      union select theirs.inner_group_id from inside join group_members theirs on theirs.group_id = inside.group_id
        where theirs.tenant_id = ${tenantId} and theirs.inner_group_id is not null
    )
    select id, display_name as "displayName", user_principal_name as "userPrincipalName" from users
    where tenant_id = ${tenantId} and account_enabled and id in (
      select user_id from group_members where tenant_id = ${tenantId} and group_id in (select group_id from inside) and user_id is not null)
    order by display_name, id limit ${PEOPLE_AT_MOST}`.execute(trx)
  const people: Candidate[] = []
  for (const { id: userId, ...names } of rows)
    people.push({
      userId,
      ...names,
      standing: await askOne(trx, standingOf(tenantId, sql`${userId}::uuid`, customerId)),
    })
  return people
}
