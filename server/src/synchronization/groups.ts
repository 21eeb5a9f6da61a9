import type { DirectoryGroup, GroupChange } from '@latchkey/protocol'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import {
  addSynchronizedGroup,
  changeMembers,
  checkDisplayName,
  compareMembers,
  findByAnchors,
  followGroup,
  type GroupChanges,
  lockGroupsByAnchors,
} from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** No description is longer. */
const DESCRIPTION_AT_MOST = 1_024

/** Groups of a synchronization, whose people are here already. */
export interface GroupPart {
  groups: readonly DirectoryGroup[]
  isDryRun: boolean
}

/** What became of the group of an entry. */
type Told = GroupChange & { anchor: string }

/**
 * Makes groups as their entries are, without their members: those may be groups too. Nobody's role is at stake, since such
 * a group can hold none.
 */
export async function synchronizeGroups(trx: Trx, act: Act, { groups, isDryRun }: GroupPart): Promise<Told[]> {
  const known = await knownOf(trx, groups)
  const changes: Told[] = []
  for (const group of groups) {
    const { displayName, anchor } = group
    const here = known.get(anchor)
    const description = group.description?.slice(0, DESCRIPTION_AT_MOST) || null
    const why = here?.isDeleted ? 'deleted' : isName(displayName) ? undefined : 'name'
    if (why !== undefined) changes.push({ anchor, act: 'skip', displayName, why })
    else if (!here) {
      changes.push({ anchor, act: 'add', displayName })
      if (!isDryRun) {
        const id = await addSynchronizedGroup(trx, act, { anchor, displayName, description })
        await tell(trx, act, { id, displayName }, { reason: 'add' })
      }
    } else {
      const different: GroupChanges = {
        ...(here.displayName !== displayName && { displayName }),
        ...(here.description !== description && { description }),
      }
      const names = Object.keys(different)
      if (names.length === 0) continue
      changes.push({ anchor, act: 'change', displayName, why: names.join(',') })
      if (isDryRun) continue
      await followGroup(trx, act, { id: here.id, changes: different })
      await tell(trx, act, { id: here.id, displayName }, { reason: 'change', details: { properties: names.join(',') } })
    }
  }
  return changes
}

/**
 * Gives a group the members that its entry has. `coming`: how many of them a dry run would add first. Undefined: nothing
 * is different.
 */
export async function synchronizeMembers(
  trx: Trx,
  act: Act,
  { group, members, coming, isDryRun }: { group: Entry; members: readonly string[]; coming: number; isDryRun: boolean },
): Promise<GroupChange | undefined> {
  const { displayName } = group
  const [here] = await lockGroupsByAnchors(trx, [group.anchor])
  // In a dry run of a group that is new, it is not here: that it would be added is told already.
  if (!here || here.isDeleted) return undefined
  // No group is in itself.
  const holders = (await findByAnchors(trx, members)).filter(({ id }) => id !== here.id)
  const { joining, leaving } = await compareMembers(trx, here.id, holders)
  const joins = joining.length + coming
  if (joins + leaving.length === 0) return undefined
  const isEmptied = holders.length + coming === 0
  if (!isDryRun) {
    await changeMembers(trx, act, { groupId: here.id, joining, leaving })
    const details = { joined: String(joins), left: String(leaving.length) }
    await tell(trx, act, { id: here.id, displayName }, { reason: isEmptied ? 'empty' : 'change', details })
  }
  return isEmptied
    ? { act: 'empty', displayName }
    : { act: 'change', displayName, why: `members +${joins} -${leaving.length}` }
}

/** What has to be known of a group to change its members. */
export type Entry = Pick<DirectoryGroup, 'anchor' | 'displayName'>

/** The groups of these anchors as they are here, to be emptied: who leaves is not deleted, so that who comes back is the same. */
export async function findLeavingGroups(trx: Trx, anchors: readonly string[]): Promise<Entry[]> {
  const found = await lockGroupsByAnchors(trx, anchors)
  return found.map(({ anchor, displayName }) => ({ anchor, displayName }))
}

async function knownOf(trx: Trx, groups: readonly DirectoryGroup[]) {
  const anchors = groups.map(({ anchor }) => anchor)
  return new Map((await lockGroupsByAnchors(trx, anchors)).map(group => [group.anchor, group]))
}

function isName(text: string): boolean {
  try {
    checkDisplayName(text)
    return true
  } catch {
    return false
  }
}

const tell = (
  trx: Trx,
  act: Act,
  { id, displayName }: { id: string; displayName: string },
  told: { reason: string; details?: Record<string, string> },
) => record(trx, act, { activity: 'group.synchronized', result: 'success', target: { id, name: displayName }, ...told })
