import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { findUserByName, NOBODYS_TENANT, readDomain, readName } from '../directory/index.ts'
import { findMailboxChallenge } from '../mailboxes/index.ts'
import { type Check, domainsWith } from '../organization/index.ts'
import { type Db, inSystem, inTenant, isOver, type Row, type SealedColumn, type Trx } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { formerPeopleOf, hasTakenIn } from './former.ts'
import { PROVE_LASTS, SETTLES, stateOf, type Takeover, type TakeoverKind } from './takeover.ts'

/** What a job seals anew. */
export const takeoverSeals: SealedColumn[] = [
  { table: 'takeovers', column: 'address_sealed', key: ['id'], purpose: 'takeover-address' },
  { table: 'takeovers', column: 'reason_sealed', key: ['id'], purpose: 'takeover-reason' },
]

/** The keyed hashes of the mailbox that claims, one for each secret, newest first. */
export function askersOf({ keys }: Pick<Means, 'keys'>, address: string): Buffer[] {
  const { mailbox, domain } = mailboxOf(address)
  return keys.macs('mailbox', `${mailbox}@${domain}`)
}

/** A claim as it begins. `provedAt`: where its mailbox was proved elsewhere. */
export interface NewTakeover {
  id: string
  kind: TakeoverKind
  domain: string
  address: string
  language: string
  browserHashes: Buffer[]
  proof: string
  /** Of a company's claim: which one, and its name and primary domain. */
  company?: { tenantId: string; name: string }
}

export async function insertTakeover(trx: Trx, means: Means, one: NewTakeover): Promise<void> {
  const { now, keys } = means
  const { tenantId } = trx
  const { id, kind, domain, address, language, browserHashes, proof, company } = one
  const ends = plus(now, PROVE_LASTS)
  await trx
    .insertInto('takeovers')
    .values({
      ...{ tenant_id: tenantId, id, kind, domain, language, proof, created_at: now, ends_at: ends, due_at: ends },
      asker: askersOf(means, address)[0]!,
      address_sealed: keys.seal({ purpose: 'takeover-address', tenantId, rowId: id }, address),
      browser_hashes: browserHashes,
      ...(company && { other_tenant_id: company.tenantId, company: company.name }),
    })
    .execute()
}

/** The tenant in which a claim is looked up: the empty one where there is none, so that both take the same way. */
export async function findTenantOfTakeover(db: Db, id: string): Promise<string> {
  if (!isUuid(id)) return NOBODYS_TENANT
  const found = await inSystem(db, trx =>
    trx.selectFrom('takeovers').select('tenant_id').where('id', '=', id).executeTakeFirst(),
  )
  return found?.tenant_id ?? NOBODYS_TENANT
}

export interface Found {
  row: Row<'takeovers'>
  takeover: Omit<Takeover, 'account' | 'challenge' | 'people'>
}

/** A claim of this tenant, locked where it is about to change. One whose mailbox nobody proved in time is none. */
export async function findTakeover(trx: Trx, means: Means, id: string, lock = false): Promise<Found | undefined> {
  if (!isUuid(id)) return undefined
  const row = await trx
    .selectFrom('takeovers')
    .selectAll()
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .$if(lock, query => query.forUpdate())
    .executeTakeFirst()
  if (!row || (!row.proved_at && !row.ended_at && isOver(row.ends_at, means.now, PROVE_LASTS))) return undefined
  return { row, takeover: takeoverOf(means, row) }
}

function takeoverOf({ keys }: Pick<Means, 'keys'>, row: Row<'takeovers'>): Found['takeover'] {
  const { tenant_id: tenantId, id, kind, domain, language, proof, refusal, ended_at } = row
  const open = (purpose: 'takeover-address' | 'takeover-reason', sealed: Buffer) =>
    keys.open({ purpose, tenantId, rowId: id }, sealed)
  return {
    ...{ tenantId, id, kind, domain, language, proof, refusal },
    address: open('takeover-address', row.address_sealed),
    state: stateOf(row),
    createdAt: row.created_at,
    endsAt: row.ends_at,
    check: row.last_check as Check | null,
    waitingSince: row.waiting_since,
    finishedAt: row.finished_at,
    undoUntil: row.finished_at && !ended_at && !row.disputed_at ? row.ends_at : null,
    reason: row.reason_sealed && open('takeover-reason', row.reason_sealed),
    otherTenantId: row.other_tenant_id,
    company: row.company,
  }
}

