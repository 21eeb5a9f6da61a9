import { type AdapterPayload, errors } from 'oidc-provider'
import type { Act } from '../act.ts'
import { secondsOf } from '../clock.ts'
import { addDeviceCode, claimTokens, type DeviceCode, pollDeviceCode } from '../deviceCodes/index.ts'
import type { Db } from '../store/index.ts'
import { REFUSED } from './errors.ts'

/** The device that polls in this exchange, with the grant that its tokens will belong to. */
export type Device = DeviceCode & { grantId: string }

/** The device codes of a tenant, for the request that is served now. */
export interface DeviceCodes {
  add(id: string, payload: AdapterPayload): Promise<void>
  poll(id: string): Promise<Device | undefined>
  /** Claims the tokens. Returns the grant that has them: another where they were claimed before. */
  claim(device: Device): Promise<string | null | undefined>
}

export const deviceCodesOf = (db: Db, act: Act, tenantId: string): DeviceCodes => ({
  async add(deviceCode, { userCode = '', clientId = '', params = {} }) {
    const request = { params: params as Record<string, string> }
    await addDeviceCode(db, act, tenantId, { deviceCode, userCode, appId: clientId, request })
  },
  async poll(deviceCode) {
    const found = await pollDeviceCode(db, act, tenantId, deviceCode)
    if (found === 'too-soon') throw new errors.SlowDown('polls too soon')
    return found && { ...found, grantId: found.grantId ?? act.random.token() }
  },
  claim: device => claimTokens(db, act, tenantId, device),
})

/** What the library reads of a device code. Its own times are seconds. */
export function payloadOf(id: string, device: Device): AdapterPayload {
  const { params } = device.request
  return {
    jti: id,
    kind: 'DeviceCode',
    iat: secondsOf(device.askedAt),
    exp: secondsOf(device.expiresAt),
    clientId: device.appId,
    params,
    ...(device.refusal && { error: 'access_denied', errorDescription: REFUSED[device.refusal].error_description }),
    ...(device.proof && {
      ...device.proof,
      accountId: device.userId,
      grantId: device.grantId,
      scope: params.scope,
      resource: params.resource,
      claims: params.claims && JSON.parse(params.claims),
      nonce: params.nonce,
    }),
    ...(device.claimedAt && { consumed: secondsOf(device.claimedAt) }),
  } as AdapterPayload
}
