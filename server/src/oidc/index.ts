export { rollSigningKey, signingKeySeals } from './keys.ts'
export { recordsOf } from './records.ts'
