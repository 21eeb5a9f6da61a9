export { type Notice, queueNotices } from './outbox.ts'
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
export { type Reader, tellOfAccount } from './tell.ts'
export {
  activityName,
  codeMessage,
  type NoticeTemplate,
  type NoticeVariables,
  nameBrowser,
  type RequestVariables,
} from './templates.ts'
