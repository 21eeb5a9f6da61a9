import type { Platform } from './addresses.ts'
import { type ApplicationSettings, applicationDefaults } from './applications.ts'
import { certificateOf, keyIdOf } from './certificates.ts'
import { API, permissionIds, scopeIds } from './graphIds.ts'
import type { PublicKey } from './publicKeys.ts'
import type { AppRole } from './roles.ts'
import { type ExposedScope, findScope, ownPermissions, ownScopeNames, resourceOf, shortName } from './scopes.ts'

// What is registered of an application, in the shapes of Microsoft Graph.

/** The settings of a row, completed by the defaults. */
export const settingsFrom = (stored: unknown): ApplicationSettings => ({
  ...applicationDefaults,
  ...(stored as Partial<ApplicationSettings>),
})

const addressesOf = ({ platform, redirectUris }: ApplicationSettings, of: Platform) =>
  platform === of ? redirectUris : []

/** Addresses after a sign-in, and for every platform the others. */
export const webShape = (settings: ApplicationSettings) => ({
  redirectUris: addressesOf(settings, 'web'),
  homePageUrl: settings.homePageUrl,
  logoutUrl: settings.backChannelLogoutUri,
  postLogoutRedirectUris: settings.postLogoutRedirectUris,
  implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
})

export const spaShape = (settings: ApplicationSettings) => ({ redirectUris: addressesOf(settings, 'spa') })

export const publicClientShape = (settings: ApplicationSettings) => ({
  redirectUris: addressesOf(settings, 'publicClient'),
})

export const scopeShape = ({ id, value, title, detail, needsAdministrator }: ExposedScope) => ({
  id,
  value,
  type: needsAdministrator ? 'Admin' : 'User',
  isEnabled: true,
  adminConsentDisplayName: title,
  adminConsentDescription: detail,
  userConsentDisplayName: title,
  userConsentDescription: detail,
})

export const apiShape = ({ exposedScopes }: ApplicationSettings) => ({
  requestedAccessTokenVersion: 2,
  acceptMappedClaims: null,
  knownClientApplications: [],
  preAuthorizedApplications: [],
  oauth2PermissionScopes: exposedScopes.map(scopeShape),
})

export const roleShape = ({ id, value, displayName, description = displayName, allowedMemberTypes }: AppRole) => ({
  id,
  value,
  displayName,
  description,
  allowedMemberTypes,
  isEnabled: true,
  origin: 'Application',
})

export const optionalClaimsShape = ({ optionalClaims }: ApplicationSettings) => ({
  idToken: optionalClaims.map(name => ({ name, source: null, essential: false, additionalProperties: [] })),
  accessToken: [],
  saml2Token: [],
})

/** A public key, without itself: its certificate says whose it is and until when. */
export function keyShape(key: PublicKey) {
  const certificate = certificateOf(key)
  return {
    keyId: keyIdOf(key),
    type: certificate ? 'AsymmetricX509Cert' : 'JsonWebKey',
    usage: 'Verify',
    displayName: typeof key.displayName === 'string' ? key.displayName : (certificate?.subject ?? null),
    customKeyIdentifier: certificate?.fingerprint.replaceAll(':', '') ?? null,
    startDateTime: certificate?.validFromDate.toISOString() ?? null,
    endDateTime: certificate?.validToDate.toISOString() ?? null,
    key: null,
  }
}

/** A secret as the database tells of it: all but itself. */
interface SecretRow {
  id: string
  hint: string
  displayName: string
  startsAt: string
  expiresAt: string
  lastUsedAt: string | null
}

const timeOf = (text: string) => new Date(text).toISOString()

export const secretShape = ({ id, hint, displayName, startsAt, expiresAt, lastUsedAt }: SecretRow) => ({
  keyId: id,
  displayName,
  hint,
  secretText: null,
  customKeyIdentifier: null,
  startDateTime: timeOf(startsAt),
  endDateTime: timeOf(expiresAt),
  lastUsedDateTime: lastUsedAt && timeOf(lastUsedAt),
})

/** Scopes and permissions by names, and of other applications what they have, by their appIds. */
interface Requests {
  scopes: string[]
  permissions: string[]
  others: Record<string, Pick<ApplicationSettings, 'exposedScopes' | 'appRoles'>> | null
}

/** What an application asks for, by ids. Names that stand for nothing any more are left out. */
export function requestsShape({ scopes, permissions, others }: Requests) {
  const found = new Map<string, { id: string; type: 'Scope' | 'Role' }[]>()
  const add = (name: string, type: 'Scope' | 'Role') => {
    const of = resourceOf(name)
    const other = of === undefined ? undefined : others?.[of]
    const short = shortName(name)
    const exposed = type === 'Scope' ? (other?.exposedScopes ?? []) : (other?.appRoles ?? [])
    const own = type === 'Scope' ? scopeIds[name] : permissionIds[name]
    const id = of === undefined ? own : exposed.find(({ value }) => value === short)?.id
    if (id !== undefined) found.set(of ?? API, [...(found.get(of ?? API) ?? []), { id, type }])
  }
  for (const name of scopes) add(name, 'Scope')
  for (const name of permissions) add(name, 'Role')
  return [...found].map(([resourceAppId, resourceAccess]) => ({ resourceAppId, resourceAccess }))
}

/** The scopes of `/v1.0`, as its own principal tells them. */
export const apiScopes = ownScopeNames.map(name => {
  const { needsAdministrator } = findScope(name, undefined)!
  return scopeShape({ id: scopeIds[name]!, value: name, title: name, detail: name, needsAdministrator })
})

/** The permissions of `/v1.0` that programs can have. */
export const apiRoles = ownPermissions.map(name =>
  roleShape({ id: permissionIds[name]!, value: name, displayName: name, allowedMemberTypes: ['Application'] }),
)
