export {
  type Block,
  type Browser,
  blockedFor,
  blocksOf,
  type ContactCounter,
  type Counter,
  clear,
  countFailures,
  findBlocks,
  findTriesLeft,
  forget,
  giveBack,
  hasLock,
  isGuessedAt,
  isLocked,
  lock,
  lockOf,
  longestBlock,
  type Spent,
  spend,
} from './counters.ts'
export { countGuess } from './guesses.ts'
export { moveLocks } from './locks.ts'
export { spendSend } from './sends.ts'