/** The whole claim, with its code and the number of people. */
export async function readTakeover(db: Db, means: Means, { row, takeover }: Found): Promise<Takeover> {
  const isUnproved = takeover.state === 'prove-mailbox'
  return {
    ...takeover,
    // Strangers' mailboxes are proved in the empty tenant.
    challenge: isUnproved
      ? await inTenant(db, NOBODYS_TENANT, trx => findMailboxChallenge(trx, means, takeover.id))
      : undefined,
    account: await inTenant(db, takeover.tenantId, trx => findAccountName(trx, takeover)),
    people: row.waiting_since ? await inTenant(db, takeover.tenantId, trx => countPeople(trx, row)) : null,
  }
}

/** The name of the account that a claim makes: its mailbox, without a tag. */
export function nameOf(address: string): string {
  const { mailbox, domain } = mailboxOf(address)
  return `${mailbox}@${readDomain(domain) ?? domain}`
}

/**
 * The same, or where a recovery finds somebody of that name, another with a number: the old account may be its owner's
 * who has lost every way in, and stays as it is.
 */
export async function findAccountName(
  trx: Trx,
  { kind, address }: Pick<Takeover, 'kind' | 'address'>,
): Promise<string> {
  const name = nameOf(address)
  const [local = '', domain] = name.split('@')
  for (let number = 1; number < 100; number++) {
    const one = number === 1 ? name : `${local.slice(0, 60)}-${number}@${domain}`
    if (kind !== 'recovery' || !(await findUserByName(trx, trx.tenantId, readName(one).folded))) return one
  }
  return name
}

/** People of these domains, enabled or not, with their folded names. */
export const findPeopleIn = (trx: Trx, names: readonly string[]): Promise<{ id: string; name: string }[]> =>
  trx
    .selectFrom('users')
    .select(['id', 'user_principal_name_folded as name'])
    .where('tenant_id', '=', trx.tenantId)
    .where(sql<boolean>`split_part(user_principal_name_folded, '@', 2) = any(${names}::text[])`)
    .orderBy('id')
    .execute()

/** Enabled people of the tenant; where a company claims, people of the domain, whom it takes in. */
async function countPeople(trx: Trx, row: Row<'takeovers'>): Promise<number> {
  if (hasTakenIn(row)) return formerPeopleOf(row).people.length
  if (row.kind === 'external') return (await findPeopleIn(trx, await domainsWith(trx, row.domain))).length
  const { count } = await trx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', trx.tenantId)
    .where('account_enabled', '=', true)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Whether one of these hashes is this browser's. */
export const isHeldBy = (
  { keys }: Pick<Means, 'keys'>,
  hashes: readonly Buffer[],
  browserToken: string | undefined,
): boolean => browserToken !== undefined && hashes.some(hash => keys.matches(hash, 'browser', browserToken))

export type Changes = Partial<Omit<Row<'takeovers'>, 'tenant_id' | 'id' | 'former' | 'last_check'>> & {
  former?: string | null
  last_check?: string
}

export const changeTakeover = async (trx: Trx, id: string, changes: Changes): Promise<void> => {
  await trx.updateTable('takeovers').set(changes).where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
}

/** The claims of a tenant that a job looks at now. */
export const dueTakeovers = (now: Date) => sql<boolean>`ended_at is null and proved_at is not null and due_at <= ${now}`

/** When a job looks at a claim again whose state ends then. */
export const nextLook = (endsAt: Date, now: Date): Date => (plus(now, DAY) < endsAt ? plus(now, DAY) : endsAt)

/** The end of the time in which the people there can undo. */
export const settlesUntil = (now: Date) => plus(now, SETTLES)
