export { compositionRefusal, normalizePassword } from './composition.ts'
export type { PasswordRefusal } from './errors.ts'
export { type PreparedPassword, preparePassword, setPassword } from './set.ts'
export { findPassword, type StoredPassword, type Verdict, verifyPassword } from './verify.ts'
