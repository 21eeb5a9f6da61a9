// This file is long because the range of each setting stands beside the statements that read and write it.

import { isDeepStrictEqual } from 'node:util'
import type { RawBuilder } from 'kysely'
import { type Static, Type } from 'typebox'
import { type AuditEvent, type RecordedAct, record } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { checkSettings, type Settings } from '../policies/index.ts'
import { askSystem, askTenant, type Db, type Read, sql, type Trx } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import {
  ADDRESSES_AT_MOST,
  checkRedirectAddress,
  checkWebAddress,
  type Platform,
  type PlatformAddresses,
  platforms,
  readPlatform,
} from './addresses.ts'
import { applicationError } from './errors.ts'
import { checkPublicKey } from './publicKeys.ts'
import { type AppRole, checkLabel, checkRoles, checkText, keepIds } from './roles.ts'
import { checkExposedScopes, checkRequests, type ExposedScope } from './scopes.ts'
import type { StoredSecret } from './secrets.ts'

const address = Type.Union([Type.Null(), Type.String()], { description: 'an address, or null' })
const addresses = Type.Array(Type.String(), {
  maxItems: ADDRESSES_AT_MOST,
  description: `a list of at most ${ADDRESSES_AT_MOST} addresses`,
})
const names = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100, description: 'a list of names' })
const text = Type.String({ maxLength: 1024 })

/** What is registered of an application, besides its name, with the range of each setting. */
const Schema = Type.Object(
  {
    platform: Type.Enum([...platforms]),
    /** Where answers may be sent. */
    redirectUris: addresses,
    /** Where a browser may be sent after a sign-out. */
    postLogoutRedirectUris: addresses,
    /** Where the application is told of a sign-out. */
    backChannelLogoutUri: address,
    homePageUrl: address,
    /** The names of its own interface: `api://{appId}` is the only one that requests can name. */
    identifierUris: Type.Array(Type.String(), {
      maxItems: 1,
      description: 'a list of api://ID with its own id, or of nothing',
    }),
    /** The scopes that `.default` stands for. */
    requestedScopes: names,
    /** The permissions that it asks an administrator for, to act without a person. */
    requestedPermissions: names,
    /** The roles that people, groups and programs can have in it. */
    appRoles: Type.Array(
      Type.Object(
        {
          id: Type.Optional(Type.String()),
          value: Type.String(),
          displayName: text,
          description: Type.Optional(text),
          allowedMemberTypes: Type.Array(Type.Enum(['User', 'Application']), { minItems: 1, maxItems: 2 }),
        },
        { additionalProperties: false },
      ),
      {
        maxItems: 100,
        description:
          'a list of at most 100 roles, as in [{"value":"Report.Reader","displayName":"Reads reports","allowedMemberTypes":["User"]}]',
      },
    ),
    /** The scopes of its own interface, which others ask for as `api://{appId}/{value}`. */
    exposedScopes: Type.Array(
      Type.Object(
        {
          id: Type.Optional(Type.String()),
          value: Type.String(),
          title: text,
          detail: text,
          needsAdministrator: Type.Boolean(),
        },
        { additionalProperties: false },
      ),
      {
        maxItems: 100,
        description:
          'a list of at most 100 scopes, as in [{"value":"Reports.Read","title":"Read your reports","detail":"…","needsAdministrator":false}]',
      },
    ),
    /** Whether only people with a role in it, or the default role, may sign in to it. */
    assignmentRequired: Type.Boolean(),
    /** Whether its people may act by it in the tenants of customers. */
    partnerAccess: Type.Boolean(),
    /** Which groups of a person its tokens name. */
    groupMembershipClaims: Type.Enum(['None', 'SecurityGroup', 'All']),
    /** The claims that its id tokens have besides. */
    optionalClaims: Type.Array(Type.Enum(['given_name', 'family_name', 'email']), { maxItems: 3 }),
    /** The keys by which it signs its assertions (`private_key_jwt`). */
    publicKeys: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
      maxItems: 10,
      description: 'a list of at most 10 public keys, each a JSON Web Key',
    }),
  },
  { additionalProperties: false },
)
export type ApplicationSettings = Omit<Static<typeof Schema>, 'appRoles' | 'exposedScopes'> & {
  appRoles: AppRole[]
  exposedScopes: ExposedScope[]
}
/** New roles and scopes have no id yet. */
type ApplicationChanges = Partial<Static<typeof Schema>> & {
  displayName?: string | undefined
  description?: string | null | undefined
  notes?: string | null | undefined
}

