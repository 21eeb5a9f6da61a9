import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { HOUR, plus } from '../clock.ts'
import { findUsers } from '../directory/index.ts'
import { type Entity, T } from '../odata/index.ts'
import { listPolicies } from '../policies/index.ts'
import { type Readiness, readinessOf } from '../readiness/index.ts'
import { Refusal } from '../refusals.ts'
import { type Db, enqueue, hasEnded, inTenant, type Removal, stillLasts, type Trx } from '../store/index.ts'
import { foldName, foldText } from '../typing/index.ts'
import { type Asked, previewedWrites } from './previewedWrites.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'judge-preview': { tenantId: string; previewId: string }
    }
  }
}

/** People whom one transaction tries the write on: it holds the locks of the write for as long. */
const BATCH = 500

/** The most people who are judged before the answer; a job judges more. */
const AT_ONCE = 10_000

/** The rows that one statement keeps. */
const KEPT = 1_000

const LASTS = HOUR

/** Previews that one maker has; an older one is removed. */
const OF_A_MAKER = 10

/** What a change does to somebody, the gravest first. */
const effects = {
  losing: (before: Readiness, after: Readiness) => before.isCapable && !after.isCapable,
  gaining: (before: Readiness, after: Readiness) => !before.isCapable && after.isCapable,
  moreGates: (before: Readiness, after: Readiness) => after.isEnabled && after.gatesRequired > before.gatesRequired,
  fewerGates: (before: Readiness, after: Readiness) => after.isEnabled && after.gatesRequired < before.gatesRequired,
  mustRegister: (before: Readiness, after: Readiness) => !before.mustRegister && after.mustRegister,
  mustChangePassword: (before: Readiness, after: Readiness) => !before.mustChangePassword && after.mustChangePassword,
}
export type Effect = keyof typeof effects
export const effectNames = Object.keys(effects) as Effect[]

/** How many people there are, and how many have each effect. */
export type Counts = Record<'users' | Effect, number>

/** The state of somebody, before or after. `policyId`: null for one that the write would make. */
interface State {
  policyId: string | null
  isCapable: boolean
  refusal: string | null
}

interface Affected {
  userId: string
  effects: Effect[]
  before: State
  after: State
}

/** A write as a preview keeps it: the resource that carries it out, and what it is asked with. */
export interface KeptWrite extends Omit<Asked, 'ifMatch'> {
  method: string
  path: string
}

/** A preview as its maker reads it. `counts`: null while a job judges. */
export interface Preview {
  id: string
  status: 'running' | 'succeeded' | 'failed'
  version: string | null
  counts: Counts | null
  expiresAt: Date
}

/** What a preview needs of the act that asks for it. */
type Asking = Act & { actor: { id: string } }

/**
 * Finds whom a write would affect, and changes nothing. Throws what the write would. Returns the preview, which a job
 * completes where there are many people.
 */
export async function makePreview(db: Db, act: Asking, tenantId: string, write: KeptWrite): Promise<string> {
  const users = await inTenant(db, tenantId, countUsers)
  const judged = users <= AT_ONCE ? await judgeAll(db, act, { tenantId, write }) : undefined
  const { version } = judged ?? (await tryOn(db, act, tenantId, { write }))
  const id = act.random.uuid(act.now)
  await inTenant(db, tenantId, async trx => {
    await insertPreview(trx, act, { id, write, version })
    if (!judged) await enqueue(trx, 'judge-preview', { tenantId, previewId: id }, { jobKey: id })
  })
  if (judged) await keep(db, tenantId, id, judged)
  return id
}

