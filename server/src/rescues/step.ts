import type { Act } from '../act.ts'
import type { Activity } from '../audit/index.ts'
import { HOUR, plus } from '../clock.ts'
import { getTenant } from '../directory/index.ts'
import type { RescueNews } from '../notifications/index.ts'
import { type Db, enqueue, inPair, inTenant, type Trx } from '../store/index.ts'
import { type Enter, findCandidates } from './entitlement.ts'
import { recordRescue } from './events.ts'
import { mailAsker } from './mails.ts'
import { type Changes, caseOf, changeRescue, type Found, findRescue } from './queries.ts'
import { ASKED_LASTS, isBefore, type Rescue } from './rescue.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-of-rescue': { tenantId: string; rescueId: string; news: RescueNews; until: string }
    }
  }
}

/** Where a rescue is worked on: in its company, and in the firm that has taken it, or is about to. */
export interface At {
  tenantId: string
  firmId: string | null
}

/** One transaction on a company and a firm; on the company alone where no firm has taken it. */
export const inRescue = <T>(db: Db, { tenantId, firmId }: At, work: (enter: Enter) => Promise<T>): Promise<T> =>
  firmId === null
    ? inTenant(db, tenantId, trx => work(async () => trx))
    : inPair(db, [tenantId, firmId], enter => work(enter))

/** What becomes of a rescue. */
export interface Step {
  activity: Activity & `rescue.${string}`
  changes: Changes
  /** What everybody who could object is mailed, and who asks; absent: nobody. */
  news?: RescueNews
  reason?: string | undefined
  details?: Record<string, string>
  /** The act as the firm's own log has it, where its person did it. */
  atFirm?: Act | undefined
  firmId?: string | null
}

/** The company is entered, and its row of the rescue locked; it is entered again at the end. */
export async function takeStep(enter: Enter, act: Act, { rescue }: Found, step: Step): Promise<Trx> {
  const { activity, changes, news, reason, details = {}, atFirm, firmId = rescue.provider?.id ?? null } = step
  const { tenantId, id } = rescue
  const company = await enter(tenantId)
  await changeRescue(company, id, changes)
  const one = await caseOf(company, act, rescue)
  const firmName = changes.provider_name ?? rescue.provider?.name ?? one.domain
  await recordRescue(company, act, { id, name: firmName, activity, reason, details: { act: rescue.act, ...details } })
  const until = changes.ends_at ?? rescue.endsAt
  const { rescue: present } = (await findRescue(company, act, id))!
  if (news) {
    await mailAsker(company, act, { rescue: present, one, news, until })
    await enqueue(company, 'tell-of-rescue', { tenantId, rescueId: id, news, until: until.toISOString() })
  }
  if (firmId === null) return company
  const { displayName: name } = await getTenant(company, tenantId)
  const other: Act = atFirm ?? { ...act, actor: { kind: 'system' } }
  await recordRescue(await enter(firmId), other, {
    id,
    name,
    activity,
    reason,
    details: { act: rescue.act, ...details },
  })
  return enter(tenantId)
}

/** When a job looks again at what ends then: the provider's right to it may be lost before. */
export const dueAt = (ends: Date, now: Date, state: Rescue['state']): Date =>
  isBefore(state) && plus(now, HOUR) < ends ? plus(now, HOUR) : ends

/** A rescue that nobody has any more: other people of a firm may take it, for what is left of its time. */
export async function released(company: Trx, act: Act, { rescue }: Found): Promise<Changes> {
  const candidates = await findCandidates(company, act, rescue)
  const ends = plus(rescue.askedAt, ASKED_LASTS)
  return {
    // That it was taken once stays: everybody was told.
    ...{ taken_at: null, taken_by: null, taker_name: null, note_sealed: null },
    ...{ other_tenant_id: null, provider_name: null, ends_at: ends, due_at: dueAt(ends, act.now, 'asked') },
    candidates,
  }
}
