import type { AdapterPayload } from 'oidc-provider'
import type { Act } from '../act.ts'
import {
  type Application,
  BUILT_IN,
  findOwnOrBuiltIn,
  findUserGrants,
  keysAt,
  noteSecretUse,
  type Scope,
  type StoredSecret,
  type UserGrants,
} from '../applications/index.ts'
import { record } from '../audit/index.ts'
import { secondsOf } from '../clock.ts'
import { findUser, type User } from '../directory/index.ts'
import { signInPolicy } from '../policies/index.ts'
import { findAuthority } from '../relationships/index.ts'
import { type Requirement, type Session, strengthOf } from '../sessions/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { deviceCodesOf } from './deviceCodes.ts'
import type { Facts } from './facts.ts'
import type { SigningKey } from './keys.ts'
import { recordsOf } from './records.ts'
import type { Stored } from './storage.ts'

/** One request to a provider, and what was read for it: each thing once. */
export interface Exchange extends Stored, Interactions {
  act: Act
  tenantId: string
  /** The customer at whose issuer a person of this tenant, a partner, signs in. */
  customerId: string | undefined
  /** Whether the person may act in the customer's tenant now. */
  mayAct(userId: string): Promise<boolean>
  /** The published keys of the issuer. */
  keys: readonly SigningKey[]
  /** What the browser's session must do before it is a full one. */
  requires: Requirement | undefined
  findApplication(appId: string): Promise<Application | undefined>
  /** An application that was found before in this exchange. */
  getApplication(appId: string): Application
  findUser(id: string): Promise<User | undefined>
  grantsOf(appId: string, userId: string): Promise<UserGrants>
  /** The secret by which the application has proved itself. */
  secret?: StoredSecret
  /** Writes down that it was used. */
  noteSecret(): Promise<void>
  /** The scopes of the access token that was written in it. */
  granted?: readonly Scope[]
  /** Its answer, where that goes by a form. */
  posted?: PostedAnswer | undefined
}

/** An answer that an application wants posted. */
export interface PostedAnswer {
  /** The name of the application. */
  application: string
  address: string
  fields: Record<string, string>
}

/** The sign-ins that this exchange may begin or go on with. */
export interface Interactions
  extends Pick<Stored, 'checkKept' | 'keepInteraction' | 'findInteraction' | 'endInteraction'> {
  /** The page of the sign-in that was just begun. */
  signInPage(): string
  /** Logs a fault of ours. Returns the seconds to wait, where too much is asked at once. */
  noteFault(failure: Error): number | undefined
  /** Where a person types the code of a device, and the sentence by which the device tells them. */
  deviceAddress(userCode: string, languages: string | undefined): { page: string; message: string }
  /** The page of a failure that no application may be told. */
  drawError(failure: Error): Promise<string>
}

/** What an exchange is opened with. `origin`: Latchkey's. */
interface Opened {
  origin: string
  tenantId: string
  customerId: string | undefined
  /** The browser's full session in this tenant. */
  session: Session | undefined
  /** What a restricted one must do first. */
  requires: Requirement | undefined
  facts: Facts
}