const settings: Settings<Static<typeof Schema>> = {
  schema: Schema,
  defaults: {
    platform: 'web',
    redirectUris: [],
    postLogoutRedirectUris: [],
    backChannelLogoutUri: null,
    homePageUrl: null,
    identifierUris: [],
    requestedScopes: [],
    requestedPermissions: [],
    appRoles: [],
    exposedScopes: [],
    assignmentRequired: false,
    partnerAccess: false,
    groupMembershipClaims: 'None',
    optionalClaims: [],
    publicKeys: [],
  },
}

/** The settings of an application that says nothing of them. */
export const applicationDefaults = settings.defaults as ApplicationSettings

/** An application that the tenant's people can sign in to, or that acts by itself. */
export interface Application extends ApplicationSettings {
  tenantId: string
  appId: string
  /** Of the registration, as programs name it. */
  id: string
  /** The `oid` of the tokens that it gets for itself. */
  principalId: string
  displayName: string
  description: string | null
  notes: string | null
  createdAt: Date
  /** Rises with each change of the registration or its secrets. */
  version: number
  secrets: StoredSecret[]
  /** What an administrator has agreed to for everybody. */
  organizationConsent: OrganizationConsent | null
}

/** `permissions`: what the application may do without a person. `by`: who agreed; null for an operator. */
export interface OrganizationConsent {
  scopes: string[]
  permissions: string[]
  since: Date
  by: string | null
}

interface StoredApplication {
  app_id: string
  id: string
  principal_id: string
  display_name: string
  description: string | null
  notes: string | null
  version: number
  settings: Partial<ApplicationSettings>
  created_at: Date | string
  secrets: (Pick<StoredSecret, 'id' | 'displayName' | 'hint'> &
    Record<'sealed' | 'startsAt' | 'expiresAt', string> & { lastUsedAt: string | null })[]
  consent: (Omit<OrganizationConsent, 'since'> & { since: string }) | null
}

/** For SQL: applications whole, with their secrets and the organization's consent. `a` is the table. */
const selectApplications = (tenantId: string, rest: RawBuilder<unknown>) => sql<StoredApplication>`
  select app_id, id, principal_id, display_name, description, notes, version, settings, created_at,
    (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'displayName', s.display_name, 'hint', s.hint,
        'sealed', encode(s.hash_sealed, 'hex'), 'startsAt', s.starts_at, 'expiresAt', s.expires_at,
        'lastUsedAt', s.last_used_at) order by s.expires_at, s.id), '[]')
      from application_secrets s where s.tenant_id = ${tenantId} and s.app_id = a.app_id) as secrets,
    (select jsonb_build_object('scopes', c.scopes, 'permissions', c.permissions, 'since', c.given_at, 'by', c.given_by)
      from organization_consents c where c.tenant_id = ${tenantId} and c.app_id = a.app_id) as consent
  from applications a where a.tenant_id = ${tenantId} ${rest}`

function readApplication(tenantId: string, row: StoredApplication): Application {
  return {
    tenantId,
    appId: row.app_id,
    id: row.id,
    principalId: row.principal_id,
    displayName: row.display_name,
    description: row.description,
    notes: row.notes,
    version: row.version,
    createdAt: new Date(row.created_at),
    ...applicationDefaults,
    ...row.settings,
    secrets: row.secrets.map(({ sealed, startsAt, expiresAt, lastUsedAt, ...rest }) => ({
      ...rest,
      sealed: Buffer.from(sealed, 'hex'),
      startsAt: new Date(startsAt),
      expiresAt: new Date(expiresAt),
      lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt),
    })),
    organizationConsent: row.consent && { ...row.consent, since: new Date(row.consent.since) },
  }
}

/** The tenant that has this application; undefined where there is none, or the text is no id. */
export async function findApplicationTenant(db: Db, appId: string): Promise<string | undefined> {
  if (!isUuid(appId)) return undefined
  const [found] = await askSystem<{ tenant_id: string }>(
    db,
    'select tenant_id from registered_applications where app_id = $1 and deleted_at is null',
    [appId],
  )
  return found?.tenant_id
}

/** The tenant's application of an id: of a text, or of an expression that may be null. */
export const applicationOf = (
  tenantId: string,
  appId: string | RawBuilder<unknown>,
): Read<Application | undefined> => ({
  sql: sql`(select to_json(found) from (${selectApplications(tenantId, sql`and a.app_id = ${appId}`)}) as found)`,
  read: json => (json === null ? undefined : readApplication(tenantId, json as StoredApplication)),
})

