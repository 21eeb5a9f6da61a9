export { findAuthority, givenTo, judgeAuthority, standingOf } from './authority.ts'
export { lastUseOf, noteUse } from './uses.ts'
