import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider'
import { DAY, SECOND } from '../clock.ts'
import type { SignInPolicy } from '../policies/index.ts'
import { type Device, type DeviceCodes, payloadOf } from './deviceCodes.ts'
import type { Payload, RecordKind, Records } from './records.ts'

/** What the library reads and writes while it serves one request. */
export interface Stored {
  records: Records
  /** The metadata of a registered application. */
  findClient(id: string): Promise<AdapterPayload | undefined>
  /** The library's view of the browser's session here; undefined where nobody is signed in. */
  session: AdapterPayload | undefined
  /** Counts a request that a stranger has kept. Throws where their address has asked too often. */
  checkKept(): Promise<void>
  /** Keeps the request of an application while the person signs in. */
  keepInteraction(uid: string, payload: AdapterPayload): Promise<void>
  /** The kept request, with the result of the sign-in where it has finished. */
  findInteraction(uid: string): Promise<AdapterPayload | undefined>
  endInteraction(uid: string): Promise<void>
  /** Whether the application asked for `offline_access`, which the library drops from requests without `prompt=consent`. */
  offline: boolean
  /** The customer at whose issuer a partner's person signs in. */
  customerId: string | undefined
  /** The epoch of the person who is signed in. */
  epoch: number | undefined
  /** How the tenant's people sign in, as it was read with the session or the last record. */
  policy: SignInPolicy
  deviceCodes: DeviceCodes
  /** The person of the code or token that was read last. */
  holder?: string | undefined
  /** The refresh token that the next one takes the place of. */
  spends?: string | undefined
  /** The device that polls. */
  device?: Device
  /** Records that a code or refresh token of this grant was used again, by which a thief shows. */
  noteReuse(grant: Payload): Promise<void>
}

/**
 * The library's storage, of the request that is served now. Its session is a view of ours, and its interaction of a
 * sign-in. What can be spent is claimed in one statement: the library reads first, so of many at once each would pass.
 * `keepGrant`: keeps the grant of a device that has claimed its tokens.
 */
export const storageOf =
  (now: () => Stored, keepGrant: (device: Device) => Promise<void>) =>
  (kind: string): Adapter => {
    if (kind === 'Session')
      return {
        ...nothing,
        find: async id => (now().session?.jti === id ? now().session : undefined),
        findByUid: async uid => (now().session?.uid === uid ? now().session : undefined),
      }
    if (kind === 'Interaction')
      return {
        ...nothing,
        // Its session is left out: the library would refuse a sign-in that changes the account.
        upsert: async (id, { session: _, ...payload }) =>
          now().keepInteraction(id, storable({ ...payload, ...(now().offline && OFFLINE) }) as AdapterPayload),
        find: async id => recall(now(), await now().findInteraction(id)),
        destroy: id => now().endInteraction(id),
      }
    if (kind === 'DeviceCode') return deviceCodesAdapter(now, keepGrant)
    if (kind === 'Client') return { ...nothing, find: id => now().findClient(id) }
    return recordsAdapter(kind as RecordKind, now)
  }

/** A content that PostgreSQL can keep. It knows no NUL. */
function storable<T extends object>(content: T): T {
  if (JSON.stringify(content).replaceAll('\\\\', '').includes('\\u0000'))
    throw new errors.InvalidRequest('a NUL is no text')
  return content
}

const OFFLINE = { offline: true }

/** Remembers from a kept request that it asked for `offline_access`. */
function recall(stored: Stored, kept: AdapterPayload | undefined): AdapterPayload | undefined {
  if (kept && 'offline' in kept) stored.offline = true
  return kept
}

/** What a record keeps besides the library's content: what the library dropped from the scopes. */
function completed(kind: RecordKind, payload: Payload, asked: string | undefined, offline: boolean): Payload {
  if (kind === 'PushedAuthorizationRequest' && asked?.split(' ').includes('offline_access'))
    return { ...payload, ...OFFLINE }
  if (kind === 'AuthorizationCode' && offline) return { ...payload, scope: `${payload.scope} offline_access` }
  return payload
}

