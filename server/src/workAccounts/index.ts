export { checkAccount } from './check.ts'
