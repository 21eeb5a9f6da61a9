export {
  type Block,
  type Browser,
  blockedFor,
  blocksOf,
  type ContactCounter,
  type Counter,
  type CounterName,
  clear,
  countFailures,
  findBlocks,
  findTriesLeft,
  forget,
  giveBack,
  hasLock,
  isGuessedAt,
  isLocked,
  type Lockout,
  lock,
  lockOf,
  longestBlock,
  type Spent,
  spend,
} from './counters.ts'
export { countGuess } from './guesses.ts'
export { moveLocks } from './locks.ts'
export { type Send, type SendOutcome, spendSend } from './sends.ts'
