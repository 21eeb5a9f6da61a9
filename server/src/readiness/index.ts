export { decide, type ResetRefusal } from './decide.ts'
export { type Readiness, readinessOf } from './readiness.ts'
