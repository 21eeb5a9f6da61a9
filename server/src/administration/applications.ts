import { demand, type Target } from '../access/index.ts'
import type { Act } from '../act.ts'
import {
  type Application,
  ApplicationError,
  type ApplicationErrorCode,
  addApplicationOwner,
  addSecret,
  changeApplication,
  countApplicationOwners,
  createApplication,
  deleteApplication as deleteRegistered,
  eraseApplication,
  lockApplication,
  type NewApplication,
  recordOf,
  removeApplicationOwner,
  removeSecret,
  restoreDeletedApplication,
} from '../applications/index.ts'
import { isUuid } from '../crypto/index.ts'
import { PolicyError } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { getObject, getProgramTargets, holderOf } from './authority.ts'
import { refuse, refuseMissing } from './errors.ts'
import { checkVersion } from './versions.ts'

/** An application has at most this many owners (partner center and work accounts, §3.2, as of groups). */
const OWNERS_AT_MOST = 100

/** The permission that lets a program change every application; with less it has to own what it makes. */
const EVERY = 'Application.ReadWrite.All'

/** How an application is named: by its own id, by the id that it signs people in with, or by its principal's. */
export type ApplicationKey = { by: 'id' | 'appId' | 'principalId'; value: string }

/** What decides who may act as the application: its addresses and keys. */
const CREDENTIALS = ['addresses', 'postLogoutRedirectUris', 'backChannelLogoutUri', 'publicKeys'] as const

export type ApplicationChanges = Partial<Omit<NewApplication, 'appId'>>

/** Registers an application. Throws `property_invalid`. */
export async function addApplication(trx: Trx, act: Act, input: NewApplication): Promise<Application> {
  const { tenantId } = trx
  demand(act, 'applications.write', { kind: 'tenant', tenantId })
  const made = await told(() => createApplication(trx, act, tenantId, input))
  const { actor } = act
  if (actor.kind === 'application' && !actor.scopes.includes(EVERY))
    await addApplicationOwner(trx, made.appId, { kind: 'servicePrincipal', id: actor.id })
  return made
}

/** Changes an application. `ifMatch`: the ETag that the caller has read. Throws `property_invalid`, `resource_modified`. */
export async function updateApplication(
  trx: Trx,
  act: Act,
  key: ApplicationKey,
  {
    changes,
    ifMatch,
  }: {
    changes: ApplicationChanges | ((current: Application) => Promise<ApplicationChanges>)
    ifMatch?: string | undefined
  },
): Promise<Application> {
  const { application, targets } = await getLocked(trx, act, key)
  demand(act, 'applications.write', { ...targets.application, escalating: false })
  checkVersion(application.version, ifMatch)
  const given = typeof changes === 'function' ? await told(() => changes(application)) : changes
  if (CREDENTIALS.some(name => given[name] !== undefined)) demand(act, 'applications.write', targets.application)
  return told(() => changeApplication(trx, act, application.appId, given))
}

/** Deletes an application and its principal for thirty days. */
export async function deleteApplication(
  trx: Trx,
  act: Act,
  key: ApplicationKey,
  ifMatch?: string | undefined,
): Promise<void> {
  const { application, targets } = await getLocked(trx, act, key)
  demand(act, 'applications.write', { ...targets.application, escalating: false })
  checkVersion(application.version, ifMatch)
  await told(() => deleteRegistered(trx, act, application.appId))
}

/** Takes a deletion back. What the application may do comes back with it, so that it counts like a new grant. */
export async function restoreApplication(
  trx: Trx,
  act: Act,
  id: string,
  { ifMatch }: { ifMatch?: string | undefined } = {},
): Promise<void> {
  const deleted = await getDeleted(trx, id)
  const { application, principal } = await getProgramTargets(trx, act, deleted)
  demand(act, 'applications.write', application)
  if (application.escalating) demand(act, 'applications.grant', grantTo(principal, true))
  checkVersion(deleted.version, ifMatch)
  await told(() => restoreDeletedApplication(trx, act, deleted.appId))
}

/** Erases a deleted application for ever. The audit log keeps its name. */
export async function purgeApplication(trx: Trx, act: Act, id: string): Promise<void> {
  const deleted = await getDeleted(trx, id)
  const { application } = await getProgramTargets(trx, act, deleted)
  demand(act, 'applications.write', { ...application, escalating: false })
  await told(() => eraseApplication(trx, act, deleted.appId))
}

/** Makes a user or service principal an owner. Throws `ObjectConflict` where they own it already. */
export async function giveApplication(trx: Trx, act: Act, key: ApplicationKey, ownerId: string): Promise<void> {
  const { application, targets } = await getLocked(trx, act, key)
  demand(act, 'applications.write', targets.application)
  const owner = await getObject(trx, act, ownerId)
  if (owner.kind === 'group') throw refuse('member_invalid')
  if (!(await addApplicationOwner(trx, application.appId, holderOf(owner))))
    throw refuse('ObjectConflict', { field: 'owners' })
  if ((await countApplicationOwners(trx, application.appId, OWNERS_AT_MOST)) > OWNERS_AT_MOST)
    throw refuse('quota_exceeded', { field: 'owners' })
  const details = { [owner.kind]: owner.id, name: owner.name }
  await recordOf(trx, act, application, { activity: 'application.owner_added', details })
}

