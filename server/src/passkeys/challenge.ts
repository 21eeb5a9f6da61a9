import { MINUTE, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { isOver } from '../store/index.ts'

/** The value that an authenticator signs for a challenge on record. It is derived, so that no reader of the table knows it. */
export const challengeValue = ({ keys }: Means, { tenantId, id }: ChallengeKey): string =>
  keys.mac('passkey', tenantId, id).toString('base64url')

/** Whether a signed value is of this challenge. */
export const isValueOf = ({ keys }: Means, { tenantId, id }: ChallengeKey, value: string): boolean =>
  keys.matches(Buffer.from(value, 'base64url'), 'passkey', tenantId, id)

interface ChallengeKey {
  tenantId: string
  id: string
}

/** How long a page of sign-in takes a passkey. */
export const SIGN_IN_LASTS = 10 * MINUTE

/** The place of a sign-in by passkey: the browser's secret, and the sign-in where one was begun. */
export interface SignInPlace {
  browserToken: string | undefined
  signInId: string | undefined
}

/**
 * The value that an authenticator signs at a sign-in. Nobody is named yet, so that no row holds it: it says itself when
 * it was issued, and for which browser. `claimUse` takes each once.
 */
export function issueSignInValue({ keys, now }: Means, place: SignInPlace): string {
  const issued = Buffer.alloc(8)
  issued.writeBigUInt64BE(BigInt(now.getTime()))
  return Buffer.concat([issued, keys.mac('passkey-sign-in', ...partsOf(place, issued))]).toString('base64url')
}

/** When the value was issued here for this place; undefined where it was not, or is over. */
export function readSignInValue({ keys, now }: Means, place: SignInPlace, value: string): Date | undefined {
  const bytes = Buffer.from(value, 'base64url')
  if (bytes.length <= 8) return undefined
  const issued = bytes.subarray(0, 8)
  if (!keys.matches(bytes.subarray(8), 'passkey-sign-in', ...partsOf(place, issued))) return undefined
  const at = new Date(Number(issued.readBigUInt64BE()))
  return isOver(plus(at, SIGN_IN_LASTS), now, SIGN_IN_LASTS) ? undefined : at
}

const partsOf = ({ browserToken = '', signInId = '' }: SignInPlace, issued: Buffer) => [
  browserToken,
  signInId,
  issued.toString('hex'),
]
