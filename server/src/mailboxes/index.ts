export { mailboxSeals } from './seals.ts'
export { findStop, stopMails } from './stops.ts'
