import { type Static, Type } from 'typebox'
import {
  API,
  type Application,
  type ApplicationSettings,
  keyIdOf,
  keyOfCertificate,
  type PlatformAddresses,
  permissionIds,
  scopeIds,
} from '../applications/index.ts'
import type { Trx } from '../store/index.ts'
import type { ApplicationChanges } from './applications.ts'
import { refuse } from './errors.ts'

// What programs send of an application, in the shapes of Microsoft Graph, and what it means.

const closed = { additionalProperties: false } as const
const Uuid = Type.String({ format: 'uuid' })
const Text = (longest: number) => Type.String({ minLength: 1, maxLength: longest })
const OrNull = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))
const Addresses = Type.Optional(Type.Array(Type.String({ maxLength: 2_048 }), { maxItems: 256, uniqueItems: true }))
/** What Latchkey has of one kind alone. */
const Only = <T extends string | number | boolean>(value: T) => Type.Optional(Type.Literal(value))
const Nothing = Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 }))

const Web = Type.Object(
  {
    redirectUris: Addresses,
    homePageUrl: OrNull(Type.String({ maxLength: 2_048 })),
    logoutUrl: OrNull(Type.String({ maxLength: 2_048 })),
    postLogoutRedirectUris: Addresses,
    implicitGrantSettings: Type.Optional(
      Type.Object({ enableAccessTokenIssuance: Only(false), enableIdTokenIssuance: Only(false) }, closed),
    ),
  },
  closed,
)

const Scope = Type.Object(
  {
    id: Type.Optional(Uuid),
    value: Text(120),
    type: Type.Optional(Type.Enum(['User', 'Admin'])),
    isEnabled: Only(true),
    adminConsentDisplayName: OrNull(Text(1_024)),
    adminConsentDescription: OrNull(Text(1_024)),
    userConsentDisplayName: OrNull(Text(1_024)),
    userConsentDescription: OrNull(Text(1_024)),
  },
  closed,
)

const Api = Type.Object(
  {
    oauth2PermissionScopes: Type.Optional(Type.Array(Scope, { maxItems: 100 })),
    requestedAccessTokenVersion: OrNull(Type.Literal(2)),
    acceptMappedClaims: OrNull(Type.Literal(false)),
    knownClientApplications: Nothing,
    preAuthorizedApplications: Nothing,
  },
  closed,
)

const Role = Type.Object(
  {
    id: Type.Optional(Uuid),
    value: Text(120),
    displayName: Text(256),
    description: OrNull(Text(1_024)),
    allowedMemberTypes: Type.Array(Type.Enum(['User', 'Application']), { minItems: 1, maxItems: 2 }),
    isEnabled: Only(true),
    origin: Type.Optional(Type.Literal('Application')),
  },
  closed,
)

const Access = Type.Object(
  {
    resourceAppId: Uuid,
    resourceAccess: Type.Array(Type.Object({ id: Uuid, type: Type.Enum(['Scope', 'Role']) }, closed), {
      maxItems: 100,
    }),
  },
  closed,
)

const Claim = Type.Object(
  {
    name: Type.Enum(['given_name', 'family_name', 'email']),
    source: OrNull(Type.String({ maxLength: 0 })),
    essential: Type.Optional(Type.Boolean()),
    additionalProperties: Nothing,
  },
  closed,
)

const Key = Type.Object(
  {
    keyId: OrNull(Uuid),
    type: Type.Optional(Type.Enum(['AsymmetricX509Cert', 'JsonWebKey'])),
    usage: Type.Optional(Type.Enum(['Verify'])),
    key: OrNull(Type.String({ maxLength: 16_384 })),
    displayName: OrNull(Text(256)),
    customKeyIdentifier: OrNull(Type.String({ maxLength: 128 })),
    startDateTime: OrNull(Type.String({ format: 'date-time' })),
    endDateTime: OrNull(Type.String({ format: 'date-time' })),
  },
  closed,
)

const changeable = {
  description: OrNull(Text(1_024)),
  notes: OrNull(Text(1_024)),
  identifierUris: Addresses,
  signInAudience: Type.Optional(Type.Enum(['AzureADMyOrg'])),
  web: Type.Optional(Web),
  spa: Type.Optional(Type.Object({ redirectUris: Addresses }, closed)),
  publicClient: Type.Optional(Type.Object({ redirectUris: Addresses }, closed)),
  api: Type.Optional(Api),
  appRoles: Type.Optional(Type.Array(Role, { maxItems: 100 })),
  requiredResourceAccess: Type.Optional(Type.Array(Access, { maxItems: 50 })),
  optionalClaims: OrNull(
    Type.Object(
      { idToken: Type.Optional(Type.Array(Claim, { maxItems: 3 })), accessToken: Nothing, saml2Token: Nothing },
      closed,
    ),
  ),
  groupMembershipClaims: OrNull(Type.Enum(['None', 'SecurityGroup', 'All'])),
  keyCredentials: Type.Optional(Type.Array(Key, { maxItems: 10 })),
}

export const ApplicationBody = Type.Object({ displayName: Type.Optional(Text(256)), ...changeable }, closed)
export const NewApplicationBody = Type.Object({ displayName: Text(256), ...changeable }, closed)

