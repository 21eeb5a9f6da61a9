import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import { removeFromResets } from '../challenges/index.ts'
import { findAccount, findUser, listDomains, targetOf, type User } from '../directory/index.ts'
import {
  type Addressable,
  checkAddress,
  keepFormerAddress,
  type Registered,
  readAddress,
  readRegistered,
  removeMethods,
  saveMethod,
  tellOwner,
} from '../methods/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { Refusal, refusals } from '../refusals.ts'
import type { Trx } from '../store/index.ts'
import { readNumber } from '../typing/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { checkVersion } from './versions.ts'

const refuseNumber = refusals({ phone_invalid: 422 })

/** Reads the methods of somebody. The log says who read another's. Throws what `demand` throws. */
export async function readMethods(trx: Trx, act: Act, user: User): Promise<Registered> {
  demand(act, 'methods.read', targetOf(user))
  const isOwn = act.actor.kind === 'user' && act.actor.id === user.id
  if (!isOwn) await recordMethod(trx, act, user, { activity: 'methods.read' })
  return readRegistered(trx, act, act.actor, user)
}

/** A number or address for somebody. `ifMatch`: the ETag that the caller has read. */
export interface MethodInput {
  userId: string
  kind: Addressable
  value: string
  ifMatch?: string | undefined
}

/**
 * Registers a number or address for somebody who has none of this kind. It is the administrator's word, which never
 * counts in an administrator's own reset. Returns it. Throws `ObjectConflict`, `phone_invalid`, `email_…`.
 */
export async function addMethod(trx: Trx, act: Act, input: MethodInput): Promise<Kept> {
  const { user, kept } = await openMethod(trx, act, input.userId, input.kind)
  if (kept) throw refuse('ObjectConflict', { field: input.kind === 'email' ? 'emailAddress' : 'phoneType' })
  const value = await readValue(trx, user, input)
  await tellOwner(trx, act, user, { template: 'security_info_added', kind: input.kind })
  await saveGiven(trx, act, user, { kind: input.kind, value })
  await recordMethod(trx, act, user, { activity: 'method.added', kind: input.kind })
  const { kept: saved } = await openMethod(trx, act, input.userId, input.kind)
  return saved!
}

/**
 * Puts another number or address in the place of one on record, also of the person's own. It cools off anew.
 * Throws `not_found`, `resource_modified`, `phone_invalid`, `email_…`.
 */
export async function changeMethod(trx: Trx, act: Act, input: MethodInput): Promise<void> {
  const { kind, ifMatch } = input
  const { user, kept } = await openMethod(trx, act, input.userId, kind)
  if (!kept) throw refuseMissing('not_found')
  checkVersion(kept.version, ifMatch)
  const value = await readValue(trx, user, input)
  // At the addresses of before: a thief among administrators changes these first.
  await tellOwner(trx, act, user, { template: 'security_info_changed', kind })
  await takeOff(trx, act, user, { kind, replacement: value })
  await saveGiven(trx, act, user, { kind, value })
  await recordMethod(trx, act, user, { activity: 'method.changed', kind })
}

/** Takes a method off the record, whoever put it there. `id`: of an app, which has one of its own. Throws `not_found`. */
export async function removeMethodOf(
  trx: Trx,
  act: Act,
  { userId, kind, id }: { userId: string; kind: Addressable | 'authenticatorCode'; id?: string },
): Promise<void> {
  const user = await getLocked(trx, userId)
  demand(act, 'methods.remove', targetOf(user))
  const held = await readRegistered(trx, act, { kind: 'system' }, user)
  const found = kind === 'authenticatorCode' ? held.authenticatorApp === id && id !== undefined : keptOf(held, kind)
  if (!found) throw refuseMissing('not_found')
  await tellOwner(trx, act, user, { template: 'security_info_removed', kind })
  await takeOff(trx, act, user, { kind })
  await recordMethod(trx, act, user, { activity: 'method.removed', kind })
}

/** Finds and locks the user, whose method of this kind the actor may change. */
async function openMethod(trx: Trx, act: Act, userId: string, kind: Addressable) {
  const user = await getLocked(trx, userId)
  demand(act, 'methods.write', targetOf(user))
  return { user, kept: keptOf(await readRegistered(trx, act, { kind: 'system' }, user), kind) }
}

async function getLocked(trx: Trx, userId: string): Promise<User> {
  const user = await findUser(trx, trx.tenantId, userId, true)
  if (!user) throw refuseMissing('not_found')
  return user
}

/** A number or address on record. `version`: another one after each change. */
export interface Kept {
  value: string
  version: string
}

/** The number or address of a kind among somebody's methods. */
export function keptOf(registered: Registered, kind: Addressable): Kept | undefined {
  const { authenticationPhone, authenticationOfficePhone, authenticationEmail, versions } = registered
  const values = {
    mobilePhone: authenticationPhone,
    officePhone: authenticationOfficePhone,
    email: authenticationEmail,
  }
  const [value, version] = [values[kind], versions?.[kind]]
  return value && version !== undefined ? { value, version } : undefined
}

/** The value as it is kept. An address must not lead back to the account itself (decisions 24 and 43). */
async function readValue(trx: Trx, user: User, { kind, value }: MethodInput): Promise<string> {
  if (kind !== 'email') {
    const number = readNumber(value)
    if (number === undefined) throw refuseNumber('phone_invalid', { field: 'phoneNumber' })
    return number
  }
  const { policy } = await findAccount(trx, { id: user.id })
  const { ownDomainEmailAllowed: allowed } = policy.settings
  const domains = await listDomains(trx, trx.tenantId)
  try {
    const address = readAddress(value)
    checkAddress(address, user, { allowed, domains })
    return address
  } catch (error) {
    if (error instanceof Refusal) error.field = 'emailAddress'
    throw error
  }
}

/** Takes the method off the record, and what resets that are under way have asked by it. */
async function takeOff(
  trx: Trx,
  act: Act,
  user: User,
  { kind, replacement }: { kind: MethodKind; replacement?: string },
): Promise<void> {
  if (kind === 'email') await keepFormerAddress(trx, act, user, replacement)
  await removeMethods(trx, user, kind, 'person')
  await removeMethods(trx, user, kind, 'others')
  await removeFromResets(trx, user, kind)
}

const saveGiven = (trx: Trx, act: Act, user: User, { kind, value }: { kind: Addressable; value: string }) =>
  saveMethod(trx, act, user, { kind, value, source: 'administrator', confirmedAt: null })

const recordMethod = (
  trx: Trx,
  act: Act,
  { id, userPrincipalName: name }: User,
  { activity, kind }: { activity: Activity; kind?: MethodKind },
): Promise<void> =>
  record(trx, act, { activity, result: 'success', ...(kind && { reason: kind }), target: { id, name } })
