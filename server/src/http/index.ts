export type { CookieJar } from './cookies.ts'
export { proofField, proofFromForm } from './forms.ts'
export type { HealthCheck } from './health.ts'
export { createLog } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { changedNotice, formErrors, type PageContent } from './page.tsx'
export { type Access, type Answer, type People, type PeopleRoute, people, type RouteLine, stepPages } from './people.ts'
export { problemWords } from './problems.ts'
export { Exactly, Id, Password, ProofBody, Text, validator } from './schemas.ts'
export {
  brand,
  brandByName,
  keepSession,
  ownAddress,
  type SignedInVisit,
  type Surroundings,
  trailOf,
  typed,
  type Visit,
} from './visit.ts'
