export { openScim } from './door.ts'
