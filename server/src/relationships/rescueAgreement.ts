import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { HOUR, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { lockTenant } from '../directory/index.ts'
import { type SealedColumn, sql, type Trx } from '../store/index.ts'
import { readAddress } from '../typing/index.ts'
import { demandGiving } from './deciding.ts'
import { refuse } from './errors.ts'
import { isProvided, isSold } from './served.ts'
import { actorName, nameOf } from './sides.ts'
import { tellCustomer } from './telling.ts'

/** What a rescue does: gives somebody a new password, or the company a new administrator. */
export const rescueActs = ['newPassword', 'newAdministrator'] as const
export type RescueAct = (typeof rescueActs)[number]

/** How a provider may let a locked-out company back in (partners on the wire, §4). */
export interface RescueTerms {
  /** The firms that may, and nobody else; none: those that the company has given the roles for it. */
  providers: string[]
  /** How long everybody who is told can object. */
  coolingOffHours: number
  acts: RescueAct[]
  /** Whether the DNS has to be proved too. */
  dns: boolean
  /** Of a phrase that has to be said too. */
  phraseHash: string | null
  /** Mailboxes that hear of it beside the administrators. */
  tell: string[]
  /** Nobody may at all. */
  refused: boolean
}

/** What counts now, and what will. */
export interface RescueAgreement {
  terms: RescueTerms
  /** Whether the company has agreed on what counts now. */
  isAgreed: boolean
  /** Undefined where the company has never agreed on anything. */
  id: string | undefined
  next: { terms: RescueTerms; at: Date } | null
}

/** What holds where nothing was agreed on. */
const WITHOUT: RescueTerms = {
  ...{ providers: [], coolingOffHours: 72, acts: [...rescueActs], dns: false, phraseHash: null },
  ...{ tell: [], refused: false },
}

/** Firms that one agreement names, and mailboxes that hear of a rescue. */
export const PROVIDERS_AT_MOST = 5
export const TOLD_AT_MOST = 5

/** Hours of a cooling-off. */
export const COOLING_OFF = { least: 4, most: 168 } as const

export const agreementSeals: readonly SealedColumn[] = (['terms_sealed', 'next_sealed'] as const).map(column => ({
  ...{ table: 'rescue_agreements', column, purpose: 'rescue-agreement', key: ['id'] },
}))

const placeOf = (tenantId: string, rowId: string) => ({ purpose: 'rescue-agreement', tenantId, rowId }) as const

/** What the company that is entered has agreed on. `lock`: until the transaction ends. */
export async function readAgreement(
  trx: Trx,
  { keys, now }: Pick<Means, 'keys' | 'now'>,
  lock = false,
): Promise<RescueAgreement> {
  const { tenantId } = trx
  const row = await trx
    .selectFrom('rescue_agreements')
    .select(['id', 'terms_sealed', 'next_sealed', 'next_at'])
    .where('tenant_id', '=', tenantId)
    .$if(lock, query => query.forUpdate())
    .executeTakeFirst()
  const open = (sealed: Buffer): RescueTerms => JSON.parse(keys.open(placeOf(tenantId, row!.id), sealed))
  const former = row?.terms_sealed ? open(row.terms_sealed) : WITHOUT
  const next = row ? { terms: open(row.next_sealed), at: row.next_at } : null
  const counts = next !== null && next.at <= now
  return {
    terms: counts ? next.terms : former,
    isAgreed: counts || !!row?.terms_sealed,
    ...{ id: row?.id, next: counts ? null : next },
  }
}

/** Terms as somebody writes them. `phraseHash` undefined: the phrase stays. */
export type NewTerms = Omit<RescueTerms, 'phraseHash'> & { phraseHash: string | null | undefined }

/**
 * Agrees on other terms, which count after the longer of the two cooling-offs: whoever got in as an administrator weakens
 * nothing at once. The administrators are told. Throws `provider_unknown`, `cooling_off_invalid`, `acts_missing`, `tell_invalid`.
 */
export async function changeAgreement(trx: Trx, act: Act, asked: NewTerms): Promise<void> {
  const { tenantId } = trx
  await demandGiving(trx, act)
  // Of two at once the second sees the first.
  await lockTenant(trx, tenantId)
  const { terms: present, next } = await readAgreement(trx, act, true)
  const phraseHash = asked.phraseHash === undefined ? (next?.terms ?? present).phraseHash : asked.phraseHash
  await keepTerms(trx, act, await checkTerms(trx, { ...asked, phraseHash }))
}

/** The same, as part of a company's yes to a firm: that firm may too. */
export async function agreeWith(trx: Trx, act: Act, firmId: string): Promise<boolean> {
  const { terms: present, next } = await readAgreement(trx, act, true)
  const terms = next?.terms ?? present
  if (terms.providers.includes(firmId) || terms.providers.length >= PROVIDERS_AT_MOST) return false
  await keepTerms(trx, act, { ...terms, providers: [...terms.providers, firmId] })
  return true
}

/** What a company has agreed on from its first day. Where it has an agreement, that stays. Nobody is told. */
export async function beginAgreement(trx: Trx, act: Act, changed: Partial<RescueTerms>): Promise<void> {
  const { tenantId } = trx
  const id = act.random.uuid(act.now)
  const terms = act.keys.seal(placeOf(tenantId, id), JSON.stringify({ ...WITHOUT, ...changed }))
  await trx
    .insertInto('rescue_agreements')
    .values({ tenant_id: tenantId, id, next_sealed: terms, next_at: act.now, changed_at: act.now })
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

async function keepTerms(trx: Trx, act: Act, terms: RescueTerms): Promise<void> {
  const { tenantId } = trx
  const { terms: present, isAgreed, id: known } = await readAgreement(trx, act, true)
  const id = known ?? act.random.uuid(act.now)
  const at = plus(act.now, Math.max(present.coolingOffHours, terms.coolingOffHours) * HOUR)
  const seal = (one: RescueTerms) => act.keys.seal(placeOf(tenantId, id), JSON.stringify(one))
  const row = {
    terms_sealed: isAgreed ? seal(present) : null,
    ...{ next_sealed: seal(terms), next_at: at, changed_at: act.now },
  }
  await trx
    .insertInto('rescue_agreements')
    .values({ tenant_id: tenantId, id, ...row })
    .onConflict(conflict => conflict.column('tenant_id').doUpdateSet(row))
    .execute()
  const details = {
    ...{ providers: terms.providers.join(' '), acts: terms.acts.join(' '), counts: at.toISOString() },
    ...{ coolingOffHours: String(terms.coolingOffHours), refused: String(terms.refused) },
  }
  const target = { id: tenantId, name: await nameOf(trx) }
  await record(trx, act, { activity: 'rescueAgreement.changed', result: 'success', target, details })
  const told = { who: actorName(act), until: at.toISOString() }
  await tellCustomer(trx, act, { ...told, news: 'rescueAgreed', relationship: '', other: '' })
}

/** Judges terms, and writes them as they are kept. */
async function checkTerms(trx: Trx, terms: RescueTerms): Promise<RescueTerms> {
  const { least, most } = COOLING_OFF
  if (terms.coolingOffHours < least || terms.coolingOffHours > most)
    throw refuse('cooling_off_invalid', { field: 'coolingOffHours' })
  if (terms.acts.length === 0 && !terms.refused) throw refuse('acts_missing', { field: 'acts' })
  const providers = [...new Set(terms.providers.map(id => id.toLowerCase()))]
  for (const id of providers) if (!(await isServedBy(trx, id))) throw refuse('provider_unknown', { field: 'providers' })
  const tell = terms.tell.map(readAddress)
  if (tell.some(address => address === undefined)) throw refuse('tell_invalid', { field: 'tell' })
  return { ...terms, providers, acts: [...new Set(terms.acts)], tell: [...new Set(tell as string[])] }
}

/** Whether a firm serves the company that is entered now: it sells to it, is its provider, or was given something. */
export async function isServedBy(trx: Trx, firmId: string): Promise<boolean> {
  if (!isUuid(firmId)) return false
  const { tenantId } = trx
  const { rows } = await sql`
    select from served_companies served where served.tenant_id = ${tenantId} and served.other_tenant_id = ${firmId}
      and (${isSold('served')} or ${isProvided('served')})
    union all select from gdap_grants given
      where given.tenant_id = ${tenantId} and given.other_tenant_id = ${firmId} and given.ended_at is null
    union all select from daps where daps.tenant_id = ${tenantId} and daps.other_tenant_id = ${firmId} and daps.ended_at is null
    limit 1`.execute(trx)
  return rows.length > 0
}
