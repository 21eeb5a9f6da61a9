import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus, SECOND } from '../clock.ts'
import { linkToken, type Means } from '../crypto/index.ts'
import { type Db, hasEnded, inSystem, inTenant, isOver, type Removal, type Row, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { giveToBrowsers, giveToProvider } from './queries.ts'

/** How long a link to a case can be opened: longer than anybody has to answer. */
const LASTS = 30 * DAY

/** How long a browser holds a case, in seconds: as long as its link. */
export const CASE_HELD = LASTS / SECOND

/** How long an ended link is told from one that never was. */
const KEPT = 30 * DAY

/** A link to a case that can be opened. It can be opened more than once: it leads to what one waits for. */
export interface CaseLink {
  tenantId: string
  id: string
  expiresAt: Date
}

/** Issues a link to a case for a mail to one side, and voids that side's older one. What is kept of it is a keyed hash. */
export async function issueCaseLink(
  trx: Trx,
  { now, random, keys }: Means,
  caseId: string,
  opensAs: Row<'case_links'>['opens_as'],
): Promise<string> {
  const { tenantId } = trx
  await trx
    .updateTable('case_links')
    .set({ expires_at: now })
    .where('tenant_id', '=', tenantId)
    .where('case_id', '=', caseId)
    .where('opens_as', '=', opensAs)
    .where('expires_at', '>', now)
    .execute()
  const token = linkToken(random)
  const expires = plus(now, LASTS)
  await trx
    .insertInto('case_links')
    .values({
      ...{ tenant_id: tenantId, id: random.uuid(now), case_id: caseId, created_at: now, expires_at: expires },
      ...{ token_hash: keys.mac('case-link', token), opens_as: opensAs },
    })
    .execute()
  return token
}

/** The link of a token; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findCaseLink(db: Db, { keys, now }: Means, token: string): Promise<CaseLink | undefined> {
  const hashes = keys.macs('case-link', token)
  const found = await inSystem(db, trx =>
    trx.selectFrom('case_links').select('tenant_id').where('token_hash', 'in', hashes).executeTakeFirst(),
  )
  if (!found) return undefined
  const tenantId = found.tenant_id
  const row = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('case_links')
      .select(['id', 'expires_at as expiresAt'])
      .where('tenant_id', '=', tenantId)
      .where('token_hash', 'in', hashes)
      .executeTakeFirst(),
  )
  if (!row) return undefined
  if (isOver(row.expiresAt, now, LASTS)) throw refuse('link_expired')
  return { tenantId, ...row }
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
      .select(['case_links.expires_at', 'case_links.opens_as'])
      .where('case_links.tenant_id', '=', tenantId)
      .where('case_links.id', '=', id)
      .forUpdate('cases')
      .executeTakeFirst()
    if (!row || isOver(row.expires_at, act.now, LASTS)) throw refuse('link_expired')
    const hash = act.keys.mac('browser', browserToken)
    if (row.opens_as === 'provider') await giveToProvider(trx, row, hash)
    else await giveToBrowsers(trx, row, [hash])
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
export const oldCaseLinks: Removal = {
  table: 'case_links',
  due: now => hasEnded(sql`expires_at`, plus(now, -KEPT), LASTS + KEPT),
}
