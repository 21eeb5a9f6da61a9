export { forgetAccount, type KnownAccount, keepAccount, readAccounts } from './accounts.ts'
export { keepJourneyBrowser, readJourneyBrowser } from './browser.ts'
export { credentialIn, proofField, proofFromForm } from './forms.ts'
export { findHandedSecret, forgetHandedSecret, isPartnerPage, partnerPage } from './handedOn.ts'
export { ANSWER_POLICY, JSON_POLICY } from './headers.ts'
export type { HealthCheck } from './health.ts'
export { type Journeys, openJourneys, stepPages } from './journeys.ts'
export { createLog } from './log.ts'
export type { Metrics } from './metrics.ts'
export { changedNotice, drawPage, errorOf, formErrors, onwardPage, type PageContent } from './page.tsx'
export { noteRefused, readRefused } from './refused.ts'
export {
  type Answer,
  checkFlood,
  isFloodOfBytes,
  openDoor,
  openRequests,
  type Requests,
  type RouteLine,
} from './request.ts'
export { CredentialBody, Exactly, Id, Password, ProofBody, SessionProofBody, Some, Text } from './schemas.ts'
export type { Traces } from './traces.ts'
export {
  brand,
  brandByName,
  brandByPreview,
  dropTicket,
  keepSession,
  keepTicket,
  ownAddress,
  type Services,
  type SignedInVisit,
  sessionIn,
  signedOutPage,
  typed,
  type Visit,
} from './visit.ts'

/** Few servers show their figures, and the library is large. */
export const loadMetrics = () => import('./metrics.ts')

/** As with figures: nothing of it is loaded where nobody asked for it. */
export const loadTraces = () => import('./traces.ts')
