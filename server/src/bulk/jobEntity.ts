import { sql } from 'kysely'
import { Type } from 'typebox'
import type { Entity } from '../odata/index.ts'
import type { MakerAct } from './kinds.ts'

type Property = Entity['properties'][string]

const column = (name: string) => sql.ref(`bulk_jobs.${name}`)
const answered = (property: Omit<Property, 'unasked'>): Property => ({ ...property, unasked: true })

/** Rows that have run: counted while the job goes on. */
const jobsOf = (
  tenantId: string,
) => sql`(select j.*, coalesce(counted.succeeded, j.succeeded) as done_well, coalesce(counted.failed, j.failed) as done_ill
  from bulk_jobs j left join lateral (select count(*) filter (where r.status < 400)::int as succeeded,
      count(*) filter (where r.status >= 400)::int as failed
    from bulk_rows r where r.tenant_id = ${tenantId} and r.job_id = j.id) as counted on j.ended_at is null) as bulk_jobs`

const DONE = sql`(${column('done_well')} + ${column('done_ill')})`

/** Jobs as they are read (administration on the wire, §2.9), newest first. `now`: for the time that is left. */
export const jobEntityOf = (tenantId: string, now: Date): Entity => ({
  name: 'bulkJob',
  type: '#latchkey.bulkJob',
  from: jobsOf(tenantId),
  tenant: column('tenant_id'),
  order: { by: 'id', descending: true },
  properties: {
    id: answered({ kind: 'uuid', sql: column('id') }) as Entity['properties']['id'],
    kind: answered({ kind: 'text', sql: column('kind') }),
    status: answered({
      kind: 'text',
      sql: column('status'),
      schema: Type.Enum(['notStarted', 'running', 'succeeded', 'failed', 'canceled', 'stopped']),
    }),
    dryRun: answered({ kind: 'boolean', sql: column('is_dry_run') }),
    fileName: answered({ kind: 'text', sql: column('file_name'), nullable: true }),
    createdDateTime: answered({ kind: 'time', sql: column('created_at') }),
    startedDateTime: answered({ kind: 'time', sql: column('started_at'), nullable: true }),
    endedDateTime: answered({ kind: 'time', sql: column('ended_at'), nullable: true }),
    total: answered({ kind: 'number', sql: column('total'), nullable: true }),
    succeeded: answered({ kind: 'number', sql: column('done_well') }),
    failed: answered({ kind: 'number', sql: column('done_ill') }),
    announcementsStopped: answered({
      kind: 'number',
      sql: sql`case when ${column('kind')} in ('announceRegistration', 'announceRollOut') then
        (select count(*)::int from bulk_rows r where r.tenant_id = ${column('tenant_id')} and r.job_id = ${column('id')}
          and r.code = 'announcement_stopped') end`,
      nullable: true,
    }),
    secondsLeft: answered({
      kind: 'number',
      sql: sql`case when ${column('ended_at')} is null and ${column('started_at')} is not null and ${DONE} > 0
        then ceil(greatest(extract(epoch from ${now}::timestamptz - ${column('started_at')}), 0)
          / ${DONE} * (${column('total')} - ${DONE}))::bigint end`,
      nullable: true,
    }),
  },
})

/** For SQL: the jobs of this maker. */
export const madeBy = (actor: MakerAct['actor']) =>
  sql<boolean>`(bulk_jobs.creator_id = ${actor.id}::uuid and bulk_jobs.creator_kind = ${actor.kind}
    and bulk_jobs.home_tenant_id is not distinct from ${actor.kind === 'partner' ? actor.home.tenantId : null}::uuid)`

/** For SQL: one job. */
export const isJob = (id: string) => sql<boolean>`bulk_jobs.id = ${id}::uuid`