const recordsAdapter = (kind: RecordKind, now: () => Stored): Adapter => ({
  ...nothing,
  async upsert(id, payload, lasts = 0) {
    const { records, offline, epoch } = now()
    const spends = kind === 'RefreshToken' ? now().spends : undefined
    const oidc = Provider.ctx?.oidc
    const asked = oidc?.body?.scope as string | undefined
    // Anybody knows the id of a public application. Another has proved itself.
    if (kind === 'PushedAuthorizationRequest' && oidc?.client?.clientAuthMethod === 'none') await now().checkKept()
    const saved = await records.save(kind, id, storable(completed(kind, payload as Payload, asked, offline)), {
      lasts,
      epoch,
      // By it the session opens the application, which is told of the session's end.
      issuer: kind === 'AuthorizationCode' && now().customerId === undefined ? oidc?.issuer : undefined,
      spends,
    })
    if (!saved && spends !== undefined) await refuseSpent(now(), kind, spends)
    if (!saved && kind === 'ReplayDetection') throw new errors.InvalidClientAuth('client assertion was used before')
    if (!saved) throw new errors.InvalidGrant('grant not found')
  },
  async find(id) {
    const found = await now().records.find(kind, id)
    if (!found) return undefined
    const { payload, policy } = found
    Object.assign(now(), { policy, holder: payload.accountId })
    return recall(now(), (kind === 'RefreshToken' ? shortened(payload, policy) : payload) as AdapterPayload)
  },
  async consume(id) {
    // The library makes the next one at once, so that one statement claims this one and keeps that one.
    if (kind === 'RefreshToken') now().spends = id
    else if (!(await now().records.claim(kind, id))) await refuseSpent(now(), kind, id)
  },
  destroy: id => (kind === 'Grant' ? endGrant(now(), id) : now().records.remove(kind, id)),
  revokeByGrantId: grantId => endGrant(now(), grantId),
})

const deviceCodesAdapter = (now: () => Stored, keepGrant: (device: Device) => Promise<void>): Adapter => ({
  ...nothing,
  async upsert(id, payload) {
    await now().checkKept()
    await now().deviceCodes.add(id, storable(payload))
  },
  async find(id) {
    const device = await now().deviceCodes.poll(id)
    if (!device) return undefined
    Object.assign(now(), { device, epoch: device.securityEpoch, holder: device.userId })
    return payloadOf(id, device)
  },
  async consume() {
    const { deviceCodes, device } = now()
    // A refusal is told as often as its device asks.
    if (!device || device.refusal) return
    const holder = await deviceCodes.claim(device)
    if (holder === device.grantId) return keepGrant(device)
    if (holder) await endGrant(now(), holder)
    throw new errors.InvalidGrant('device code already consumed')
  },
})

/** Seconds that a refresh token lasts from its issue. `inBrowser`: its family lasts a day, also where the tenant chose more. */
export function refreshLasts(
  { iat = Math.floor(Date.now() / SECOND), iiat = iat }: { iat?: number | undefined; iiat?: number | undefined },
  { refreshIdleDays, refreshMaxDays }: SignInPolicy,
  inBrowser: boolean,
): number {
  const family = (inBrowser ? DAY : refreshMaxDays * DAY) / SECOND
  return Math.min((refreshIdleDays * DAY) / SECOND, family - (iat - iiat))
}

/** A refresh token under the policy of now: days that were shortened since count at once. */
function shortened(token: Payload & { iat?: number; iiat?: number }, policy: SignInPolicy): Payload {
  const { iat = 0, exp = 0 } = token
  return { ...token, exp: Math.min(exp, iat + refreshLasts(token, policy, false)) }
}

/** Ends what came of a code or token that was used before. Throws `InvalidGrant`. */
async function refuseSpent(stored: Stored, kind: RecordKind, id: string): Promise<never> {
  const found = await stored.records.find(kind, id)
  if (found && !found.payload.consumed) throw new errors.InvalidGrant('grant not found')
  const { grantId } = found?.payload ?? {}
  if (grantId) await endGrant(stored, grantId)
  throw new errors.InvalidGrant(`${kind === 'RefreshToken' ? 'refresh token' : 'authorization code'} already consumed`)
}

/** Ends a grant. While tokens are given out that happens only where a code or token is used again. */
async function endGrant({ records, noteReuse }: Stored, grantId: string): Promise<void> {
  const grant = await records.endGrant(grantId)
  if (grant && Provider.ctx?.oidc.route === 'token') await noteReuse(grant)
}

const nothing: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
}
