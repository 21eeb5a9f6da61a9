export { type Authenticate, type Caller, createBearers } from './bearer.ts'
export { createSigningKeys, rollSigningKey, signingKeySeals } from './keys.ts'
export { numbers, wordsOf } from './numbers.ts'
export { endGrantsOf, recordsOf } from './records.ts'
