import { isUuid } from '../crypto/index.ts'
import type { Application } from './applications.ts'
import { applicationError } from './errors.ts'
import { checkLabel, isTokenValue, repeated } from './roles.ts'

/** OpenID Connect's own. `offline_access` needs no consent: it shows nothing that the others do not. */
const openIdScopes = ['openid', 'profile', 'email', 'offline_access'] as const

/** The scopes of `/v1.0` that a person can agree to (administration on the wire, §3.1). */
const peoples = ['User.Read', 'User.ReadWrite', 'User.ReadBasic.All'] as const

/** Those that an administrator alone can. `*`: as an application's own permission too. */
const administrators = [
  'User.Read.All*',
  'User.ReadWrite.All*',
  'User.EnableDisableAccount.All*',
  'User.DeleteRestore.All*',
  'User.RevokeSessions.All*',
  'User.Export.All',
  'User-PasswordProfile.ReadWrite.All*',
  'UserAuthenticationMethod.Read',
  'UserAuthenticationMethod.Read.All*',
  'UserAuthenticationMethod.ReadWrite.All*',
  'Group.Read.All*',
  'Group.ReadWrite.All*',
  'GroupMember.Read.All*',
  'GroupMember.ReadWrite.All*',
  'Directory.Read.All*',
  'Directory.ReadWrite.All*',
  'Directory.AccessAsUser.All',
  'RoleManagement.Read.Directory*',
  'RoleManagement.ReadWrite.Directory*',
  'Domain.Read.All*',
  'Domain.ReadWrite.All*',
  'Organization.Read.All*',
  'Organization.ReadWrite.All*',
  'OrganizationalBranding.ReadWrite.All*',
  'Policy.Read.All*',
  'Policy.ReadWrite.PasswordReset*',
  'Policy.ReadWrite.AuthenticationMethod*',
  'Policy.ReadWrite.PasswordProtection*',
  'Policy.ReadWrite.Authorization*',
  'AuditLog.Read.All*',
  'Application.Read.All*',
  'Application.ReadWrite.All*',
  'Application.ReadWrite.OwnedBy*',
  'AppRoleAssignment.ReadWrite.All*',
  'DelegatedPermissionGrant.ReadWrite.All*',
  'Synchronization.ReadWrite.All',
  'Scim.ReadWrite.All*',
  'RecoveryCase.Read.All',
  'RecoveryCase.ReadWrite.All',
  'OnPremises.Read.All',
  'OnPremises.ReadWrite.All',
  'DelegatedAdminRelationship.Read.All',
  'DelegatedAdminRelationship.ReadWrite.All',
  'PartnerAccount.Read.All',
  'PartnerAccount.ReadWrite.All',
  'PartnerCustomer.Read.All',
  'PartnerCustomer.ReadWrite.All',
  'Partners.Read.All',
  'Partners.ReadWrite.All',
] as const

/** Who has one of these can give themselves others (administration on the wire, §3.1). */
const escalating =
  /^((Application|AppRoleAssignment|DelegatedPermissionGrant|Directory|Domain|Policy|RoleManagement)\.ReadWrite\b.*|(UserAuthenticationMethod|User-PasswordProfile|Scim)\.ReadWrite\.All|Directory\.AccessAsUser\.All)$/

/** Whether who has the permission of this name can give themselves others. */
export const isEscalating = (name: string) => escalating.test(name)

/** A scope of an application's own interface. */
export interface ExposedScope {
  id: string
  value: string
  title: string
  detail: string
  needsAdministrator: boolean
}

/** What an application can ask for, by its name in the normal form: NAME of `/v1.0`, `api://{appId}/NAME` of an application. */
export interface Scope {
  name: string
  needsAdministrator: boolean
  escalates: boolean
  /** Of an application, in its owner's words. Ours are in locales/. */
  words: { title: string; detail: string } | null
}

const plainScope = (name: string): Scope => ({ name, needsAdministrator: false, escalates: false, words: null })

