export { oldCallerChecks } from './checks.ts'
