import type { DirectoryEntry, DirectoryGroup, GroupChange, SyncChange, SyncReply, SyncStep } from '@latchkey/protocol'
import type { Act } from '../act.ts'
import type { Clock } from '../clock.ts'
import type { Keyring, Random } from '../crypto/index.ts'
import { DirectoryError, readName } from '../directory/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { judgeLeaving, tellOfStop } from './brake.ts'
import { type Entry, findLeavingGroups, synchronizeGroups, synchronizeMembers } from './groups.ts'
import { disableLeavers } from './leavers.ts'
import { synchronizePeople } from './people.ts'
import { claimRun, endRun, hasRun, holdRun, type Run } from './runs.ts'

/** People of one transaction: it holds their rows for a moment only. */
const TOGETHER = 50

/** More entries than this are not kept in mind. */
const ENTRIES_AT_MOST = 500_000

/** So many groups, and so many members of one, are not kept in mind either. */
const GROUPS_AT_MOST = 100_000

/** Another synchronization took over, or the agent was removed. */
class Lost extends Error {}

/** A synchronization that an agent has begun, over one link. */
interface Open {
  run: Run
  isDryRun: boolean
  isWhole: boolean
  entries: Map<string, boolean>
  gone: Set<string>
  /** Each folded name, with the entry that has it; null where several have. */
  names: Map<string, string | null>
  /** By anchor; undefined where groups are not brought. */
  groups: Map<string, DirectoryGroup> | undefined
  /** The groups that are as their entries are, without their members; undefined before that is so. */
  placed: Map<string, Entry> | undefined
  /** The members of the group that is being told. */
  members: string[]
  /** Who leaves; undefined until it was judged. */
  leaving: string[] | undefined
  leavingGroups: string[]
  /** In a dry run: the anchors of the people and groups that it would add or join. */
  coming: Set<string>
  /** The anchors of the groups that it adds, whose members are no news beside that. */
  fresh: Set<string>
}

/** The server's side of one link over which an agent brings people. */
export interface Reception {
  hear(step: SyncStep): Promise<SyncReply>
  /** The link has ended: what it has begun is over. */
  end(): Promise<void>
}

/**
 * Receives synchronizations. What was stored stays where either side ends in the middle; the next one finds what is
 * still different. An agent writes in its own tenant alone.
 */
