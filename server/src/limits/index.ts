export {
  type Browser,
  blockedFor,
  type Counter,
  clear,
  giveBack,
  isLocked,
  lock,
  type Spent,
  spend,
} from './counters.ts'
