import type { Act } from '../act.ts'
import type { WireRow } from '../odata/index.ts'
import type { Trx } from '../store/index.ts'
import { modules, tenantOf, withAct } from './command.ts'
import { readRows } from './lists.ts'

/** Judges anew whose state has changed since, which a filter of `resetState` compares. */
export async function judgeStates(domain: string) {
  const on = await modules('directory', 'reports')
  await withAct(async (db, act) => on.reports.refreshRegistrations(db, act, await tenantOf(on, db, domain)))
}

/** Users by a filter that compares `resetState`, each with it. An operator reads that of everybody. */
export async function listWithStates(trx: Trx, act: Act, asked: { select: string[]; filter?: string }) {
  const { odata, reports } = await modules('odata', 'reports')
  const entity = reports.usersWithResetState(trx.tenantId, act.now)
  const rows = await readRows({ odata }, trx, act, { ...asked, entity, select: [...asked.select, 'resetState'] })
  await reports.tellResetStates(trx, act, rows as WireRow[], [])
  return rows
}