export const receiver =
  (db: Db, { clock, random, keys }: { clock: Clock; random: Random; keys: Keyring }) =>
  ({ tenantId, agentId }: { tenantId: string; agentId: string }): Reception => {
    let open: Open | undefined
    const actOf = ({ id }: Run): Act => ({
      ...{ now: clock(), random, keys, actor: { kind: 'system' } },
      trail: { correlationId: id },
    })

    /** Works in a transaction, as long as this synchronization is the one at work. */
    const within = <T>({ run, isDryRun }: Open, work: (trx: Trx, act: Act) => Promise<T>): Promise<T> =>
      inTenant(db, tenantId, async trx => {
        const act = actOf(run)
        if (!isDryRun && !(await holdRun(trx, act, run))) throw new Lost('another synchronization has begun meanwhile')
        return work(trx, act)
      })

    async function begin({ mode, dryRun, byItself, groups }: Extract<SyncStep, { name: 'begin' }>): Promise<SyncReply> {
      await end()
      const run = { id: random.uuid(clock()), agentId }
      const claimed = await inTenant(db, tenantId, async trx => {
        // Nobody is brought before somebody was told by a dry run, and began it by hand.
        if (byItself && !(await hasRun(trx))) return 'unbegun'
        return dryRun || (await claimRun(trx, { now: clock() }, run)) ? 'claimed' : 'busy'
      })
      if (claimed === 'busy') return { outcome: 'busy' }
      if (claimed === 'unbegun') return { outcome: 'ready', begun: false }
      open = {
        ...{ run, isDryRun: dryRun, isWhole: mode === 'whole', entries: new Map(), gone: new Set() },
        ...{ names: new Map(), leaving: undefined, leavingGroups: [], coming: new Set(), fresh: new Set() },
        ...{ groups: groups ? new Map() : undefined, placed: undefined, members: [] },
      }
      return { outcome: 'ready', begun: true }
    }

    async function judge(on: Open): Promise<SyncReply> {
      const judgement = await within(on, async (trx, act) => {
        const judged = await judgeLeaving(trx, on)
        if (judged.stops && !on.isDryRun) await tellOfStop(trx, act, on.run, judged)
        return judged
      })
      if (judgement.stops) {
        open = undefined
        const { leaving, of } = judgement.groups
        return {
          ...{ outcome: 'stopped', leaving: judgement.leaving.length, of: judgement.of },
          ...(of > 0 && { groups: { leaving: leaving.length, of } }),
        }
      }
      on.leavingGroups = judgement.groups.leaving.filter(anchor => !on.groups?.has(anchor))
      // Whose entry is disabled is told with their person.
      on.leaving = judgement.leaving.filter(anchor => !on.entries.has(anchor))
      return { outcome: 'ready', begun: true }
    }

    async function people(on: Open, { people }: Extract<SyncStep, { name: 'people' }>): Promise<SyncReply> {
      const doubles = new Set(
        people
          .map(({ userPrincipalName }) => readName(userPrincipalName).folded)
          .filter(name => on.names.get(name) === null),
      )
      const part = { doubles, isDryRun: on.isDryRun }
      const changes: SyncChange[] = []
      for (const some of chunks(people, TOGETHER)) {
        const all = within(on, (trx, act) => synchronizePeople(trx, act, { ...part, people: some }))
        const done = await all.catch(async error => {
          if (!(error instanceof DirectoryError)) throw error
          // Somebody took a name meanwhile: one by one, so that only theirs is left out.
          const each: SyncChange[] = []
          for (const person of some) {
            const alone = within(on, (trx, act) => synchronizePeople(trx, act, { ...part, people: [person] }))
            const { userPrincipalName } = person
            each.push(
              ...(await alone.catch((fault): SyncChange[] => {
                if (!(fault instanceof DirectoryError)) throw fault
                return [{ act: 'skip', userPrincipalName, why: fault.code === 'user_exists' ? 'double' : 'domain' }]
              })),
            )
          }
          return each
        })
        changes.push(...done)
      }
      for (const { act, userPrincipalName } of on.isDryRun ? changes : []) {
        const anchor = on.names.get(readName(userPrincipalName).folded)
        if (anchor && (act === 'add' || act === 'join')) on.coming.add(anchor)
      }
      return { outcome: 'done', changes }
    }

    /** Brings the groups, once, before the first of them has members: those may be groups. */
    async function place(on: Open): Promise<GroupChange[]> {
      if (on.placed) return []
      on.placed = new Map(on.groups)
      const changes: GroupChange[] = []
      for (const groups of chunks([...(on.groups ?? new Map()).values()], TOGETHER)) {
        const part = { groups, isDryRun: on.isDryRun }
        for (const { anchor, ...change } of await within(on, (trx, act) => synchronizeGroups(trx, act, part))) {
          changes.push(change)
          if (change.act !== 'add') continue
          on.fresh.add(anchor)
          if (on.isDryRun) on.coming.add(anchor)
        }
      }
      return changes
    }

    const giveMembers = (on: Open, group: Entry, anchors: readonly string[]) =>
      within(on, (trx, act) => {
        const coming = anchors.filter(anchor => on.coming.has(anchor)).length
        return synchronizeMembers(trx, act, { group, members: anchors, coming, isDryRun: on.isDryRun })
      })

    async function members(on: Open, { parts }: Extract<SyncStep, { name: 'members' }>): Promise<SyncReply> {
      const groups = await place(on)
      for (const { of, members, continues } of parts) {
        const group = on.placed!.get(of)
        if (!group) return { outcome: 'failed', detail: 'members of a group that was not told' }
        on.members.push(...members)
        if (on.members.length > ENTRIES_AT_MOST)
          return { outcome: 'failed', detail: `a group has more than ${ENTRIES_AT_MOST} members` }
        if (continues) continue
        const change = await giveMembers(on, group, on.members)
        if (change && !on.fresh.has(of)) groups.push(change)
        on.members = []
      }
      return { outcome: 'done', changes: [], groups }
    }

    async function finish(on: Open): Promise<SyncReply> {
      const changes: SyncChange[] = []
      const groups = await place(on)
      for (const anchors of chunks(on.leavingGroups, TOGETHER))
        for (const group of await within(on, trx => findLeavingGroups(trx, anchors))) {
          const change = await giveMembers(on, group, [])
          if (change) groups.push(change)
        }
      for (const anchors of chunks(on.leaving!, TOGETHER))
        changes.push(...(await within(on, (trx, act) => disableLeavers(trx, act, { anchors, isDryRun: on.isDryRun }))))
      if (!on.isDryRun) await within(on, (trx, act) => endRun(trx, act, on.run, true))
      open = undefined
      return { outcome: 'done', changes, ...(on.groups && { groups }) }
    }

    async function end() {
      const ended = open
      open = undefined
      if (ended && !ended.isDryRun) await inTenant(db, tenantId, trx => endRun(trx, { now: clock() }, ended.run, false))
    }

    async function take(step: SyncStep): Promise<SyncReply> {
      if (step.name === 'begin') return begin(step)
      const on = open
      const isJudged = on?.leaving !== undefined
      const fits = ['people', 'members', 'end'].includes(step.name) ? isJudged : !isJudged
      if (!on || !fits) return { outcome: 'failed', detail: `"${step.name}" is out of order` }
      if (step.name === 'entries') return note(on, step.entries)
      if (step.name === 'gone') {
        for (const anchor of step.anchors) on.gone.add(anchor)
        return { outcome: 'ready', begun: true }
      }
      if (step.name === 'groups') return noteGroups(on, step.groups)
      if (step.name === 'judge') return judge(on)
      if (step.name === 'members') return members(on, step)
      return step.name === 'people' ? people(on, step) : finish(on)
    }

    return {
      end,
      async hear(step) {
        try {
          return await take(step)
        } catch (error) {
          if (!(error instanceof Lost)) throw error
          open = undefined
          return { outcome: 'failed', detail: error.message }
        }
      },
    }
  }

function note({ entries, names }: Open, more: readonly DirectoryEntry[]): SyncReply {
  for (const [anchor, name, isEnabled] of more) {
    entries.set(anchor, isEnabled)
    const { folded } = readName(name)
    const has = names.get(folded)
    names.set(folded, has === undefined || has === anchor ? anchor : null)
  }
  if (entries.size > ENTRIES_AT_MOST) return { outcome: 'failed', detail: `more than ${ENTRIES_AT_MOST} entries` }
  return { outcome: 'ready', begun: true }
}

function noteGroups({ groups }: Open, more: readonly DirectoryGroup[]): SyncReply {
  if (!groups) return { outcome: 'failed', detail: 'it began without groups' }
  for (const group of more) groups.set(group.anchor, group)
  if (groups.size > GROUPS_AT_MOST) return { outcome: 'failed', detail: `more than ${GROUPS_AT_MOST} groups` }
  return { outcome: 'ready', begun: true }
}

function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}