const ownScopes = new Map<string, Scope>([
  ...peoples.map(name => [name.toLowerCase(), plainScope(name)] as const),
  ...administrators
    .map(marked => marked.replace('*', ''))
    .map(
      name =>
        [name.toLowerCase(), { name, needsAdministrator: true, escalates: isEscalating(name), words: null }] as const,
    ),
])

/** The names of the scopes that Latchkey knows itself. */
export const ownScopeNames = [...openIdScopes, ...[...ownScopes.values()].map(({ name }) => name)]

/** The permissions of `/v1.0` that an application can have to act without a person. */
export const ownPermissions = administrators
  .filter(marked => marked.endsWith('*'))
  .map(marked => marked.slice(0, -1)) as readonly string[]

/** The resource of an access token: Latchkey's `/v1.0`, or the application of this id. */
export type Resource = 'latchkey' | { appId: string }

/** One scope as a request writes it. `prefix`: what stands before the name. */
interface Written {
  text: string
  prefix: string
  name: string
}

/** What a request asks for. `resource`: undefined where it asks for OpenID's scopes alone. */
export interface AskedScopes {
  openId: string[]
  resource: Resource | undefined
  written: Written[]
}

/** The application whose resource is asked for; undefined for `/v1.0`, and where there is none. */
export const ownerOf = ({ resource }: Pick<AskedScopes, 'resource'>): string | undefined =>
  typeof resource === 'object' ? resource.appId : undefined

/** The AADSTS code of what is wrong: scope, two resources, resource (single sign-on, §5). */
export interface RefusedScopes {
  refused: 70011 | 700022 | 500011
}

/**
 * Reads the `scope` and `resource` of a request. `origin`: Latchkey's, whose `/v1.0` a bare name is of.
 * Whether the names exist is for `resolveScopes` to say.
 */
export function readScopes(origin: string, scope: string, resource?: string): AskedScopes | RefusedScopes {
  const all = [...new Set(scope.split(' ').filter(text => text !== ''))]
  const openId = all.filter(text => openIdScopes.some(one => one === text))
  const read = all.filter(text => !openId.includes(text)).map(text => readOne(origin, text))
  const named = resource === undefined ? [] : [readOne(origin, `${resource}/.default`)]
  const every = [...named, ...read]
  const wrong = every.find(one => 'refused' in one)
  if (wrong) return wrong
  const found = every as (Written & { of: string })[]
  const [first] = found
  if (found.some(({ of }) => of !== first?.of)) return { refused: 700022 }
  const written = found.slice(named.length)
  // `.default` stands for all that was agreed to: beside it a name would say nothing, or more.
  if (written.length > 1 && written.some(({ name }) => name === DEFAULT)) return { refused: 70011 }
  return { openId, resource: first && (first.of === 'latchkey' ? 'latchkey' : { appId: first.of }), written }
}

const DEFAULT = '.default'

function readOne(origin: string, text: string): (Written & { of: string }) | RefusedScopes {
  const at = text.lastIndexOf('/') + 1
  const [prefix, name] = [text.slice(0, at), text.slice(at)]
  if (name !== DEFAULT && !isTokenValue(name)) return { refused: 70011 }
  if (prefix === '' || prefix === `${origin}/v1.0/`) return { text, prefix, name, of: 'latchkey' }
  const appId = /^api:\/\/([^/]+)\/$/.exec(prefix)?.[1] ?? ''
  return isUuid(appId) ? { text, prefix, name, of: appId } : { refused: 500011 }
}

/**
 * The scopes that a request comes to, OpenID's among them; `.default` is what the client's registration asks for.
 * `resource`: the application that the request names; undefined where it names `/v1.0`, or none.
 */
