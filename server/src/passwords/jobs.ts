export { expiredPasses } from './passes.ts'
