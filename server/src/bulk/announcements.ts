import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import { type AnnouncementKind, checkPromise } from '../administration/index.ts'
import { DAY, plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { membersThrough, userEntity } from '../directory/index.ts'
import { type Asking, readOptions, readPage } from '../odata/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import type { Cells } from './headings.ts'
import type { KindName, MakerAct } from './kinds.ts'
import { type NewJob, takeRows } from './making.ts'

/** Announcements of a tenant in a day: nobody is mailed more often, whoever asks. */
const A_DAY = 5

/** Whom an announcement is for: the members of a group, also through groups, and whom a filter of users finds. */
export interface Announced {
  kind: AnnouncementKind
  groupId?: string | undefined
  filter?: string | undefined
}

/**
 * Mails people one of the mails of a roll-out, by a job with a row for each. Returns its id. Throws `quota_exceeded` for a
 * sixth in a day, `property_required` where the one for the help desk would go to everybody, and what `checkPromise`,
 * `demand` and the filter throw.
 */
export async function announce(
  db: Db,
  act: MakerAct,
  asking: Asking,
  { announced, ...asked }: Omit<NewJob, 'kind'> & { announced: Announced },
): Promise<string> {
  const { tenantId } = act.actor
  demand(act, 'resetPolicies.write', { kind: 'tenant', tenantId })
  const { kind, groupId, filter } = announced
  if (groupId !== undefined && !isUuid(groupId)) throw refuse('property_invalid', { field: 'groupId' })
  if (kind === 'helpDesk' && !groupId && !filter) throw refuse('property_required', { field: 'groupId' })
  const pageOf = pagesOf(asking, filter)
  pageOf(undefined)
  await inTenant(db, tenantId, async trx => {
    await checkPromise(trx, kind)
    if (!asked.isDryRun) await checkQuota(trx, act.now)
  })
  const within = groupId
    ? [sql<boolean>`users.id in (select id from (${membersThrough(tenantId, groupId)}) m where m.kind = 'user')`]
    : []
  return takeRows(
    db,
    act,
    { ...asked, kind: kindOfJob(kind), announcement: kind },
    peopleOf(db, tenantId, { kind, pageOf, within }),
  )
}

const kindOfJob = (kind: AnnouncementKind): KindName =>
  kind === 'register' ? 'announceRegistration' : 'announceRollOut'

const pagesOf = (asking: Asking, filter: string | undefined) => (place: string | undefined) =>
  readOptions(
    userEntity(asking.tenantId),
    [
      ['$select', 'id'],
      ['$top', '999'],
      ...(filter === undefined ? [] : [['$filter', filter] as [string, string]]),
      ...(place === undefined ? [] : [['$skiptoken', place] as [string, string]]),
    ],
    asking,
  )

async function* peopleOf(
  db: Db,
  tenantId: string,
  {
    kind,
    pageOf,
    within,
  }: { kind: AnnouncementKind; pageOf: ReturnType<typeof pagesOf>; within: Parameters<typeof readPage>[3] },
): AsyncGenerator<Cells> {
  for (let place: string | undefined; ; ) {
    const options = pageOf(place)
    const { value, next } = await inTenant(db, tenantId, trx => readPage(trx, userEntity(tenantId), options, within))
    for (const { id } of value) yield { id: String(id), ...(kind !== 'register' && { announcement: kind }) }
    if (next === undefined) return
    place = next
  }
}

async function checkQuota(trx: Trx, now: Date): Promise<void> {
  const { count } = await trx
    .selectFrom('bulk_jobs')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', trx.tenantId)
    .where('kind', 'in', ['announceRegistration', 'announceRollOut'])
    .where('is_dry_run', '=', false)
    .where('created_at', '>', plus(now, -DAY))
    .executeTakeFirstOrThrow()
  if (Number(count) >= A_DAY) throw refuse('quota_exceeded')
}
