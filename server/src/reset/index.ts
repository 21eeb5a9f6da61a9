export { explainRefusal, offeredId } from './conceal.ts'
export { type Asked, askAdministrators, contactAdministrator, helpdeskOf, isAskedToday } from './contact.ts'
export type { ResetRefusal } from './decide.ts'
export {
  type Aftermath,
  beginChoice,
  choosePassword,
  type FinishOutcome,
  readAftermath,
  unlockAccount,
} from './finish.ts'
export { type Asker, JOURNEY_LASTS, type Journey, type JourneyState, openJourney, supportCode } from './journey.ts'
export { journeySeals } from './queries.ts'
export { type ResetRequest, startReset } from './start.ts'
export {
  type ChallengeOutcome,
  type ChallengeRequest,
  chooseProblem,
  giveCode,
  giveProof,
  numberKnown,
  requestChallenge,
} from './verify.ts'
