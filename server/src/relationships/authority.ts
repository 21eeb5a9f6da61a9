import type { RawBuilder } from 'kysely'
import type { PartnerRole, Role } from '../access/index.ts'
import { DAY, plus } from '../clock.ts'
import { partnerRolesOf } from '../partners/index.ts'
import { membershipOf } from '../policies/index.ts'
import { askOne, combine, type Db, dateOf, inTenant, type Read, sql } from '../store/index.ts'
import { endsAt, isActive } from './rows.ts'

/** A DAP sleeps so long after its last use. */
export const DAP_SLEEPS_AFTER = 60 * DAY

/** What a person's own firm says of what they may do for one customer. */
export interface Standing {
  partnerRoles: PartnerRole[]
  /** By the groups that they are in. */
  assigned: { relationshipId: string; roles: Role[] }[]
  /** Whether the firm is suspended for abuse: then its people reach nobody. */
  barred: boolean
}

/** What a customer has given one partner. */
export interface Given {
  grants: { relationshipId: string; roles: Role[]; endsAt: Date }[]
  /** Awake, and within its time. */
  dap: { endsAt: Date } | undefined
}

/** What a person may do in a customer's tenant, and by what. */
export interface Authority {
  via: 'gdap' | 'dap'
  roles: Role[]
  /** Of a DAP: none. */
  relationshipIds: string[]
  until: Date
}

/** Read at home, in one statement with other facts. */
export const standingOf = (homeId: string, userId: RawBuilder<unknown>, customerId: string): Read<Standing> =>
  combine(
    {
      partnerRoles: partnerRolesOf(homeId, userId),
      assigned: {
        sql: sql`(with recursive ${membershipOf(homeId, userId)}
          select coalesce(json_agg(json_build_object('relationshipId', assigned.offer_id, 'roles', assigned.roles)), '[]')
          from gdap_assignments assigned where assigned.tenant_id = ${homeId} and assigned.other_tenant_id = ${customerId}
            and assigned.group_id in (select group_id from membership)
            and exists (select from gdap_offers offer where offer.tenant_id = ${homeId} and offer.id = assigned.offer_id and offer.ended_at is null))`,
        read: json => json as Standing['assigned'],
      },
      barred: {
        // A firm that is no partner has nobody who could act.
        sql: sql`not exists (select from partner_accounts where tenant_id = ${homeId} and suspension is distinct from 'abuse')`,
        read: Boolean,
      },
    },
    parts => parts,
  )

/** Read in the customer's tenant, of its own rows alone. */
export const givenTo = (customerId: string, homeId: string, now: Date): Read<Given> =>
  combine(
    {
      grants: {
        sql: sql`(select coalesce(json_agg(json_build_object('relationshipId', given.id, 'roles', given.roles, 'endsAt', ${endsAt('given', now)})), '[]')
          from gdap_grants given where given.tenant_id = ${customerId} and given.other_tenant_id = ${homeId} and ${isActive('given', now)})`,
        read: json =>
          (json as { relationshipId: string; roles: Role[]; endsAt: string }[]).map(one => ({
            ...one,
            endsAt: new Date(one.endsAt),
          })),
      },
      dap: {
        sql: sql`(select ends_at from daps where tenant_id = ${customerId} and other_tenant_id = ${homeId} and ended_at is null
          and ends_at > ${now}::timestamptz and greatest(awake_at, last_used_at) > ${plus(now, -DAP_SLEEPS_AFTER)}::timestamptz)`,
        read: json => {
          const ends = dateOf(json as string | null)
          return ends ? { endsAt: ends } : undefined
        },
      },
    },
    parts => parts,
  )

/**
 * What a person may do in a customer's tenant now; undefined where nothing. A group's roles are never more than the
 * grant's. Who has any role by GDAP has none by DAP; several GDAP add up (partners on the wire, §3).
 */
export function judgeAuthority(standing: Standing, given: Given): Authority | undefined {
  if (standing.barred) return undefined
  const granted = standing.assigned.flatMap(({ relationshipId, roles }) => {
    const grant = given.grants.find(one => one.relationshipId === relationshipId)
    const reached = grant ? roles.filter(role => grant.roles.includes(role)) : []
    return grant && reached.length > 0 ? [{ relationshipId, roles: reached, endsAt: grant.endsAt }] : []
  })
  if (granted.length > 0)
    return {
      via: 'gdap',
      roles: [...new Set(granted.flatMap(({ roles }) => roles))],
      relationshipIds: [...new Set(granted.map(({ relationshipId }) => relationshipId))],
      until: new Date(Math.max(...granted.map(one => one.endsAt.getTime()))),
    }
  if (!given.dap) return undefined
  const role = standing.partnerRoles.includes('Admin agent')
    ? 'Global Administrator'
    : standing.partnerRoles.includes('Helpdesk agent')
      ? 'Helpdesk Administrator'
      : undefined
  return role && { via: 'dap', roles: [role], relationshipIds: [], until: given.dap.endsAt }
}

/** The same, asked in both tenants one after the other. */
export async function findAuthority(
  db: Db,
  now: Date,
  { homeId, userId, customerId }: { homeId: string; userId: string; customerId: string },
): Promise<Authority | undefined> {
  const standing = await inTenant(db, homeId, trx =>
    trx.last(() => askOne(trx, standingOf(homeId, sql`${userId}::uuid`, customerId))),
  )
  const given = await inTenant(db, customerId, trx => trx.last(() => askOne(trx, givenTo(customerId, homeId, now))))
  return judgeAuthority(standing, given)
}
