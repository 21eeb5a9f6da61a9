export { type Notice, queueNotices } from './outbox.ts'
export { hasNotice } from './queries.ts'
export { messageFailed, sendNotice } from './send.ts'
export {
  type Channel,
  gatewaySender,
  type Message,
  SendError,
  type Sender,
  type Senders,
  smtpOptions,
  smtpSender,
} from './senders.ts'
export { noticesOfAccount, type Reader, tellOfAccount } from './tell.ts'
export {
  activityName,
  codeMessage,
  type ExplanationVariables,
  type NoticeTemplate,
  type NoticeVariables,
  nameAddress,
  nameBrowser,
  namePlace,
  type RequestVariables,
} from './templates.ts'
