import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { HOUR, plus } from '../clock.ts'
import { findUser, getTenant } from '../directory/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { areRelated, type Enter, isSuspended, judgeFirm } from './entitlement.ts'
import { refuse, refuseMissing } from './errors.ts'
import { inCompany } from './events.ts'
import { lookAt } from './look.ts'
import { type Found, findRescue, isOffered, sealText } from './queries.ts'
import { LONGEST_REASON, type RescueCheck, TAKEN_LASTS } from './rescue.ts'
import { dueAt, inRescue, released, takeStep } from './step.ts'

/** The company of a rescue that a firm may read. Throws `not_found`. */
export async function companyOf(db: Db, firmId: string, id: string): Promise<string> {
  const found = await inTenant(db, firmId, trx =>
    trx
      .selectFrom('rescues')
      .select('tenant_id')
      .where(isOffered(firmId))
      .where(sql<boolean>`id::text = ${id.toLowerCase()}`)
      .executeTakeFirst(),
  )
  if (!found) throw refuseMissing('not_found')
  return found.tenant_id
}

/** A person of a firm at a rescue: both are read anew, and the rescue's row is locked in the company, which is entered. */
interface AtFirm {
  enter: Enter
  found: Found
  firm: { id: string; name: string }
  person: { id: string; name: string }
  /** As the company has it, and the firm. */
  act: Act
  atFirm: Act
}

/** Acts as a person of a firm, whose right to it is judged anew. Throws `not_found`, `role_missing`. */
async function actAtFirm(db: Db, act: Act, id: string, work: (at: AtFirm) => Promise<void>): Promise<void> {
  const { actor } = act
  const firmId = 'tenantId' in actor ? actor.tenantId : ''
  demand(act, 'partner.rescue', { kind: 'tenant', tenantId: firmId })
  const tenantId = await companyOf(db, firmId, id)
  await lookAt(db, act, { tenantId, id: id.toLowerCase() })
  await inRescue(db, { tenantId, firmId }, async enter => {
    const home = await enter(firmId)
    const firm = { id: firmId, name: (await getTenant(home, firmId)).displayName }
    const personId = 'id' in actor ? (actor.id ?? '') : ''
    const { displayName } = (await findUser(home, firmId, personId))!
    const found = await findRescue(await enter(tenantId), act, id.toLowerCase(), true)
    if (!found?.row.candidates.includes(firmId)) throw refuseMissing('not_found')
    const { basis, lacks } = await judgeFirm(enter, act, { rescue: found.rescue, firmId, people: [personId] })
    if (!basis) throw refuseMissing('not_found')
    if (lacks[0]!.length > 0) throw refuse('role_missing')
    const person = { id: personId, name: displayName }
    await work({ enter, found, firm, person, act: inCompany(act, found.rescue, firm, displayName), atFirm: act })
  })
}

/** Somebody of a firm takes a rescue, having made sure who asks. Of several at once the first has it. Throws `wrong_status`. */
export const takeRescue = (
  db: Db,
  begun: Act,
  id: string,
  { checked, note }: { checked: RescueCheck; note: string },
): Promise<void> =>
  actAtFirm(db, begun, id, async ({ enter, found, firm, person, act, atFirm }) => {
    const { rescue } = found
    if (rescue.state !== 'asked' || rescue.endsAt <= act.now) throw refuse('wrong_status')
    await checkActive(await enter(firm.id), act)
    await checkTarget(await enter(rescue.tenantId), found)
    const ends = plus(act.now, TAKEN_LASTS)
    await takeStep(enter, act, found, {
      ...{ activity: 'rescue.taken', news: 'taken', details: { checked }, atFirm, firmId: firm.id },
      changes: {
        ...{ taken_at: act.now, taken_by: person.id, taker_name: person.name, checked },
        ...{ other_tenant_id: firm.id, provider_name: firm.name, candidates: [firm.id] },
        note_sealed: note === '' ? null : sealText(act, rescue, 'note', note.slice(0, LONGEST_REASON)),
        ...{ ends_at: ends, due_at: dueAt(ends, act.now, 'taken') },
      },
    })
  })

