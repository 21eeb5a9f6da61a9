export { rollSigningKey, signingKeySeals } from './keys.ts'
export { endGrantsOf, recordsOf } from './records.ts'