export function openExchange(db: Db, act: Act, opened: Opened, interactions: Interactions): Exchange {
  const { origin, tenantId, customerId, session, requires, facts } = opened
  const { application, person } = facts
  const applications = new Map(application && [[application.appId, application]])
  const users = new Map<string, Promise<User | undefined>>()
  const grants = new Map<string, Promise<UserGrants>>()
  const records = recordsOf(db, act, tenantId, customerId)
  if (person?.user) {
    users.set(person.user.id, Promise.resolve(person.user))
    if (application) grants.set(`${application.appId} ${person.user.id}`, Promise.resolve(person.grants))
  }
  for (const one of facts.records ?? []) records.know(one)
  const once = <T>(kept: Map<string, Promise<T>>, name: string, read: () => Promise<T>) => {
    const found = kept.get(name) ?? read()
    kept.set(name, found)
    return found
  }
  const exchange: Exchange = {
    ...interactions,
    offline: false,
    policy: session?.policy ?? signInPolicy.defaults,
    epoch: session?.user.securityEpoch,
    requires,
    act,
    tenantId,
    customerId,
    async mayAct(userId) {
      return (
        customerId !== undefined &&
        (await findAuthority(db, act.now, { homeId: tenantId, userId, customerId })) !== undefined
      )
    },
    keys: facts.keys,
    records,
    deviceCodes: deviceCodesOf(db, act, tenantId),
    session: session && sessionView(session),
    async findApplication(appId) {
      const found = applications.get(appId) ?? (await findOwnOrBuiltIn(db, { origin, tenantId }, appId))
      if (found) applications.set(appId, found)
      return found
    },
    getApplication(appId) {
      const found = applications.get(appId)
      if (!found) throw new Error('the application was not read yet')
      return found
    },
    findUser: id => once(users, id, () => inTenant(db, tenantId, trx => trx.last(() => findUser(trx, tenantId, id)))),
    grantsOf: (appId, userId) =>
      once(grants, `${appId} ${userId}`, () => findUserGrants(db, { tenantId, appId }, userId)),
    async noteSecret() {
      if (exchange.secret) await noteSecretUse(db, act, tenantId, exchange.secret)
    },
    async noteReuse({ accountId, clientId }) {
      const application = await exchange.findApplication(String(clientId))
      const user = accountId === undefined ? undefined : await exchange.findUser(accountId)
      await inTenant(db, tenantId, trx =>
        record(
          trx,
          { ...act, actor: { kind: 'system' } },
          {
            activity: 'token.reused',
            result: 'failure',
            ...(user && { target: { id: user.id, name: user.userPrincipalName } }),
            details: { application: application?.displayName ?? '' },
          },
        ),
      )
    },
    async findClient(id) {
      const application = await exchange.findApplication(id)
      if (!application || customerId === undefined) return application && clientOf(application, act.now)
      // There a person acts for a while: no token outlives it, and no program acts by itself.
      return { ...clientOf(application, act.now), grant_types: [CODE] }
    },
  }
  return exchange
}

/** The library's view of a session. Its time is the older one of what its `acr` claims (single sign-on, §4). */
export function sessionView(session: Session): AdapterPayload {
  const { id, sid, user, createdAt } = session
  const { acr, amr, since } = strengthOf(session)
  return {
    jti: id,
    uid: sid,
    kind: 'Session',
    accountId: user.id,
    iat: secondsOf(createdAt),
    exp: secondsOf(createdAt) + 365 * 24 * 3600, // ours has ended before
    loginTs: secondsOf(since),
    acr,
    amr,
  }
}

const CODE = 'authorization_code'
const REFRESH = 'refresh_token'
export const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'

/** An application as the library knows clients. Its secrets stay with us: the library would compare them in the clear. */
function clientOf(
  { appId, displayName, platform, redirectUris, publicKeys, secrets }: Application,
  now: Date,
): AdapterPayload {
  const confidential = platform === 'web'
  const byKey = confidential && publicKeys.length > 0
  return {
    client_id: appId,
    client_name: displayName,
    application_type: platform === 'publicClient' ? 'native' : 'web',
    redirect_uris: redirectUris as string[],
    response_types: redirectUris.length > 0 ? ['code'] : [],
    grant_types: [
      ...(redirectUris.length > 0 ? [CODE] : []),
      ...(redirectUris.length > 0 && appId !== BUILT_IN ? [REFRESH] : []),
      ...(confidential ? ['client_credentials'] : []),
      // A device has no browser of its own to be called back in.
      ...(platform === 'publicClient' ? [DEVICE] : []),
    ],
    token_endpoint_auth_method: !confidential ? 'none' : byKey ? 'private_key_jwt' : 'client_secret_basic',
    ...(confidential && !byKey && { client_secret: `${secrets.length} secrets` }),
    // Certificates stay with us: they say until when a key counts, and the library would judge them otherwise.
    ...(byKey && { jwks: { keys: keysAt(publicKeys, now).map(({ x5c: _, displayName: _name, ...key }) => key) } }),
  } as AdapterPayload
}
