export {
  type Browser,
  blockedFor,
  type Counter,
  type CounterName,
  clear,
  countFailures,
  forget,
  giveBack,
  isLocked,
  type Lockout,
  lock,
  type Spent,
  spend,
} from './counters.ts'
export { type Send, type SendOutcome, spendSend } from './sends.ts'