/** Takes an owner from an application. Throws `not_found` where there is no such owner. */
export async function takeApplication(trx: Trx, act: Act, key: ApplicationKey, ownerId: string): Promise<void> {
  const { application, targets } = await getLocked(trx, act, key)
  demand(act, 'applications.write', targets.application)
  const owner = await getObject(trx, act, ownerId)
  if (!(await removeApplicationOwner(trx, application.appId, owner.id))) throw refuseMissing('not_found')
  const details = { [owner.kind]: owner.id, name: owner.name }
  await recordOf(trx, act, application, { activity: 'application.owner_removed', details })
}

/** Adds a secret. Returns it whole, this one time. Throws `public_client`, `property_invalid`, `quota_exceeded`. */
export async function addPassword(trx: Trx, act: Act, key: ApplicationKey, secret: Parameters<typeof addSecret>[3]) {
  const { application, targets } = await getLocked(trx, act, key)
  demand(act, 'applications.write', targets.application)
  return told(() => addSecret(trx, act, application.appId, secret))
}

/** Removes a secret. Throws `not_found`. */
export async function removePassword(trx: Trx, act: Act, key: ApplicationKey, keyId: string): Promise<void> {
  const { application, targets } = await getLocked(trx, act, key)
  demand(act, 'applications.write', targets.application)
  await told(() => removeSecret(trx, act, application.appId, keyId))
}

/** An application as the actor meets it now, its row locked. Throws `not_found`. */
export async function getLocked(trx: Trx, act: Act, key: ApplicationKey) {
  const appId = await getAppId(trx, key)
  const application = await told(() => lockApplication(trx, trx.tenantId, appId))
  return { application, targets: await getProgramTargets(trx, act, application) }
}

const columns = { id: 'id', appId: 'app_id', principalId: 'principal_id' } as const

/** The id by which an application signs people in. Throws `not_found`. */
export async function getAppId(trx: Trx, { by, value }: ApplicationKey): Promise<string> {
  const id = value.toLowerCase()
  const found =
    isUuid(id) &&
    (await trx
      .selectFrom('applications')
      .select('app_id')
      .where('tenant_id', '=', trx.tenantId)
      .where(columns[by], '=', id)
      .executeTakeFirst())
  if (!found) throw refuseMissing('not_found')
  return found.app_id
}

/** A deleted application, its row locked. Throws `not_found`. */
async function getDeleted(trx: Trx, value: string) {
  const id = value.toLowerCase()
  const found =
    isUuid(id) &&
    (await trx
      .selectFrom('registered_applications')
      .select(['id', 'app_id as appId', 'principal_id as principalId', 'version'])
      .where('tenant_id', '=', trx.tenantId)
      .where('id', '=', id)
      .where('deleted_at', 'is not', null)
      .forNoKeyUpdate()
      .executeTakeFirst())
  if (!found) throw refuseMissing('not_found')
  return found
}

/** A permission of a principal, for `authorize`. */
export const grantTo = (
  principal: Extract<Target, { kind: 'grant' }>['principal'],
  escalating: boolean,
): Extract<Target, { kind: 'grant' }> => ({ kind: 'grant', tenantId: principal.tenantId, escalating, principal })

/** The properties that refusals are about. */
const fields: Partial<Record<ApplicationErrorCode, string>> = {
  text_invalid: 'displayName',
  one_platform: 'redirectUris',
  address_invalid: 'redirectUris',
  role_invalid: 'appRoles',
  role_duplicate: 'appRoles',
  role_unknown: 'appRoleId',
  scope_invalid: 'oauth2PermissionScopes',
  scope_duplicate: 'oauth2PermissionScopes',
  scope_unknown: 'requiredResourceAccess',
  key_invalid: 'keyCredentials',
  secret_lifetime: 'endDateTime',
}

/** Runs a rule of applications, and refuses to programs as they are refused elsewhere. */
export async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PolicyError)
      throw refuse('property_invalid', { field: error.setting, toPrograms: { message: error.message } })
    if (!(error instanceof ApplicationError)) throw error
    const { code, message } = error
    if (code === 'application_not_found' || code === 'secret_not_found') throw refuseMissing('not_found')
    const toPrograms = { message }
    if (code === 'application_exists') throw refuse('ObjectConflict', { field: 'appId', toPrograms })
    if (code === 'secrets_at_most') throw refuse('quota_exceeded', { field: 'passwordCredentials' })
    if (code === 'public_client') throw refuse('public_client', { toPrograms })
    throw refuse('property_invalid', { field: fields[code], toPrograms })
  }
}
