import { type Read, sql } from '../store/index.ts'
import { groupStands, membershipOf } from './membership.ts'

/** A group whose members a policy lets reset. */
export interface OpeningGroup {
  id: string
  displayName: string
}

/** How many groups are named: a help desk takes one of them. */
const NAMED_AT_MOST = 3

/**
 * The groups of which each would bring this person under a policy that lets people reset, in the order of the policies. A
 * group that holds roles, or that the company's own directory keeps, is none of them.
 */
export const groupsThatOpen = (tenantId: string, id: string): Read<OpeningGroup[]> => ({
  sql: sql`(with recursive ${membershipOf(tenantId, id)},
    held as (select coalesce(array_agg(group_id), '{}') ids from membership),
    tried as (
      select p.id, p.included_groups, p.excluded_groups && held.ids as excluded,
        coalesce((p.settings->>'enabled')::boolean, false) as enabled,
        row_number() over (order by p.is_default, p.priority, p.id) as place,
        p.is_default or ((p.included_groups = '{}' or p.included_groups && held.ids)
          and not p.excluded_groups && held.ids) as fits
      from reset_policies p cross join held where p.tenant_id = ${tenantId}),
    named as (
      select g.id, g.display_name, min(tried.place) as place,
        (array_agg(tried.enabled and not tried.excluded order by tried.place))[1] as opens
      from tried cross join unnest(tried.included_groups) as included (id)
      join groups g on g.tenant_id = ${tenantId} and g.id = included.id and not g.is_role_assignable
        and g.directory_anchor is null and ${groupStands(tenantId, 'g.id')}
      where tried.place < (select min(place) from tried where fits)
      group by g.id, g.display_name)
    select coalesce(json_agg(json_build_object('id', id, 'displayName', display_name) order by place, display_name), '[]')
    from (select * from named where opens order by place, display_name limit ${NAMED_AT_MOST}) found)`,
  read: json => json as OpeningGroup[],
})