/** Nothing new begins at a firm that is suspended. */
async function checkActive(firm: Trx, act: Act): Promise<void> {
  if (await isSuspended(firm, act)) throw refuse('account_not_active')
}

/** Who gets a password has to be there, enabled, and to have it here. */
async function checkTarget(company: Trx, { rescue }: Found): Promise<void> {
  if (rescue.act !== 'newPassword') return
  const user = rescue.targetId === null ? undefined : await findUser(company, company.tenantId, rescue.targetId)
  if (!user?.accountEnabled || user.passwordMasteredIn !== 'cloud') throw refuse('target_unknown')
}

/** A firm gives back what it has taken and not approved: others of it may take it. Throws `wrong_status`. */
export const releaseRescue = (db: Db, begun: Act, id: string): Promise<void> =>
  actAtFirm(db, begun, id, async ({ enter, found, act, atFirm }) => {
    if (found.rescue.state !== 'taken') throw refuse('wrong_status')
    const changes = await released(await enter(found.rescue.tenantId), act, found)
    await takeStep(enter, act, found, { activity: 'rescue.released', changes, atFirm })
  })

/**
 * A second person of the firm approves: from then on everybody who is told can object for the agreed time. Throws
 * `same_person`, also where one of the two has made or reset the other lately, and `wrong_status`.
 */
export const approveRescue = (db: Db, begun: Act, id: string): Promise<void> =>
  actAtFirm(db, begun, id, async ({ enter, found, firm, person, act, atFirm }) => {
    const { rescue } = found
    if (rescue.state !== 'taken' || rescue.endsAt <= act.now || rescue.provider?.id !== firm.id)
      throw refuse('wrong_status')
    const taker = rescue.taker!.id
    const home = await enter(firm.id)
    await checkActive(home, act)
    if (taker === person.id || (await areRelated(home, act, taker, person.id))) throw refuse('same_person')
    await checkTarget(await enter(rescue.tenantId), found)
    const { basis } = await judgeFirm(enter, act, { rescue, firmId: firm.id, people: [] })
    const ends = plus(act.now, basis!.terms.coolingOffHours * HOUR)
    await takeStep(enter, act, found, {
      ...{ activity: 'rescue.approved', news: 'cooling', atFirm },
      changes: {
        ...{ approved_at: act.now, approved_by: person.id, approver_name: person.name, cooling_until: ends },
        ...{ ends_at: ends, due_at: dueAt(ends, act.now, 'cooling') },
      },
    })
  })

/** The firm refuses, until who asks has finished. Another firm that could help may still. Throws `reason_missing`, `wrong_status`. */
export const refuseByFirm = (db: Db, begun: Act, id: string, typed: string): Promise<void> =>
  actAtFirm(db, begun, id, async ({ enter, found, firm, act, atFirm }) => {
    const { rescue, row } = found
    const reason = typed.trim().slice(0, LONGEST_REASON)
    if (reason === '') throw refuse('reason_missing', { field: 'reason' })
    if (row.ended_at || row.finished_at || row.disputed_at) throw refuse('wrong_status')
    const others = rescue.state === 'asked' ? row.candidates.filter(one => one !== firm.id) : []
    const step = { activity: 'rescue.refused', reason: 'provider', atFirm, firmId: firm.id } as const
    if (others.length > 0) await takeStep(enter, act, found, { ...step, changes: { candidates: others } })
    else
      await takeStep(enter, act, found, {
        ...{ ...step, news: 'refused' },
        changes: {
          ...{ ended_at: act.now, outcome: 'refused', refusal: 'provider' },
          reason_sealed: sealText(act, rescue, 'reason', reason),
        },
      })
  })
