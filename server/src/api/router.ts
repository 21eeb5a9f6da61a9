import { refuse } from './errors.ts'
import type { Method, Resource } from './resource.ts'

/** A path that some resources share, by its pattern. */
interface Route {
  pattern: RegExp
  names: string[]
  methods: Map<Method, Resource>
}

/** Which resource a request is for. */
export interface Router {
  add(resource: Resource): void
  /** Throws `path_unknown`, `not_implemented`, `method_unknown` with the methods that the path takes. */
  find(method: string, path: string): { resource: Resource; params: Record<string, string> }
}

/** What Microsoft Graph has and Latchkey does not (administration on the wire, §4), by the beginning or end of the path. */
const LEFT_OUT = [
  /^\/\$metadata$/i,
  /^\/(invitations|devices|deviceManagement|identityGovernance|subscribedSkus|contacts|sites|drives|teams|communications|groupSettings|groupSettingTemplates|administrativeUnits|directorySettingTemplates|schemaExtensions|policies\/(authenticationStrengthPolicies|conditionalAccessPolicies)|identity\/conditionalAccess)(\/|$)/i,
  /^\/directory\/administrativeUnits(\/|$)/i,
  /^\/(me|users\/[^/]+)\/(manager|directReports|licenseDetails|assignLicense|photos?|messages|mailFolders|events|calendar|calendars|drive|onenote|registeredDevices|ownedDevices|settings|sendMail|contacts)(\/|$)/i,
  /^\/(me|users\/[^/]+)\/authentication\/(microsoftAuthenticatorMethods|windowsHelloForBusinessMethods|platformCredentialMethods|externalAuthenticationMethods)(\/|$)/i,
  /^\/domains\/[^/]+\/federationConfiguration(\/|$)/i,
  /^\/organization\/[^/]+\/branding(\/localizations\/[^/]+)?\/customCSS$/i,
  /^\/(applications|servicePrincipals)\/[^/]+\/(federatedIdentityCredentials|addKey|removeKey|synchronization)(\/|$)/i,
]

/** Makes a router. A path's own words are matched in any case; a key in parentheses is one after a slash (OData, URL conventions). */
export function createRouter(): Router {
  /** By the first word and the length of their paths: each request would else ask the pattern of every resource. */
  const routes = new Map<string, Route[]>()
  const byPath = new Map<string, Route>()
  return {
    add(resource) {
      const name = resource.path.replace(/\{\w+\}/g, '{}').toLowerCase()
      const known = byPath.get(name) ?? routeOf(resource.path)
      if (known.methods.has(resource.method)) throw new Error(`${resource.method} ${resource.path} is declared twice`)
      known.methods.set(resource.method, resource)
      if (byPath.has(name)) return
      byPath.set(name, known)
      const place = placeOf(resource.path)
      const beside = [...(routes.get(place) ?? []), known]
      // Words before parameters: `/users/delta` is no user's name.
      beside.sort((one, other) => one.names.length - other.names.length)
      routes.set(place, beside)
    },
    find(method, asked) {
      const path = plainPath(asked)
      const fitting = (routes.get(placeOf(path)) ?? []).filter(({ pattern }) => pattern.test(path))
      const route = fitting.find(({ methods }) => methods.has(method as Method)) ?? fitting[0]
      if (!route) throw refuse(LEFT_OUT.some(pattern => pattern.test(path)) ? 'not_implemented' : 'path_unknown')
      const resource = route.methods.get(method as Method)
      if (!resource) throw refuse('method_unknown', { more: { allow: [...route.methods.keys()].join(', ') } })
      const [, ...values] = route.pattern.exec(path)!
      return {
        resource,
        params: Object.fromEntries(route.names.map((name, n) => [name, decoded(values[n] ?? '')])),
      }
    },
  }
}

/** The first word, as far as a key in parentheses, and the number of slashes: no parameter holds one. */
const placeOf = (path: string) => `${/^\/([^/(]*)/.exec(path)?.[1]?.toLowerCase()} ${path.split('/').length}`

function routeOf(path: string): Route {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const parts = path.split(/\{\w+\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return { pattern: new RegExp(`^${parts.join('([^/]+)')}$`, 'i'), names, methods: new Map() }
}

/** `/users('id')` is `/users/id`; a last slash means nothing. */
const plainPath = (path: string) =>
  path
    .replace(/\('([^'/()]+)'\)/g, '/$1')
    .replace(/\(%27([^'/()]+)%27\)/gi, '/$1')
    .replace(/(?<=.)\/$/, '')

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('path_unknown')
  }
}
