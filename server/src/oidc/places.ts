import { IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'
import { decodeJwt } from 'jose'
import { errors } from 'oidc-provider'
import { BUILT_IN, findApplicationTenant } from '../applications/index.ts'
import { isUuid } from '../crypto/index.ts'
import { findTenantId, hasTenant, NOBODYS_TENANT, readName } from '../directory/index.ts'
import type { Db } from '../store/index.ts'
import { DEVICE } from './exchange.ts'
import type { Named } from './facts.ts'
import type { Traded } from './records.ts'

/** Where a request goes. `mount`: the name in the place of the tenant's id. `path`: the part behind the issuer. */
export interface Place extends Named {
  mount: string
  path: string
  request: IncomingMessage
}

const nobodys: Named = { tenantId: NOBODYS_TENANT, appId: undefined, traded: undefined, hint: '' }

/** The name that stands for all organizations (single sign-on, §1). */
const ORGANIZATIONS = 'organizations'

/** Whether a request is answered alike for every tenant. */
export const isOfAll = ({ mount, tenantId }: Place) => mount === ORGANIZATIONS && tenantId === NOBODYS_TENANT

/** Whether a request is kept that is posted at this address, though nobody has signed in yet. */
const isKept = (own: string) => own === '/devicecode' || own === '/par'

/** Whether a browser asks at this address, as a program does at the others. */
const isOfBrowser = (own: string) => own === '/authorize' || own === '/logout'

const DESCRIPTION = '/.well-known/openid-configuration'

/** Finds the tenant that a request is for, or where a browser goes on, or that a name has to be asked for. Throws where there is none. */
export async function findPlace(
  db: Db,
  { tenant = '', '*': rest = '' }: Record<string, string>,
  request: IncomingMessage,
): Promise<Place | { to: string } | { asksName: URLSearchParams }> {
  const mount = tenant.toLowerCase()
  const own = ownPath(rest)
  const path = own + (/\?.*$/.exec(request.url ?? '')?.[0] ?? '')
  const place = { mount, path, request }
  if (mount === ORGANIZATIONS) return findByApplication(db, own, place)
  // MSAL writes the domain that it was given into every address that it has read.
  const tenantId = isUuid(mount) ? mount : await findTenantId(db, mount)
  if (isOfBrowser(own) && (request.method === 'POST' || mount !== tenantId)) {
    if (!(await hasTenant(db, tenantId))) throw tenantUnknown()
    if (mount !== tenantId && request.method !== 'POST') return { to: `/${tenantId}/v2.0${path}` }
    // With a POST of another site a browser sends none of our cookies.
    const form = await readForm(request, LONGEST_ADDRESS)
    return { to: `/${tenantId}/v2.0${own}?${new URLSearchParams(form.toString('utf8'))}` }
  }
  if (request.method !== 'POST') return { ...place, mount: tenantId, ...namedIn(tenantId, queryOf(place), request) }
  const form = await readForm(request, longestOf(own))
  const named = namedIn(tenantId, new URLSearchParams(form.toString('utf8')), request)
  return { ...place, mount: tenantId, ...named, request: unread(request, form) }
}

export const tenantUnknown = () => new errors.InvalidRequest('tenant unknown')

const queryOf = ({ path }: Pick<Place, 'path'>) => new URLSearchParams(/\?.*$/.exec(path)?.[0])

/** What a form or query says that it is about. */
const namedIn = (tenantId: string, asked: URLSearchParams, { headers }: IncomingMessage): Named => ({
  tenantId,
  appId: applicationOf(asked, headers.authorization),
  traded: tradedIn(asked),
  hint: hintIn(asked),
})

function tradedIn(form: URLSearchParams): Traded | undefined {
  const kinds: Record<string, Traded> = {
    refresh_token: { kind: 'RefreshToken', id: form.get('refresh_token') ?? '' },
    authorization_code: { kind: 'AuthorizationCode', id: form.get('code') ?? '' },
  }
  return kinds[form.get('grant_type') ?? '']
}

/** The path in the form that is compared. The library takes any case of a letter, and a last slash. */
function ownPath(rest: string): string {
  const [first = '', ...others] = rest.split('/')
  return ['', first.toLowerCase(), ...others.filter(part => part !== '')].join('/')
}

/** Finds the tenant by the application that asks: its id is unique in the installation. */
async function findByApplication(db: Db, own: string, place: Omit<Place, keyof Named>) {
  const { path, request } = place
  // Both are the same for every tenant.
  if (own === DESCRIPTION || request.method === 'OPTIONS') return { ...place, ...nobodys }
  const form = request.method === 'POST' ? await readForm(request, longestOf(own)) : Buffer.alloc(0)
  const asked = new URLSearchParams(request.method === 'POST' ? form.toString('utf8') : path.slice(own.length))
  const appId = applicationOf(asked, request.headers.authorization)
  // A code of the built-in application leads to no tenant: it is redeemed at the issuer that its answer names.
  if (appId === undefined || (appId === BUILT_IN && own !== '/authorize'))
    throw new errors.InvalidRequest('tenant missing')
  const tenantId = appId === BUILT_IN ? await findTenantId(db, hintIn(asked)) : await findApplicationTenant(db, appId)
  if (tenantId === NOBODYS_TENANT) return { asksName: asked }
  if (tenantId === undefined) throw new errors.InvalidClient('client is invalid', 'client not found')
  // A browser's sign-in belongs to one tenant, and so do its cookies and its answer.
  if (isOfBrowser(own)) return { to: `/${tenantId}/v2.0${own}?${asked}` }
  const named = { tenantId, appId, traded: tradedIn(asked), hint: hintIn(asked) }
  return { ...place, ...named, request: request.method === 'POST' ? unread(request, form) : request }
}

/** The domain of the person that a request hints at, or of their company. */
const hintIn = (asked: URLSearchParams) =>
  readName(asked.get('login_hint') ?? `@${asked.get('domain_hint') ?? ''}`).domain

/** The id of the application that asks: in the query or form, the `Basic` header, an assertion or an id token. */
function applicationOf(form: URLSearchParams, authorization: string | undefined): string | undefined {
  const [, basic] = /^basic +([\w+/=-]+)$/i.exec(authorization ?? '') ?? []
  return (
    form.get('client_id') ??
    (basic && unescaped(Buffer.from(basic, 'base64').toString('utf8').split(':')[0]!)) ??
    claimOf(form.get('client_assertion'), 'sub') ??
    claimOf(form.get('id_token_hint'), 'aud')
  )
}

const unescaped = (text: string) => parse(`name=${text}`).name as string

/** A claim of a token that nobody has checked yet: its tenant does. */
function claimOf(token: string | null, name: string): string | undefined {
  try {
    const claim = decodeJwt(token ?? '')[name]
    return typeof claim === 'string' ? claim : undefined
  } catch {
    return undefined
  }
}

/** No longer than what the library reads of a form. */
const LONGEST_FORM = 56 * 1024

/** A form that is led on in an address: browsers and proxies take no longer ones. */
const LONGEST_ADDRESS = 8 * 1024

/** A form that is kept. A stranger would fill the disk with longer ones. */
const LONGEST_KEPT = 8 * 1024

const longestOf = (own: string) => (isKept(own) ? LONGEST_KEPT : LONGEST_FORM)

async function readForm(request: IncomingMessage, longest: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > longest) throw new errors.InvalidRequest('form too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The grant of a device as MSAL for Node names it, in a form. */
const DEVICE_OF_MSAL = /(?<=^|&)grant_type=device_code(?=&|$)/

/** The same request, its form still to be read. The library knows the grant of a device by its name in RFC 8628 alone. */
function unread(request: IncomingMessage, sent: Buffer): IncomingMessage {
  const { method, url, httpVersion } = request
  const text = sent.toString('latin1').replace(DEVICE_OF_MSAL, `grant_type=${encodeURIComponent(DEVICE)}`)
  const form = Buffer.from(text, 'latin1')
  const headers = { ...request.headers, 'content-length': String(form.length) }
  const again = Object.assign(new IncomingMessage(request.socket), {
    method,
    url,
    headers,
    httpVersion,
    complete: true,
  })
  again.push(form)
  again.push(null)
  return again
}