/** The tenant's application of this id, in one statement of its own; undefined where there is none, or the text is no id. */
export async function findApplication(db: Db, tenantId: string, appId: string): Promise<Application | undefined> {
  if (!isUuid(appId)) return undefined
  const [found] = await askTenant(db, tenantId, selectApplications(tenantId, sql`and a.app_id = ${appId}`))
  return found && readApplication(tenantId, found)
}

/** The application, the row locked until the transaction ends, so that of two changes one comes first. Throws `application_not_found`. */
export async function lockApplication(trx: Trx, tenantId: string, appId: string): Promise<Application> {
  // A statement of its own: the next one then sees what the former holder of the lock has changed.
  const locked = sql`select from applications where tenant_id = ${tenantId} and app_id = ${appId} for no key update`
  const [, { rows }] = await Promise.all([
    locked.execute(trx),
    selectApplications(tenantId, sql`and a.app_id = ${appId}`).execute(trx),
  ])
  if (!rows[0]) throw notFound(appId)
  return readApplication(tenantId, rows[0])
}

/** Every application of the tenant, by name. */
export async function listApplications(trx: Trx, tenantId: string): Promise<Application[]> {
  const { rows } = await selectApplications(tenantId, sql`order by display_name, app_id`).execute(trx)
  return rows.map(row => readApplication(tenantId, row))
}

/** `appId`: where it is fixed, as the demonstration's are. */
export interface NewApplication extends Omit<ApplicationChanges, 'platform' | 'redirectUris'> {
  displayName: string
  addresses: PlatformAddresses
  appId?: string
}

/** Registers an application. Throws `policy_invalid` for a setting out of range, `one_platform`, and what its parts refuse. */
export async function createApplication(
  trx: Trx,
  act: RecordedAct,
  tenantId: string,
  {
    displayName,
    description = null,
    notes = null,
    addresses,
    appId = act.random.uuid(act.now),
    ...rest
  }: NewApplication,
): Promise<Application> {
  checkLabel(displayName)
  for (const one of [description, notes]) if (one !== null) checkText(one)
  const checked = checkApplication(
    act,
    { ...settings.defaults, ...rest, ...readPlatform(addresses) },
    { ...applicationDefaults, appId },
  )
  const id = act.random.uuid(act.now)
  const added = await trx
    .insertInto('applications')
    .values({
      tenant_id: tenantId,
      app_id: appId,
      id,
      principal_id: act.random.uuid(act.now),
      display_name: displayName,
      display_name_folded: foldText(displayName),
      description,
      notes,
      settings: JSON.stringify(checked),
      created_at: act.now,
    })
    .onConflict(conflict => conflict.doNothing())
    .returning('app_id')
    .executeTakeFirst()
  if (!added) throw applicationError('application_exists', `The id ${appId} belongs to an application already.`)
  const details = changesOf(applicationDefaults, checked, { displayName: [undefined, displayName] })
  await recordOf(trx, act, { id, displayName }, { activity: 'application.created', details })
  return lockApplication(trx, tenantId, appId)
}

/**
 * Changes some settings of an application. Assignments to a role that is gone end with it. Returns what holds now.
 * Throws as `createApplication` does, changing nothing; `one_platform` also for another platform than it has.
 */
export async function changeApplication(
  trx: Trx,
  act: RecordedAct,
  appId: string,
  { displayName, description, notes, addresses, ...changes }: Partial<Omit<NewApplication, 'appId'>>,
): Promise<Application> {
  const { tenantId } = trx
  const current = await lockApplication(trx, tenantId, appId)
  const moved = addresses && readPlatform(addresses)
  const { platform } = moved && moved.redirectUris.length > 0 ? moved : current
  if (isBegun(current)) checkSamePlatform(current.platform, platform)
  const redirectUris = moved?.redirectUris ?? current.redirectUris
  const checked = checkApplication(act, { ...settingsOf(current), ...changes, platform, redirectUris }, current)
  await endRoles(trx, current, checked.appRoles)
  const next = {
    displayName: displayName ?? current.displayName,
    description: description === undefined ? current.description : description,
    notes: notes === undefined ? current.notes : notes,
  }
  checkLabel(next.displayName)
  for (const one of [next.description, next.notes]) if (one !== null) checkText(one)
  await trx
    .updateTable('applications')
    .set(row => ({
      display_name: next.displayName,
      display_name_folded: foldText(next.displayName),
      description: next.description,
      notes: next.notes,
      settings: JSON.stringify(checked),
      version: row('version', '+', 1),
    }))
    .where('tenant_id', '=', tenantId)
    .where('app_id', '=', appId)
    .execute()
  const names = ['displayName', 'description', 'notes'] as const
  const named = Object.fromEntries(names.map(name => [name, [current[name], next[name]] as const]))
  const details = changesOf(settingsOf(current), checked, named)
  await recordOf(trx, act, { ...current, ...next }, { activity: 'application.changed', details })
  return { ...current, ...checked, ...next, version: current.version + 1 }
}

