import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findOtherAdministrators, getTenant, listEnabledAnchors, listPopulatedGroups } from '../directory/index.ts'
import { mailAdministrators } from '../notifications/index.ts'
import { writebackPolicyOf } from '../policies/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { noteStop, type Run } from './runs.ts'

/** Whom a synchronization would disable, whose groups it would empty, and what the brake says to it. */
export interface Judgement {
  leaving: string[]
  of: number
  /** The groups that have members and would have none. */
  groups: { leaving: string[]; of: number }
  stops: boolean
}

/** What a synchronization said of who is there. */
export interface Presence {
  isWhole: boolean
  /** By anchor: whether the entry is enabled. */
  entries: ReadonlyMap<string, boolean>
  gone: ReadonlySet<string>
  /** By anchor: whether the group has members. Undefined: no groups are brought. */
  groups: ReadonlyMap<string, { isPopulated: boolean }> | undefined
}

/**
 * Finds whom a synchronization would disable: who has left, and whose entry is disabled. An empty answer, and more than
 * the tenant's share at once, of people or of groups that lose all members, are a mistake more often than a wish (writeback, §2).
 */
export async function judgeLeaving(trx: Trx, { isWhole, entries, gone, groups }: Presence): Promise<Judgement> {
  const [synchronized, populated, { brakePercent }] = await Promise.all([
    listEnabledAnchors(trx),
    groups ? listPopulatedGroups(trx) : [],
    askOne(trx, writebackPolicyOf(trx.tenantId)),
  ])
  const isTooMany = (leaving: number, of: number) => leaving > 1 && leaving * 100 > brakePercent * of
  const isEmptied = (anchor: string) => gone.has(anchor) || !(groups!.get(anchor)?.isPopulated ?? !isWhole)
  const emptied = populated.filter(isEmptied)
  const isLeaving = (anchor: string) =>
    entries.get(anchor) === false || gone.has(anchor) || (isWhole && !entries.has(anchor))
  const leaving = synchronized.filter(isLeaving)
  const of = synchronized.length
  const isEmpty = isWhole && entries.size === 0
  return {
    ...{ leaving, of, groups: { leaving: emptied, of: populated.length } },
    stops: isEmpty || isTooMany(leaving.length, of) || isTooMany(emptied.length, populated.length),
  }
}

/** Records that the brake has stopped a synchronization, and mails those who may let it go on; its repetition once a day. */
export async function tellOfStop(trx: Trx, act: Act, run: Run, { leaving, of, groups }: Judgement): Promise<void> {
  const told = {
    ...{ leaving: String(leaving.length), of: String(of) },
    ...(groups.of > 0 && { groupsLeaving: String(groups.leaving.length), groupsOf: String(groups.of) }),
  }
  if (!(await noteStop(trx, act, run, Object.values(told).join('/')))) return
  const tenant = await getTenant(trx, trx.tenantId)
  await record(trx, act, { activity: 'synchronization.stopped', result: 'failure', reason: 'brake', details: told })
  const administrators = await findOtherAdministrators(trx, trx.tenantId)
  const variables = {
    organization: tenant.displayName,
    leaving: leaving.length,
    of,
    emptied: groups.leaving.length,
    groups: groups.of,
  }
  await mailAdministrators(trx, act, { tenant, administrators }, { template: 'brake', variables })
}
