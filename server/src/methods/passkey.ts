import { findPasskey, isValueOf, verifyAssertion, verifyCreation } from '../passkeys/index.ts'
import type { Method } from './contract.ts'

/** A key in the person's own device, which signs for this site alone once the device has verified them (WebAuthn). */
export const passkey: Method = {
  kind: 'passkey',
  channels: [],
  selfService: true,
  read: proof => ('credential' in proof ? `${proof.credential.id} ${proof.credential.response.signature}` : ''),
  async recall(trx, _means, { tenantId, userId }, proof) {
    if (!('credential' in proof)) return { values: [] }
    return { values: [], passkey: await findPasskey(trx, { tenantId, userId }, proof.credential.id) }
  },
  async judge(means, verifiers, { challenge, recalled: { passkey: stored }, proof, recordedBefore }) {
    if (!('credential' in proof)) return { right: false }
    const { tenantId, userId } = challenge
    const isAsked = (value: string) => isValueOf(means, challenge, value)
    if (challenge.purpose === 'register') {
      const made = await verifyCreation(verifiers, proof.credential, isAsked)
      return made ? { right: true, made } : { right: false }
    }
    if (!stored || stored.blockedAt) return { right: false }
    // One that was just planted does not count before its owner has read of it.
    if (recordedBefore && stored.createdAt > recordedBefore) return { right: false }
    const used = await verifyAssertion(verifiers, proof.credential, {
      isAsked,
      passkey: stored,
      owner: { tenantId, userId },
    })
    return used ? { right: true, used } : { right: false }
  },
}
