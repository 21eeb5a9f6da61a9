import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { updateUserIn } from '../administration/index.ts'
import { type Activity, record } from '../audit/index.ts'
import { base32 } from '../crypto/index.ts'
import { isBelow, isPublicSuffix, lockTenant, namesAbove, readDomain, readName } from '../directory/index.ts'
import { enqueue, type Row, type Trx } from '../store/index.ts'
import { refuse, refuseProgram } from './errors.ts'
import type { Check } from './proof.ts'
import { nextCheckOf } from './schedule.ts'
import { countUses } from './uses.ts'
import { checkVersion } from './versions.ts'

/** A domain that a tenant has added (Partner Center and work accounts, §2.3). */
export interface Domain {
  name: string
  /** The suffix of new names. */
  isDefault: boolean
  /** Renamed people move to it; it can never go. */
  isInitial: boolean
  /** Proven by itself, not through the domain above it. */
  isRoot: boolean
  addedAt: Date
  /** When it was proven. Until then nobody signs in by it. */
  verifiedAt: Date | null
  /** What its owner writes into the DNS; null where nobody has to. */
  proof: string | null
  /** Its forced removal. */
  removal: Row<'domains'>['removal']
  /** What the last look into the DNS found. */
  check: Check | null
  /** When it is looked up again without being asked. */
  nextCheckAt: Date | null
  /** The zone that it is in, and who seems to keep that. */
  zone: string | null
  registrar: string | null
  /** What is missing of a proven domain, and since when. */
  gone: Row<'domains'>['gone']
  goneSince: Date | null
  /** Until when it is to be proven anew, where another tenant contests it. */
  contestedUntil: Date | null
  /** Until when this tenant contests another one's. */
  contestingUntil: Date | null
  /** The takeover that brought it, while it can be undone. */
  takenBy: string | null
  /** What changes with it. */
  version: string
}

/** The text that proves the domain, for those who may add one; null where nobody has to. */
export async function getProof(
  trx: Trx,
  act: Act,
  typed: string,
): Promise<Pick<Domain, 'name' | 'proof' | 'verifiedAt'>> {
  demand(act, 'domains.write', targetOf(trx, typed))
  return getDomain(trx, typed)
}

/** Domains that nobody has proven, of one tenant. */
const UNPROVEN_AT_MOST = 50

/** For SQL: what changes with a domain. */
export const domainVersion = sql`md5(concat_ws(' ', verified_at, is_default, is_root, removal, removal_at))`

export const selectDomain = (trx: Trx) =>
  trx
    .selectFrom('domains')
    .where('tenant_id', '=', trx.tenantId)
    .select([
      'name',
      'is_default as isDefault',
      'is_initial as isInitial',
      'is_root as isRoot',
      'added_at as addedAt',
      'verified_at as verifiedAt',
      'proof',
      'removal',
      sql<Check | null>`last_check`.as('check'),
      'next_check_at as nextCheckAt',
      'zone',
      'registrar',
      'gone',
      'gone_since as goneSince',
      'contested_until as contestedUntil',
      'contesting_until as contestingUntil',
      'taken_by as takenBy',
      domainVersion.$castTo<string>().as('version'),
    ])

/** Every domain of the tenant, by name. */
export const listDomains = (trx: Trx): Promise<Domain[]> => selectDomain(trx).orderBy('name').execute()

/** Throws `not_found`. `lock`: the row until the transaction ends, so that no name is made in a domain that goes. */
export async function getDomain(trx: Trx, typed: string, lock = false): Promise<Domain> {
  const name = readDomain(typed)
  const found =
    name &&
    (await selectDomain(trx)
      .where('name', '=', name)
      .$if(lock, query => query.forUpdate())
      .executeTakeFirst())
  if (!found) throw refuse('not_found')
  return found
}

/** Locks the tenant, then the domain: of two acts that end with one default domain, one comes first. */
async function lockDomain(trx: Trx, act: Act, typed: string): Promise<Domain> {
  demand(act, 'domains.write', targetOf(trx, typed))
  await lockTenant(trx, trx.tenantId)
  return getDomain(trx, typed, true)
}

export const targetOf = ({ tenantId }: { tenantId: string }, id: string) => ({ kind: 'domain', tenantId, id }) as const

