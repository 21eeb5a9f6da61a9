export {
  type Block,
  type Browser,
  blockEnds,
  blockOf,
  blocksOf,
  blocksOfNames,
  type ContactCounter,
  type Counter,
  type CounterName,
  clear,
  counterKeysOf,
  countFailures,
  findTriesLeft,
  forget,
  giveBack,
  hasLock,
  isGuessedAt,
  lock,
  longestBlock,
  NO_END,
  spend,
  spendContact,
  spendLast,
} from './counters.ts'
export { countGuess } from './guesses.ts'
export { moveLocks } from './locks.ts'
export { spendMailbox } from './mailboxes.ts'
export { placeCounters, takeCounters } from './moving.ts'
export { spendSend } from './sends.ts'
