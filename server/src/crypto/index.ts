import type { Keyring } from './keyring.ts'
import type { Random } from './random.ts'

export { base32 } from './base32.ts'
export { ChunkError, type ChunkKey, openChunks, sealChunks } from './chunks.ts'
export { checkForeignHash, ForeignHashError, foreignHashChecks, isForeign, schemeOf, TODAYS } from './foreign.ts'
export { type Asker as HashingAsker, createHasher, type Hasher, HashingBusy, type Verifier } from './hashing.ts'
export { type Keyring, keyring, type MacPurpose, type Place, type SealPurpose } from './keyring.ts'
export { networkOf } from './network.ts'
export { firstIdAt, isUuid, linkToken, momentOf, type Random, systemRandom, uuidAt } from './random.ts'
export { openHash, type StoredHash } from './storedHash.ts'
export { supportCode } from './supportCode.ts'
export { signWebhook } from './webhookSignature.ts'

/** What a rule may need from outside itself: the moment of the act, chance, and the keys. Passed as an argument, never reached for. */
export interface Means {
  now: Date
  random: Random
  keys: Keyring
}