/** Writes down what an administrator did to a domain. */
export const recordDomain = (
  trx: Trx,
  act: Act,
  activity: Extract<Activity, `domain.${string}`>,
  { name, ...details }: { name: string } & Record<string, string>,
) => record(trx, act, { activity, result: 'success', target: { name }, details })

/**
 * Adds a domain: unproven, or below a proven one of the tenant proven at once. `reserved`: names of the operator, below
 * which companies have none. Another tenant may have added it too, which is not told.
 */
export async function addDomain(
  trx: Trx,
  act: Act,
  { id, reserved }: { id: string; reserved: readonly string[] },
): Promise<Domain> {
  const { tenantId } = trx
  const { now } = act
  demand(act, 'domains.write', targetOf(trx, id))
  const name = readDomain(id)
  if (!name) throw refuseProgram('property_invalid', { field: 'id' })
  if (isPublicSuffix(name)) throw refuseProgram('domain_public_suffix', { field: 'id' })
  if (reserved.some(one => isBelow(name, one))) throw refuseProgram('domain_reserved', { field: 'id' })
  await lockTenant(trx, tenantId)
  const above = await hasProven(trx, namesAbove(name))
  const { actor } = act
  const row = {
    ...{ tenant_id: tenantId, name, added_at: now, proof: newDomainProof(act) },
    added_by: actor.kind === 'user' ? actor.id : null,
  }
  const insert = (verifiedAt: Date | null) =>
    trx
      .insertInto('domains')
      .values({ ...row, verified_at: verifiedAt, next_check_at: verifiedAt ? null : nextCheckOf(now, now) })
      .onConflict(conflict => conflict.doNothing())
      .returning('name')
      .executeTakeFirst()
  if (!above) await checkUnproven(trx)
  // Below an own domain the name may have been proven by another tenant before. Then its own record decides.
  const added = (above && (await insert(now))) || (await insert(null))
  if (!added) throw refuseProgram('ObjectConflict', { field: 'id' })
  await recordDomain(trx, act, 'domain.added', { name })
  return getDomain(trx, name)
}

