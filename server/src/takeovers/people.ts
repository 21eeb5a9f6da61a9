import type { Means } from '../crypto/index.ts'
import { endGrants, forgetErasure, groupTable, leaveTenant, memberTables, personTables } from '../directory/index.ts'
import { placeCounters, takeCounters } from '../limits/index.ts'
import { methodTables } from '../methods/index.ts'
import { forgetPasskeysMoved, notePasskeysMoved, passkeyTables } from '../passkeys/index.ts'
import { passwordTables } from '../passwords/index.ts'
import { type MovedRow, type MovedTable, placeMoved, readMoved, type Trx } from '../store/index.ts'

/** What follows people into another tenant, each after what it stands on. */
export const followingPeople: readonly MovedTable[] = [
  ...personTables,
  ...methodTables,
  ...passwordTables,
  ...passkeyTables,
]

/** What follows groups. Their members move before them. */
export const followingGroups: readonly MovedTable[] = [groupTable, ...memberTables]

/** People who move, and the groups that are theirs alone, by their ids. */
export interface Moving {
  people: readonly string[]
  groups: readonly string[]
}

/** Who moves between which tenants. `enter`: of `inPair`. */
interface Way {
  enter(tenantId: string): Promise<Trx>
  from: string
  to: string
}

/**
 * Moves people with all that follows them, under the same ids. What they have open ends, and with it what the former
 * tenant gave them. Both tenants are locked; the names and ids are free in the other one. Returns its handle.
 */
export async function movePeople({ enter, from, to }: Way, means: Means, { people, groups }: Moving): Promise<Trx> {
  const source = await enter(from)
  await endGrants(source, people)
  const taken: { moved: MovedTable; rows: MovedRow[] }[] = []
  for (const moved of followingPeople) taken.push({ moved, rows: await readMoved(source, moved, people) })
  const moving = new Set([...people, ...groups])
  for (const moved of followingGroups) {
    const rows = await readMoved(source, moved, groups)
    // Others may have joined them since they came.
    taken.push({ moved, rows: rows.filter(row => moving.has(String(row.member_id ?? row.owner_id ?? row.id))) })
  }
  const names = taken[0]!.rows.map(row => String(row.user_principal_name_folded))
  const counters = await takeCounters(source, means, names)
  await notePasskeysMoved(source, people, to)
  await leaveTenant(source, people, groups)
  const target = await enter(to)
  await forgetErasure(target, people, groups)
  await forgetPasskeysMoved(target, people)
  for (const { moved, rows } of taken) await placeMoved(target, means, moved, { from, rows })
  await placeCounters(target, means, from, counters)
  return target
}