export function resolveScopes(
  asked: AskedScopes,
  client: Pick<Application, 'requestedScopes'>,
  resource: Pick<Application, 'appId' | 'exposedScopes'> | undefined,
): Scope[] | RefusedScopes {
  const wanted = asked.written.flatMap(({ name }) =>
    name === DEFAULT
      ? client.requestedScopes.filter(one => resourceOf(one) === resource?.appId).map(one => shortName(one))
      : [name],
  )
  const found = wanted.map(name => (resource ? findExposed(resource, name) : findOwn(name)))
  const all = [...asked.openId.map(plainScope), ...found]
  if (all.some(scope => scope === undefined)) return { refused: 70011 }
  return [...new Map((all as Scope[]).map(scope => [scope.name, scope])).values()]
}

// Microsoft's samples write `user.read`.
const findOwn = (name: string) => ownScopes.get(name.toLowerCase())

function findExposed({ appId, exposedScopes }: Pick<Application, 'appId' | 'exposedScopes'>, name: string) {
  const found = exposedScopes.find(({ value }) => value === name)
  if (!found) return undefined
  const { title, detail, needsAdministrator } = found
  return { name: `api://${appId}/${name}`, needsAdministrator, escalates: false, words: { title, detail } }
}

/** The scope of a name in the normal form. `owner`: the application whose it is; undefined for ours. */
export function findScope(
  name: string,
  owner: Pick<Application, 'appId' | 'exposedScopes'> | undefined,
): Scope | undefined {
  if (resourceOf(name) !== undefined) return owner && findExposed(owner, shortName(name))
  return openIdScopes.some(one => one === name) ? plainScope(name) : findOwn(name)
}

/** The application of a name in the normal form; undefined for a name of `/v1.0`. */
export const resourceOf = (name: string): string | undefined => /^api:\/\/([^/]+)\//.exec(name)?.[1]

/** A name as it stands in a token (`scp`, `roles`), whose audience says of what. */
export const shortName = (name: string) => name.slice(name.lastIndexOf('/') + 1)

/** The `scope` of an answer: what was granted, each in the form that it was asked in, and what `.default` came to. */
export function writeScopes({ openId, written }: AskedScopes, granted: readonly Scope[]): string {
  const short = granted.filter(({ name }) => !openIdScopes.some(one => one === name)).map(({ name }) => shortName(name))
  const rest = written.flatMap(({ text, prefix, name }) => {
    if (name === DEFAULT) return [text, ...short.map(one => `${prefix}${one}`)]
    return short.some(one => one.toLowerCase() === name.toLowerCase()) ? [text] : []
  })
  return [...openId, ...rest].join(' ')
}

/** Refuses scopes that an application cannot expose. Throws `scope_invalid`, `scope_duplicate`, `text_invalid`. */
export function checkExposedScopes(scopes: Application['exposedScopes']): void {
  for (const { id, value, title } of scopes) {
    checkLabel(title)
    if (!isUuid(id)) throw applicationError('scope_invalid', `The id of the scope "${value}" is no UUID in lower case.`)
    if (!isTokenValue(value))
      throw applicationError('scope_invalid', `"${value}" is no scope: it takes up to 120 letters, digits and signs.`)
  }
  const twice = repeated(scopes.map(({ value }) => value)) ?? repeated(scopes.map(({ id }) => id))
  if (twice !== undefined) throw applicationError('scope_duplicate', `The scope "${twice}" is there twice.`)
}

/** Refuses scopes and permissions, in the normal form, that nobody could agree to. Throws `scope_unknown`. */
export function checkRequests(asked: Pick<Application, 'requestedScopes' | 'requestedPermissions'>): void {
  const unknown =
    asked.requestedScopes.find(name => !isForeign(name) && findOwn(name)?.name !== name) ??
    asked.requestedPermissions.find(name => !isForeign(name) && !ownPermissions.includes(name))
  if (unknown !== undefined)
    throw applicationError(
      'scope_unknown',
      `Nobody can agree to "${unknown}": it takes a name of /v1.0 or api://ID/NAME.`,
    )
}

function isForeign(name: string): boolean {
  return isUuid(resourceOf(name) ?? '') && isTokenValue(shortName(name)) && name.split('/').length === 4
}