/** Completes a preview of many people: a job. Its maker's rights were judged when it was asked; it changes nothing. */
export async function judgePreview(db: Db, act: Act, { tenantId, previewId }: { tenantId: string; previewId: string }) {
  const row = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('policy_previews')
      .select(['write', 'version'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', previewId)
      .where('status', '=', 'running')
      .executeTakeFirst(),
  )
  if (!row) return
  const write = row.write as unknown as KeptWrite
  try {
    await keep(db, tenantId, previewId, await judgeAll(db, act, { tenantId, write, version: row.version ?? undefined }))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // What it would change was changed meanwhile.
    await inTenant(db, tenantId, trx => setStatus(trx, previewId, 'failed', null))
  }
}

/** Reads a preview of this maker that still lasts; undefined for none. */
export async function findPreview(trx: Trx, act: Asking, id: string): Promise<Preview | undefined> {
  const row = await trx
    .selectFrom('policy_previews')
    .select(['id', 'status', 'version', 'counts', 'expires_at as expiresAt'])
    .where('tenant_id', '=', trx.tenantId)
    .where(sql<string>`id::text`, '=', id.toLowerCase())
    .where('maker_id', '=', act.actor.id)
    .where(stillLasts(sql`expires_at`, act.now, LASTS))
    .executeTakeFirst()
  return row && { ...row, status: row.status as Preview['status'], counts: row.counts as Counts | null }
}

interface Judged {
  version: string | undefined
  users: number
  affected: Affected[]
}

/** Tries the write on everybody, some at a time. A change of what it writes in between refuses the rest. */
async function judgeAll(
  db: Db,
  act: Act,
  { tenantId, write, version }: { tenantId: string; write: KeptWrite; version?: string | undefined },
): Promise<Judged> {
  const judged: Judged = { version, users: 0, affected: [] }
  for (let after: string | undefined; ; ) {
    const some = await tryOn(db, act, tenantId, { write, after, version: judged.version })
    judged.version ??= some.version
    judged.users += some.users
    judged.affected.push(...some.affected)
    if (some.last === undefined) return judged
    after = some.last
  }
}

/** Ends the transaction of a trial, so that nothing of it stays: no change, no event, no mail and no job. */
class Undone extends Error {}

/** Judges the next people before and after the write, in a transaction that is rolled back. */
async function tryOn(
  db: Db,
  act: Act,
  tenantId: string,
  { write, after, version }: { write: KeptWrite; after?: string | undefined; version?: string | undefined },
) {
  const { run, version: versionOf } = previewedWrites.find(
    ({ method, path }) => method === write.method && path === write.path,
  )!
  let found: (Judged & { last: string | undefined }) | undefined
  const trial = inTenant(db, tenantId, async trx => {
    const ids = await nextUsers(trx, after)
    const before = await readinessOf(trx, act, await findUsers(trx, ids))
    const policies = new Set((await listPolicies(trx, tenantId)).map(({ id }) => id))
    const was = await versionOf?.(trx, write.params)
    await run(trx, act, { ...write, ifMatch: version === undefined ? undefined : `"${version}"` })
    // Their roles may have changed, so that they are read anew.
    const states = new Map((await readinessOf(trx, act, await findUsers(trx, ids))).map(one => [one.userId, one]))
    const affected = before.flatMap(one => affectedBy(one, states.get(one.userId), policies))
    found = { version: was, users: ids.length, affected, last: ids.length < BATCH ? undefined : ids.at(-1) }
    throw new Undone()
  })
  await trial.catch(error => {
    if (!(error instanceof Undone)) throw error
  })
  return found!
}

function affectedBy(before: Readiness, after: Readiness | undefined, policies: ReadonlySet<string>): Affected[] {
  if (!after) return [] // deleted just now
  const found = effectNames.filter(name => effects[name](before, after))
  const stateOf = ({ policyId, isCapable, refusal }: Readiness): State => ({
    policyId: policies.has(policyId) ? policyId : null,
    isCapable,
    refusal,
  })
  return found.length === 0
    ? []
    : [{ userId: before.userId, effects: found, before: stateOf(before), after: stateOf(after) }]
}

const countUsers = async (trx: Trx): Promise<number> => {
  const { rows } = await sql<{ users: number }>`
    select count(*)::int as users from users where tenant_id = ${trx.tenantId}`.execute(trx)
  return rows[0]!.users
}

async function nextUsers(trx: Trx, after = '00000000-0000-0000-0000-000000000000'): Promise<string[]> {
  const rows = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(BATCH)
    .execute()
  return rows.map(({ id }) => id)
}

async function insertPreview(
  trx: Trx,
  { now, actor }: Asking,
  { id, write, version }: { id: string; write: KeptWrite; version: string | undefined },
): Promise<void> {
  const { tenantId } = trx
  await trx
    .insertInto('policy_previews')
    .values({
      tenant_id: tenantId,
      id,
      maker_id: actor.id,
      write: JSON.stringify(write),
      version: version ?? null,
      created_at: now,
      expires_at: plus(now, LASTS),
    })
    .execute()
  await sql`
    delete from policy_previews where tenant_id = ${tenantId} and id in (
      select id from policy_previews where tenant_id = ${tenantId} and maker_id = ${actor.id}
      order by created_at desc, id desc offset ${sql.lit(OF_A_MAKER)})`.execute(trx)
}

/** Keeps what was found, some at a time, and then that all of it is there. A job may do it twice. */
async function keep(db: Db, tenantId: string, id: string, { users, affected }: Judged): Promise<void> {
  for (let from = 0; from < affected.length; from += KEPT) {
    const rows = JSON.stringify(affected.slice(from, from + KEPT))
    await inTenant(db, tenantId, trx =>
      sql`insert into previewed_users (tenant_id, preview_id, user_id, effects, before, after)
        select ${tenantId}, ${id}, accounts.id, array(select jsonb_array_elements_text(one.effects)), one.before, one.after
        from jsonb_to_recordset(${rows}::jsonb) as one("userId" uuid, effects jsonb, before jsonb, after jsonb)
        join accounts on accounts.tenant_id = ${tenantId} and accounts.id = one."userId"
        on conflict do nothing`.execute(trx),
    )
  }
  const counted = effectNames.map(name => [name, affected.filter(one => one.effects.includes(name)).length])
  const counts: Counts = { users, ...Object.fromEntries(counted) }
  await inTenant(db, tenantId, trx => setStatus(trx, id, 'succeeded', counts))
}

const setStatus = (trx: Trx, id: string, status: Preview['status'], counts: Counts | null) =>
  trx
    .updateTable('policy_previews')
    .set({ status, counts: counts && JSON.stringify(counts) })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()

/** Previews, an hour after they were made; with them whom they affect. */
export const expiredPreviews: Removal = {
  table: 'policy_previews',
  due: now => hasEnded(sql`expires_at`, now, LASTS),
}

/** The people whom a preview affects. */
export const previewedUserEntity: Entity = {
  name: 'previewedUser',
  type: '#latchkey.previewedUser',
  from: sql`previewed_users join users on users.tenant_id = previewed_users.tenant_id and users.id = previewed_users.user_id`,
  tenant: sql`previewed_users.tenant_id`,
  properties: {
    id: { kind: 'uuid', sql: sql`previewed_users.user_id`, unasked: true, filter: ['eq', 'in'] },
    userPrincipalName: {
      kind: 'text',
      sql: sql`users.user_principal_name`,
      unasked: true,
      filter: T,
      order: true,
      folded: { sql: sql`users.user_principal_name_folded`, fold: foldName },
    },
    displayName: {
      kind: 'text',
      sql: sql`users.display_name`,
      unasked: true,
      filter: T,
      order: true,
      folded: { sql: sql`users.display_name_folded`, fold: foldText },
    },
    effect: {
      kind: 'text',
      sql: sql`previewed_users.effects[1]`,
      unasked: true,
      filter: ['eq', 'in'],
      folded: { sql: sql`lower(previewed_users.effects[1])`, fold: text => text.toLowerCase() },
    },
    effects: {
      kind: 'texts',
      sql: sql`previewed_users.effects`,
      any: {
        from: sql`unnest(previewed_users.effects) as effect(name)`,
        fields: {
          '': {
            kind: 'text',
            sql: sql`effect.name`,
            filter: ['eq'],
            folded: { sql: sql`lower(effect.name)`, fold: text => text.toLowerCase() },
          },
        },
      },
    },
    before: { kind: 'value', sql: sql`previewed_users.before`, unasked: true },
    after: { kind: 'value', sql: sql`previewed_users.after`, unasked: true },
  },
}

/** For SQL: whom this preview affects. */
export const affectedBySql = (id: string) => sql<boolean>`previewed_users.preview_id = ${id}::uuid`
