export { proofField, proofFromForm } from './forms.ts'
export type { HealthCheck } from './health.ts'
export { createLog } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { changedNotice, formErrors, type PageContent } from './page.tsx'
export { type Answer, type People, people, type RouteLine, stepPages } from './people.ts'
export { Exactly, Id, Password, ProofBody, Text } from './schemas.ts'
export {
  brand,
  brandByName,
  keepSession,
  ownAddress,
  type SignedInVisit,
  type Surroundings,
  typed,
  type Visit,
} from './visit.ts'
