export { deliverCode } from './deliver.ts'
export { SendLimited } from './errors.ts'
export { alarmOfGuessing, noteGuess, tellOfBlock } from './guessing.ts'
export {
  challengeSeconds,
  type Decoy,
  DOUBLE_CLICK,
  findChallenges,
  type HeldChallenges,
  type Holder,
  isDecoy,
  issueChallenge,
  readChallenges,
  removingChallenges,
  type StoredChallenge,
  storedChallenges,
} from './issue.ts'
export { compareNumber, judgeNumber, type NumberOutcome } from './knownNumber.ts'
export { type ProofInput, type ProofOutcome, proveChallenge, proveCode } from './prove.ts'
export { publicId, readAnswers } from './publicId.ts'
export { challengeSeals } from './seals.ts'