async function checkUnproven(trx: Trx) {
  const { count } = await trx
    .selectFrom('domains')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', trx.tenantId)
    .where('verified_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (Number(count) >= UNPROVEN_AT_MOST) throw refuseProgram('quota_exceeded')
}

/** Whether one of these is a proven domain of the tenant, which no takeover has brought that can still be undone. */
export const hasProven = async (trx: Trx, names: readonly string[]): Promise<boolean> =>
  names.length > 0 &&
  (await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', trx.tenantId)
    .where('name', 'in', names)
    .where('verified_at', 'is not', null)
    .where('taken_by', 'is', null)
    .executeTakeFirst()) !== undefined

/** The text that proves a domain: 160 bits of chance for this tenant and domain. No other company's record, and no older one, proves it. It has no six digits in a row. */
export function newDomainProof({ random }: Pick<Act, 'random'>): string {
  for (;;) {
    const text = base32(Buffer.from(random.token(), 'base64url'), 32).toLowerCase()
    if (!/\d{6}/.test(text)) return `latchkey-verification=${text}`
  }
}

/**
 * Makes a proven domain the one of new names; existing names stay. Throws `resource_modified`, `domain_not_verified`,
 * `in_use` while it is removed.
 */
export async function makeDefault(trx: Trx, act: Act, typed: string, ifMatch?: string): Promise<void> {
  const { name, isDefault, verifiedAt, removal, takenBy, version } = await lockDomain(trx, act, typed)
  checkVersion(version, ifMatch)
  if (!verifiedAt) throw refuseProgram('domain_not_verified')
  if (removal || takenBy) throw refuseProgram('in_use')
  if (isDefault) return
  const former = await trx
    .updateTable('domains')
    .set({ is_default: false })
    .where('tenant_id', '=', trx.tenantId)
    .where('is_default', '=', true)
    .returning('name')
    .executeTakeFirst()
  await change(trx, name, { is_default: true })
  await recordDomain(trx, act, 'domain.default_changed', { name, former: former?.name ?? '' })
}

/**
 * Moves the actor's own name to the domain, which ends their sessions: who makes a domain the primary one may have a
 * name in a domain that is to go. Returns the new name. Throws `user_name_taken`, and what a
 * rename throws.
 */
export async function moveOwnName(trx: Trx, act: Act, typed: string): Promise<string> {
  const { actor } = act
  const { name } = await getDomain(trx, typed)
  if (actor.kind !== 'user') throw refuse('forbidden')
  const userPrincipalName = `${actor.name.slice(0, actor.name.lastIndexOf('@'))}@${name}`
  if (userPrincipalName !== actor.name)
    await updateUserIn(trx, act, { id: actor.id, ifMatch: undefined, changes: { userPrincipalName } }).catch(error => {
      throw error.code === 'ObjectConflict' ? refuse('user_name_taken') : error
    })
  return userPrincipalName
}

const change = (trx: Trx, name: string, set: { is_default: true } | { is_root: true }) =>
  trx.updateTable('domains').set(set).where('tenant_id', '=', trx.tenantId).where('name', '=', name).execute()

/** Makes a proven subdomain stand by itself, so that the domain above it can go. Throws `domain_not_verified`, `in_use` where people have it. */
export async function promoteDomain(trx: Trx, act: Act, typed: string): Promise<void> {
  const { name, isRoot, verifiedAt } = await lockDomain(trx, act, typed)
  if (!verifiedAt) throw refuseProgram('domain_not_verified')
  if (isRoot) return
  if ((await countUses(trx, name)) > 0) throw refuseProgram('in_use')
  await change(trx, name, { is_root: true })
  await recordDomain(trx, act, 'domain.promoted', { name })
}

/** Removes a domain that nothing uses. Throws `domain_needed`, `in_use`. */
export async function deleteDomain(trx: Trx, act: Act, typed: string): Promise<void> {
  const domain = await lockRemovable(trx, act, typed)
  if ((await countUses(trx, domain.name)) > 0) throw refuseProgram('in_use')
  await dropDomain(trx, act, domain.name)
}

/**
 * Locks a domain that may go: neither the initial one, nor the default one, nor the one that the actor signed in by.
 * No proven subdomain stands on it. Throws `domain_needed`, `in_use`.
 */
export async function lockRemovable(trx: Trx, act: Act, typed: string): Promise<Domain> {
  const domain = await lockDomain(trx, act, typed)
  const { actor } = act
  const own = actor.kind === 'user' && readName(actor.name).domain === domain.name
  if (domain.isInitial || domain.isDefault || own) throw refuseProgram('domain_needed')
  if (domain.takenBy) throw refuseProgram('in_use')
  await checkStandsAlone(trx, domain)
  return domain
}

async function checkStandsAlone(trx: Trx, { name }: Domain) {
  if ((await provenThrough(trx, name)).length > 0) throw refuseProgram('in_use')
}

/** The domains below this one that are proven through it, or through one between. */
export async function provenThrough(trx: Trx, name: string): Promise<Domain[]> {
  const proven = await selectDomain(trx).where('verified_at', 'is not', null).where('is_root', '=', false).execute()
  return proven.filter(one => one.name !== name && isBelow(one.name, name))
}

/** The domain that renamed people move to. */
export const getInitial = (trx: Trx): Promise<Domain> =>
  selectDomain(trx).where('is_initial', '=', true).executeTakeFirstOrThrow()

/** Removes the row, which frees the name for other tenants. Who contested it is looked up at once. */
export async function dropDomain(trx: Trx, act: Act, name: string): Promise<void> {
  const gone = await trx
    .deleteFrom('domains')
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', name)
    .returning('contested_by as contester')
    .executeTakeFirst()
  await recordDomain(trx, act, 'domain.removed', { name })
  if (!gone?.contester) return
  await askToTell(trx, act, { contester: gone.contester, domain: name })
}

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-contester': { tenantId: string; contester: string; domain: string; correlationId: string }
    }
  }
}

/** Has who contests a domain told that its holder keeps it, or lets their record be looked for where it is free. */
export const askToTell = (trx: Trx, act: Act, { contester, domain }: { contester: string; domain: string }) =>
  enqueue(trx, 'tell-contester', {
    ...{ tenantId: trx.tenantId, contester, domain, correlationId: act.random.uuid(act.now) },
  })
