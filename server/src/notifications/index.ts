export { dkimRecord } from './dkim.ts'
export { type MailDomains, openMailDomains } from './mailDomain.ts'
export { readMailServer } from './mailServer.ts'
export { type Notice, noticeSeals, queueNotices } from './outbox.ts'
export { type Failure, failureClass, findFailures, keepFailures, type Outside, type Tell, telling } from './outcomes.ts'
export { hasNotice } from './queries.ts'
export { type Messaging, messageFailed, messageSent, sendNotice, wayOf } from './send.ts'
export {
  type Channel,
  type Cost,
  gatewaySender,
  type Message,
  networkCode,
  SendError,
  type Sender,
  type Senders,
} from './senders.ts'
export { type MailWay, smtpSender, tryMailServer } from './smtp.ts'
export { accountNotices, mailAdministrators, type Reader, tellOfAccount } from './tell.ts'
export type { NoticeTemplate } from './templates/accountNotice.ts'
export type { CaseVariables } from './templates/case.ts'
export type { Mail } from './templates/catalogue.ts'
export { codeMessage } from './templates/code.ts'
export type { DomainVariables } from './templates/domain.ts'
export type { ExplanationVariables } from './templates/explanation.ts'
export { activityName, nameAddress, nameBrowser, namePlace } from './templates/naming.ts'
export { isHighest, type NewAdministratorVariables } from './templates/newAdministrator.ts'
export type { RelationshipVariables } from './templates/relationship.ts'
export type { TakeoverVariables } from './templates/takeover.ts'
