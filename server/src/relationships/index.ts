export { type Authority, type Given, givenTo, judgeAuthority, type Standing, standingOf } from './authority.ts'
