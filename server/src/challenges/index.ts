export { alarmOfGuessing, noteGuess, tellOfBlock } from './alarm.ts'
export { type LockedChallenge, lockChallenge } from './attempts.ts'
export { deliverCode, deliveryOf, type Run, reasonOf, trySending } from './deliver.ts'
export { malformedCode } from './errors.ts'
export {
  ATTEMPTS,
  CHALLENGE_LASTS,
  type ChallengeOwner,
  challengeSeconds,
  challengesOf,
  type HeldChallenges,
  isDecoy,
  removeChallenges,
  removeFromResets,
} from './held.ts'
export { DOUBLE_CLICK, issueChallenge } from './issue.ts'
export { compareNumber, judgeNumber, type NumberOutcome } from './knownNumber.ts'
export {
  concludeProof,
  judgeProof,
  type ProofInput,
  type ProofOutcome,
  type ProofVerdict,
  type SpentProof,
  spendProof,
  withdrawProof,
} from './prove.ts'
export { publicId, readAnswers } from './publicId.ts'
export { repeatCode } from './repeat.ts'
export { challengeSeals } from './seals.ts'
export { type ExpiredInQueue, failUnsent } from './unsent.ts'
