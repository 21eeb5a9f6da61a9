export { type Authenticate, type Caller, createBearers } from './bearer.ts'
export { createSigningKeys, rollSigningKey, signingKeySeals } from './keys.ts'
export { endGrantsOf, recordsOf } from './records.ts'