/** Ends the assignments to roles that an application has no more. */
async function endRoles(trx: Trx, { tenantId, appId, appRoles }: Application, kept: readonly AppRole[]): Promise<void> {
  const gone = appRoles.filter(({ id }) => !kept.some(one => one.id === id)).map(({ id }) => id)
  for (const table of gone.length > 0 ? (['application_users', 'application_groups'] as const) : [])
    await trx
      .deleteFrom(table)
      .where('tenant_id', '=', tenantId)
      .where('app_id', '=', appId)
      .where('role_id', 'in', gone)
      .execute()
}

/** What an event tells of the settings that differ: the old and the new value of each, as JSON. A key is public. */
function changesOf(
  before: object,
  after: object,
  named: Record<string, readonly [before: unknown, after: unknown]>,
): { changes: string } {
  const both = Object.entries(after).map(
    ([name, value]) => [name, [before[name as keyof object], value as unknown]] as const,
  )
  const differing = [...Object.entries(named), ...both].filter(([, [one, other]]) => !isDeepStrictEqual(one, other))
  return {
    changes: JSON.stringify(Object.fromEntries(differing.map(([name, [one, other]]) => [name, [one ?? null, other]]))),
  }
}

/** Tells readers of an ETag that an application has changed. */
export const touchApplication = (trx: Trx, appId: string) =>
  trx
    .updateTable('applications')
    .set(row => ({ version: row('version', '+', 1) }))
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .execute()

/** Records an event of an application, in the transaction of its act. */
export const recordOf = (
  trx: Trx,
  act: RecordedAct,
  { id, displayName }: Pick<Application, 'id' | 'displayName'>,
  event: Pick<AuditEvent, 'activity' | 'details'>,
) => record(trx, act, { ...event, result: 'success', target: { id, name: displayName } })

export const notFound = (appId: string) =>
  applicationError('application_not_found', `There is no application ${appId}.`)

function settingsOf(application: Application): Static<typeof Schema> {
  const entries = Object.keys(settings.defaults).map(name => [name, application[name as keyof ApplicationSettings]])
  return Object.fromEntries(entries)
}

/** Programs register an application first, and say then where it runs. */
const isBegun = ({ redirectUris, secrets, publicKeys }: Application) =>
  redirectUris.length > 0 || secrets.length > 0 || publicKeys.length > 0

function checkSamePlatform(now: Platform, asked: Platform) {
  // Its secrets would otherwise be those of a client that can keep none, or the other way round.
  if (now !== asked)
    throw applicationError('one_platform', `An application keeps its platform, here ${now}. Make another for ${asked}.`)
}

/** The settings, judged, each role and scope with its id: the former one of the same value, or a new one. */
function checkApplication(
  { random, now }: RecordedAct,
  given: Record<string, unknown>,
  former: Pick<Application, 'appId' | 'appRoles' | 'exposedScopes'>,
): ApplicationSettings {
  const checked = checkSettings(settings, given)
  for (const one of checked.redirectUris) checkRedirectAddress(checked.platform, one)
  for (const one of checked.postLogoutRedirectUris) checkRedirectAddress(checked.platform, one)
  for (const one of [checked.backChannelLogoutUri, checked.homePageUrl]) if (one !== null) checkWebAddress(one)
  for (const one of checked.identifierUris)
    if (one !== `api://${former.appId}`)
      throw applicationError('address_invalid', `The application can be named api://${former.appId} alone.`)
  const newId = () => random.uuid(now)
  const appRoles = keepIds(former.appRoles, checked.appRoles, newId)
  const exposedScopes = keepIds(former.exposedScopes, checked.exposedScopes, newId)
  checkRoles(appRoles)
  checkExposedScopes(exposedScopes)
  checkRequests(checked)
  if (checked.publicKeys.length > 0) checkConfidential(checked.platform)
  for (const key of checked.publicKeys) checkPublicKey(key)
  return { ...checked, appRoles, exposedScopes }
}

/** Refuses secrets and keys of an application that runs in everybody's hands. Throws `public_client`. */
export function checkConfidential(platform: Platform): void {
  if (platform !== 'web')
    throw applicationError('public_client', `An application of the platform ${platform} can keep no secret and no key.`)
}
