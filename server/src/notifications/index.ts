export { type Notice, queueNotices } from './outbox.ts'
export { sendNotice } from './send.ts'
export {
  type Channel,
  gatewaySender,
  type Message,
  SendError,
  type Sender,
  type Senders,
  smtpSender,
} from './senders.ts'
export { codeMessage, type NoticeTemplate, type NoticeVariables, type RequestVariables } from './templates.ts'
