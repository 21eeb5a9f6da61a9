export {
  type Browser,
  blockedFor,
  type Counter,
  clear,
  countFailures,
  forget,
  giveBack,
  isLocked,
  lock,
  type Spent,
  spend,
} from './counters.ts'
