export { decide, type ResetRefusal, resetRefusals } from './decide.ts'
export { type Readiness, readinessOf } from './readiness.ts'
