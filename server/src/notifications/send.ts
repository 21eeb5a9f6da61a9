import type { Means } from '../crypto/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { chooseLanguage, type Words } from '../words/index.ts'
import { closeNotice, findWaitingNotice } from './queries.ts'
import { SendError, type Senders } from './senders.ts'
import {
  type NoticeTemplate,
  type NoticeVariables,
  noticeMessage,
  type RequestVariables,
  requestMessage,
} from './templates.ts'

/**
 * Sends one notice from the outbox and notes it. Done already: nothing happens.
 * Throws where it should be tried again; gives up where the other side says never.
 */
export async function sendNotice(
  db: Db,
  means: Means,
  words: Words,
  senders: Senders,
  { tenantId, noticeId }: GraphileWorker.Tasks['send-notice'],
) {
  const notice = await inTenant(db, tenantId, trx => findWaitingNotice(trx, tenantId, noticeId))
  if (!notice) return
  const locale = words.in(chooseLanguage([notice.language]))
  const text =
    notice.template === 'request'
      ? requestMessage(locale, notice.variables as unknown as RequestVariables)
      : noticeMessage(locale, notice.template as NoticeTemplate, notice.variables as unknown as NoticeVariables)
  const to = means.keys.open({ purpose: 'notice', tenantId, rowId: noticeId }, notice.to_sealed)
  const kind = notice.template === 'request' ? 'request' : 'notice'
  try {
    if (!senders.email) throw new SendError('no mail server is set', true)
    await senders.email.send({ channel: 'email', kind, journeyId: notice.correlation_id, to, ...text })
  } catch (error) {
    if (!(error instanceof SendError) || !error.final) throw error
    await inTenant(db, tenantId, trx => closeNotice(trx, tenantId, noticeId, { failed: means.now }))
    return
  }
  await inTenant(db, tenantId, trx => closeNotice(trx, tenantId, noticeId, { sent: means.now }))
}
