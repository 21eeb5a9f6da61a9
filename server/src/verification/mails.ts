import type { Act } from '../act.ts'
import { countInWindow } from '../captcha/index.ts'
import { DAY } from '../clock.ts'
import { getTenant } from '../directory/index.ts'
import { queueNotices, type VerificationVariables } from '../notifications/index.ts'
import { findAccount, findStages, type Stage } from '../partners/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { issueMailboxLink } from './mailbox.ts'

/** The status that a mail tells of. */
const TELLS = { prove: 'pending', asked: 'actionNeeded', rejected: 'rejected', accepted: 'accepted' } as const

/** Mails to prove it that one mailbox gets within a day, whichever firms name it. */
const OF_MAILBOX = 6

/** Mails the firm's primary contact of a stage, unless it stands otherwise by now. Such mails are never off. */
export async function tellOfVerification(
  db: Db,
  act: Act,
  { tenantId, news, stage }: GraphileWorker.Tasks['tell-of-verification'],
): Promise<void> {
  if (news === 'prove' && !(await mayAskMailbox(db, act, tenantId))) return
  await inTenant(db, tenantId, async firm => {
    const found = (await findStages(firm)).find(one => one.stage === stage)
    if (found?.status !== TELLS[news]) return
    await mailContact(firm, act, { stage, news })
  })
}

/** Counts for the contact's mailbox: firms together may not flood a stranger, and learn nothing of each other. */
async function mayAskMailbox(db: Db, act: Act, tenantId: string): Promise<boolean> {
  const account = await inTenant(db, tenantId, firm => findAccount(firm, act))
  if (!account) return false
  const { mailbox, domain } = mailboxOf(account.contacts.primary.mail)
  const name = act.keys.mac('address', `${mailbox}@${domain}`).toString('base64url')
  return (await countInWindow(db, act, `verification mailbox:${name}`, DAY)).points <= OF_MAILBOX
}

/** Mails the primary contact of the firm that is entered. `days`: since a rejection. */
export async function mailContact(
  firm: Trx,
  act: Act,
  { stage, news, days = 0 }: { stage: Stage; news: VerificationVariables['news']; days?: number },
): Promise<void> {
  const account = await findAccount(firm, act)
  if (!account) return
  const { mail } = account.contacts.primary
  const tenant = await getTenant(firm, firm.tenantId)
  const found = (await findStages(firm)).find(one => one.stage === stage)
  const secret = news === 'prove' ? await issueMailboxLink(firm, act, mail) : undefined
  await queueNotices(firm, act, [
    {
      ...{ to: mail, language: tenant.preferredLanguage, template: 'verification' as const },
      ...(secret !== undefined && { secret }),
      variables: {
        ...{ organization: tenant.displayName, stage, news, days },
        ...{ company: account.legalProfile.companyName, reason: found?.reason ?? null },
      },
    },
  ])
}
