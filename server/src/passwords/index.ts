export { type BreachedPasswords, openBreachedPasswords } from './breached.ts'
export { BreachedFileError } from './breachedFile.ts'
export { createPasswordChecks, type PasswordChecks } from './checks.ts'
export { cloud, homeOf } from './cloud.ts'
export {
  addBannedWords,
  CUSTOM_WORDS_AT_MOST,
  importBannedWords,
  listBannedWords,
  removeBannedWords,
} from './customWords.ts'
export { doneOr, refusedByDirectory, refusedPassword, unansweredHome } from './errors.ts'
export type { Answer, Compared, DirectoryRules, Looked, PasswordHome, Passwords } from './home.ts'
export { passwordTables } from './moving.ts'
export {
  claimPass,
  findPass,
  issuePass,
  type NewPass,
  PASS_AHEAD,
  type Pass,
  removePass,
} from './passes.ts'
export { isReported } from './reported.ts'
export {
  agesOf,
  findRefusals,
  isTemporaryOver,
  mustChange,
  mustChangeOf,
  type PasswordRules,
  readPasswordRules,
  temporaryUntil,
  withNames,
} from './rules.ts'
export { passwordSeals } from './sealed.ts'
export {
  addForeignPasswords,
  clearFailures,
  codeOf,
  forgetPassword,
  judgeForDirectory,
  type PreparedPassword,
  preparePassword,
  renewTemporaryPasswords,
  requireChange,
  setPassword,
} from './set.ts'
export { passwordOf, type StoredPassword } from './stored.ts'
export { newTemporaryPassword } from './temporary.ts'
export { verifyPassword } from './verify.ts'
