export {
  announcementStopToken,
  hasStoppedAnnouncements,
  readAnnouncementStop,
  resumeAnnouncements,
  type StopsFor,
  stopAnnouncements,
} from './announcementStops.ts'
export { dkimRecord } from './dkim.ts'
export { networkCode } from './gateways/ask.ts'
export { GatewaysFileError } from './gateways/errors.ts'
export type { Gateways } from './gateways/file.ts'
export { openGateways } from './gateways/opening.ts'
export { gatewaySender } from './gateways/plain.ts'
export { ForgedReceipt, type Receipt } from './gateways/receipt.ts'
export { type Gateway, handOver } from './gateways/route.ts'
export { type MailDomains, openMailDomains } from './mailDomain.ts'
export { type Mailbox, readMailbox, readMailServer } from './mailServer.ts'
export { type Notice, noticeSeals, queueNotices } from './outbox.ts'
export {
  type Failure,
  failureClass,
  findFailures,
  findGatewayFailures,
  keepFailures,
  type Outside,
  type Tell,
  telling,
} from './outcomes.ts'
export { hasNotice } from './queries.ts'
export { messageReference, type Reference, type Referred, readReference } from './reference.ts'
export { type Messaging, messageDelayed, messageFailed, messageSent, sendNotice, wayOf } from './send.ts'
export {
  type Channel,
  type Message,
  SEND_DEADLINE,
  SendError,
  type Sender,
  type Senders,
  type Taken,
} from './senders.ts'
export { type MailWay, smtpSender, tryMailServer } from './smtp.ts'
export { accountNotices, mailAdministrators, type Reader, tellOfAccount } from './tell.ts'
export type { NoticeTemplate } from './templates/accountNotice.ts'
export { announcements } from './templates/announcement.ts'
export type { CaseVariables } from './templates/case.ts'
export type { Mail } from './templates/catalogue.ts'
export { messageOf } from './templates/catalogue.ts'
export { codeMessage } from './templates/code.ts'
export type { DomainVariables } from './templates/domain.ts'
export type { ExplanationVariables } from './templates/explanation.ts'
export type { InvitationVariables } from './templates/invitation.ts'
export {
  type NoticeKind,
  type NoticeKindName,
  noticeKind,
  noticeKinds,
  PLACEHOLDER,
  placeholders,
  type Wording,
} from './templates/kinds.ts'
export { activityName, nameAddress, nameBrowser, namePlace } from './templates/naming.ts'
export { isHighest, type NewAdministratorVariables } from './templates/newAdministrator.ts'
export type { RelationshipVariables } from './templates/relationship.ts'
export type { RescueNews, RescueVariables } from './templates/rescue.ts'
export { sampleOf } from './templates/samples.ts'
export type { TakeoverVariables } from './templates/takeover.ts'
export type { Text } from './templates/text.ts'
export type { VerificationVariables } from './templates/verification.ts'
