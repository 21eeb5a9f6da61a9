import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findOtherAdministrators, getTenant, listEnabledAnchors } from '../directory/index.ts'
import { mailAdministrators } from '../notifications/index.ts'
import { writebackPolicyOf } from '../policies/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { noteStop, type Run } from './runs.ts'

/** Whom a synchronization would disable, and what the brake says to it. */
export interface Judgement {
  leaving: string[]
  of: number
  stops: boolean
}

/** What a synchronization said of who is there. */
export interface Presence {
  isWhole: boolean
  /** By anchor: whether the entry is enabled. */
  entries: ReadonlyMap<string, boolean>
  gone: ReadonlySet<string>
}

/**
 * Finds whom a synchronization would disable: who has left, and whose entry is disabled. An empty answer, and more than
 * the tenant's share at once, are a mistake more often than a wish (writeback, §2).
 */
export async function judgeLeaving(trx: Trx, { isWhole, entries, gone }: Presence): Promise<Judgement> {
  const [synchronized, { brakePercent }] = await Promise.all([
    listEnabledAnchors(trx),
    askOne(trx, writebackPolicyOf(trx.tenantId)),
  ])
  const isLeaving = (anchor: string) =>
    entries.get(anchor) === false || gone.has(anchor) || (isWhole && !entries.has(anchor))
  const leaving = synchronized.filter(isLeaving)
  const of = synchronized.length
  const isEmpty = isWhole && entries.size === 0
  return { leaving, of, stops: isEmpty || (leaving.length > 1 && leaving.length * 100 > brakePercent * of) }
}

/** Records that the brake has stopped a synchronization, and mails those who may let it go on; its repetition once a day. */
export async function tellOfStop(trx: Trx, act: Act, run: Run, { leaving, of }: Judgement): Promise<void> {
  const told = { leaving: String(leaving.length), of: String(of) }
  if (!(await noteStop(trx, act, run, `${told.leaving}/${told.of}`))) return
  const tenant = await getTenant(trx, trx.tenantId)
  await record(trx, act, { activity: 'synchronization.stopped', result: 'failure', reason: 'brake', details: told })
  const administrators = await findOtherAdministrators(trx, trx.tenantId)
  const variables = { organization: tenant.displayName, leaving: leaving.length, of }
  await mailAdministrators(trx, act, { tenant, administrators }, { template: 'brake', variables })
}
