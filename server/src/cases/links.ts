import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, endedLongAgo, findByToken, inTenant, isOver, issueToken, type Row, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { giveToBrowsers, giveToProvider, noteAddress } from './queries.ts'

/** How long a link to a case can be opened: longer than anybody has to answer. */
const LASTS = 30 * DAY

/** How long a browser holds a case, in seconds: as long as its link. */
export const CASE_HELD = LASTS / SECOND

/** How long an ended link is told from one that never was. */
const KEPT = 30 * DAY

const LINKS = { table: 'case_links', purpose: 'case-link' } as const

/** A link to a case that can be opened. It can be opened more than once: it leads to what one waits for. */
export interface CaseLink {
  tenantId: string
  id: string
  expiresAt: Date
}

/** Issues a link to a case for a mail to one side, and voids that side's older one. */
export const issueCaseLink = (
  trx: Trx,
  means: Means,
  caseId: string,
  opensAs: Row<'case_links'>['opens_as'],
): Promise<string> =>
  issueToken(trx, means, LINKS, {
    ...{ id: means.random.uuid(means.now), expiresAt: plus(means.now, LASTS) },
    reader: { case_id: caseId, opens_as: opensAs },
  })

/** The link of a token; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findCaseLink(db: Db, means: Means, token: string): Promise<CaseLink | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (row && isOver(row.expires_at, means.now, LASTS)) throw refuse('link_expired')
  return row && { tenantId: row.tenant_id, id: row.id, expiresAt: row.expires_at }
}

/** Gives the case of a link to this browser. Returns its number. Throws `link_expired`. */
export const openCaseLink = (db: Db, act: Act, { tenantId, id }: CaseLink, browserToken: string): Promise<string> =>
  inTenant(db, tenantId, async trx => {
    const row = await trx
      .selectFrom('case_links')
      .innerJoin('cases', join =>
        join.on('cases.tenant_id', '=', tenantId).onRef('cases.id', '=', 'case_links.case_id'),
      )
      .select(['cases.id', 'cases.number', 'cases.browser_hashes', 'cases.provider_hashes'])
      .select(['cases.address_proved_at', 'cases.raised_by', 'cases.answered_at'])
      .select(['case_links.expires_at', 'case_links.opens_as'])
      .where('case_links.tenant_id', '=', tenantId)
      .where('case_links.id', '=', id)
      .forUpdate('cases')
      .executeTakeFirst()
    if (!row || isOver(row.expires_at, act.now, LASTS)) throw refuse('link_expired')
    const hash = act.keys.mac('browser', browserToken)
    if (row.opens_as === 'provider') await giveToProvider(trx, row, hash)
    else {
      await giveToBrowsers(trx, row, [hash])
      // The link was in that mailbox alone.
      await noteAddress(trx, act, row)
    }
    await record(
      trx,
      { ...act, trail: { ...act.trail, correlationId: row.id } },
      {
        activity: 'link.opened',
        result: 'success',
        target: { id: row.id, name: row.number },
        details: { purpose: 'case' },
      },
    )
    return row.number
  })

/** Links that ended 30 days ago. */
export const oldCaseLinks = endedLongAgo('case_links', { lasts: LASTS, kept: KEPT })
