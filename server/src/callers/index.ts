export {
  beginCheck,
  bindBrowser,
  type CallerCheck,
  type CallerMeans,
  type CallOutcome,
  callerMeans,
  callerSeals,
  callOutcomes,
  endCheck,
  findCheck,
  giveToCaller,
  hasDenied,
} from './checks.ts'
