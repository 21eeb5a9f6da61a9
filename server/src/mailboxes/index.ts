export {
  checkMailboxProof,
  findMailboxChallenge,
  issueMailboxCode,
  type MailboxChallenge,
  proveMailbox,
} from './challenge.ts'
export { countMail, subjectsOf as mailboxSubjects } from './mailbox.ts'
export { mailboxSeals } from './seals.ts'
export { admitMail, findStop, stopMails } from './stops.ts'
