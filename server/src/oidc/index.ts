export { type Authenticate, type Caller, createBearers, type Known } from './bearer.ts'
export { createSigningKeys, rollSigningKey, signingKeySeals } from './keys.ts'
export { numbers, wordsOf } from './numbers.ts'
export { endGrantsOf, recordsOf } from './records.ts'