/** What a body changes. `current`: the application that it changes; undefined for a new one. */
export async function readApplicationBody(
  trx: Trx,
  body: Static<typeof ApplicationBody>,
  current?: Application,
): Promise<ApplicationChanges> {
  const { displayName, description, notes, identifierUris, web, api, appRoles, groupMembershipClaims } = body
  const addresses = readAddresses(body, current)
  const changes: ApplicationChanges = {
    displayName,
    description,
    notes,
    identifierUris,
    addresses,
    homePageUrl: web?.homePageUrl,
    backChannelLogoutUri: web?.logoutUrl,
    postLogoutRedirectUris: web?.postLogoutRedirectUris,
    appRoles: appRoles?.map(({ id, value, displayName, description, allowedMemberTypes }) => ({
      ...(id !== undefined && { id: id.toLowerCase() }),
      value,
      displayName,
      ...(description && { description }),
      allowedMemberTypes,
    })),
    exposedScopes: api?.oauth2PermissionScopes?.map(readScope),
    ...(groupMembershipClaims !== undefined && { groupMembershipClaims: groupMembershipClaims ?? 'None' }),
    ...(body.optionalClaims !== undefined && {
      optionalClaims: (body.optionalClaims?.idToken ?? []).map(({ name }) => name),
    }),
    ...(body.keyCredentials && { publicKeys: readKeys(body.keyCredentials, current) }),
    ...(body.requiredResourceAccess && (await readRequests(trx, body.requiredResourceAccess))),
  } as ApplicationChanges
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

/** The addresses of each platform, beside which the others stay. */
function readAddresses(
  { web, spa, publicClient }: Static<typeof ApplicationBody>,
  current: Application | undefined,
): PlatformAddresses | undefined {
  const given = Object.entries({ web, spa, publicClient }).filter(([, one]) => one?.redirectUris !== undefined)
  if (given.length === 0) return undefined
  return {
    ...(current && { [current.platform]: current.redirectUris }),
    ...Object.fromEntries(given.map(([name, one]) => [name, one!.redirectUris])),
  }
}

/** One text each for people and administrators is kept: theirs who can agree. */
function readScope({
  id,
  value,
  type = 'User',
  adminConsentDisplayName: title,
  adminConsentDescription: detail,
  userConsentDisplayName,
  userConsentDescription,
}: Static<typeof Scope>) {
  const own = type === 'User' ? { title: userConsentDisplayName, detail: userConsentDescription } : {}
  return {
    ...(id !== undefined && { id: id.toLowerCase() }),
    value,
    title: own.title ?? title ?? value,
    detail: own.detail ?? detail ?? value,
    needsAdministrator: type === 'Admin',
  }
}

/** All keys that the application then has. One that is named without itself is the one that it has already. */
function readKeys(keys: readonly Static<typeof Key>[], current: Application | undefined) {
  return keys.map(({ keyId, key, displayName }) => {
    const former = current?.publicKeys.find(one => keyIdOf(one) === keyId?.toLowerCase())
    if (key === undefined || key === null) {
      if (!former) throw refuse('property_required', { field: 'keyCredentials/key' })
      return former
    }
    return keyOfCertificate(key, displayName)
  })
}

/** OpenID's own scopes need no registration. */
const OPENID = ['openid', 'profile', 'email', 'offline_access']

/** The names of what the application asks for. Throws `property_invalid` for an id that stands for nothing. */
async function readRequests(trx: Trx, asked: readonly Static<typeof Access>[]) {
  const names = { Scope: [] as string[], Role: [] as string[] }
  for (const { resourceAppId, resourceAccess } of asked) {
    const known = await findPermissions(trx, resourceAppId.toLowerCase())
    for (const { id, type } of resourceAccess) {
      const name = known?.[type].get(id.toLowerCase())
      if (name === undefined) throw refuse('property_invalid', { field: 'requiredResourceAccess' })
      if (!OPENID.includes(name)) names[type].push(name)
    }
  }
  return { requestedScopes: [...new Set(names.Scope)], requestedPermissions: [...new Set(names.Role)] }
}

/** Names in the normal form, by their ids. */
type Permissions = Record<'Scope' | 'Role', Map<string, string>>

const own: Permissions = {
  Scope: new Map(Object.entries(scopeIds).map(([name, id]) => [id, name])),
  Role: new Map(Object.entries(permissionIds).map(([name, id]) => [id, name])),
}

/** What a resource has to give, by ids; undefined for one that does not exist. */
export async function findPermissions(trx: Trx, appId: string): Promise<Permissions | undefined> {
  if (appId === API) return own
  const found = await trx
    .selectFrom('applications')
    .select('settings')
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .executeTakeFirst()
  if (!found) return undefined
  const { exposedScopes = [], appRoles = [] } = found.settings as Partial<ApplicationSettings>
  const programs = appRoles.filter(({ allowedMemberTypes }) => allowedMemberTypes.includes('Application'))
  const named = (all: readonly { id: string; value: string }[]) =>
    new Map(all.map(({ id, value }) => [id, `api://${appId}/${value}`]))
  return { Scope: named(exposedScopes), Role: named(programs) }
}
