export { applicationSeals } from './secrets.ts'
