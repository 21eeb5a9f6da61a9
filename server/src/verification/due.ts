import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findTenantId, getTenant, listHolders, NOBODYS_TENANT } from '../directory/index.ts'
import { queueNotices } from '../notifications/index.ts'
import {
  canFix,
  findAccount,
  findStages,
  nextReminder,
  noteReminder,
  type Stage,
  SUSPENDED,
  setDeadline,
  suspendPartner,
} from '../partners/index.ts'
import { type Db, inPair, inSystem, type Trx } from '../store/index.ts'
import { mailContact } from './mails.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'move-verifications': Record<string, unknown>
    }
  }
}

/**
 * Reminds firms of what they are asked for, suspends them after 30 days, and tells the reviewers of what waits too long
 * (partners on the wire, §5). One that fails does not keep the others.
 */
export async function moveDueVerifications(db: Db, means: Means, operatorTenant: string | undefined): Promise<void> {
  const due = await inSystem(db, trx =>
    trx
      .selectFrom('partner_stages')
      .select(['tenant_id as tenantId', 'stage'])
      .where(eb =>
        eb.or([
          eb('look_at', '<=', means.now),
          eb.and([eb('status', '=', 'actionNeeded'), eb('look_at', 'is', null), eb('due_at', 'is', null)]),
        ]),
      )
      .orderBy('look_at')
      .execute(),
  )
  const deskId = operatorTenant === undefined ? NOBODYS_TENANT : await findTenantId(db, operatorTenant)
  const failures: unknown[] = []
  for (const { tenantId, stage } of due) {
    const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: means.random.uuid(means.now) } }
    await inPair(db, [tenantId, deskId], async enter => {
      const late = await lookAt(await enter(tenantId), act, stage)
      if (late !== undefined && deskId !== NOBODYS_TENANT)
        await tellReviewers(await enter(deskId), act, { company: late, stage })
    }).catch(error => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

/** Returns the firm's name where its reviewers are late. */
async function lookAt(firm: Trx, act: Act, stage: Stage): Promise<string | undefined> {
  const { now } = act
  // Its lock first: a reviewer or the firm may be about to change the stage.
  const account = await findAccount(firm, act, true)
  const found = (await findStages(firm)).find(one => one.stage === stage)
  if (!account || !found?.since) return undefined
  // A word of the former version names no day.
  if (found.status === 'actionNeeded' && !found.lookAt && !found.dueAt) await setDeadline(firm, act, stage)
  if (!found.lookAt || found.lookAt > now) return undefined
  if (!canFix(found)) {
    await noteReminder(firm, act, { stage, days: 0, next: null })
    return found.status === 'pending' ? account.legalProfile.companyName : undefined
  }
  const askedAt = found.dueAt ? plus(found.dueAt, -SUSPENDED * DAY) : found.since
  const days = Math.floor((now.getTime() - askedAt.getTime()) / DAY)
  // Suspended for something else: looked at daily, as that may end before the stage is accepted.
  if (days >= SUSPENDED && account.suspension && account.suspension.reason !== 'verification') {
    await noteReminder(firm, act, { stage, days: 0, next: plus(now, DAY) })
    return undefined
  }
  await noteReminder(firm, act, { stage, days, next: nextReminder(askedAt, now) })
  if (days < SUSPENDED) await mailContact(firm, act, { stage, news: 'reminded', days })
  else if (!account.suspension) {
    await suspendPartner(firm, act, 'verification')
    await mailContact(firm, act, { stage, news: 'suspended', days })
  }
  return undefined
}

async function tellReviewers(desk: Trx, act: Act, { company, stage }: { company: string; stage: Stage }) {
  const { displayName: organization, preferredLanguage: language } = await getTenant(desk, desk.tenantId)
  const reviewers = (await listHolders(desk, ['Verification Reviewer'])).flatMap(({ people }) => people)
  const variables = { organization, company, news: 'overdue', stage, reason: null, days: 0 } as const
  await queueNotices(
    desk,
    act,
    reviewers.map(({ mail, userPrincipalName }) => ({
      ...{ to: mail ?? userPrincipalName, language, template: 'verification' as const, variables },
    })),
  )
}
