import { sql } from 'kysely'
import type { Learned } from '../assistant/index.ts'
import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { isBelow, NOBODYS_TENANT } from '../directory/index.ts'
import { findMailboxChallenge, type MailboxChallenge } from '../mailboxes/index.ts'
import {
  type Db,
  inSystem,
  inTenant,
  isOver,
  type Row,
  type SealedColumn,
  type Trx,
  withBrowsers,
} from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import {
  ADMINISTRATORS_HAVE,
  type Author,
  type Case,
  type CaseMessage,
  type CaseState,
  type HandedOver,
  PROVE_LASTS,
} from './case.ts'

/** What a job seals anew. */
export const caseSeals: SealedColumn[] = [
  { table: 'cases', column: 'address_sealed', key: ['id'], purpose: 'case-address' },
  { table: 'case_messages', column: 'text_sealed', key: ['id'], purpose: 'case-text' },
  { table: 'case_messages', column: 'learned_sealed', key: ['id'], purpose: 'case-learned' },
]

/** The keyed hashes of the mailbox that asks, one for each secret, newest first. A tag after a plus sign makes no other one. */
export function askersOf({ keys }: Pick<Means, 'keys'>, address: string): Buffer[] {
  const { mailbox, domain } = mailboxOf(address)
  return keys.macs('mailbox', `${mailbox}@${domain}`)
}

/** A case as it begins, before its mailbox is proved. */
export type NewCase = Pick<Case, 'id' | 'number' | 'kind' | 'domain' | 'address' | 'language'> & {
  /** Of the asker; a case that a helper opens is in no browser yet. */
  browserToken?: string
  /** Who wrote the text, by default the asker. */
  by?: Author
  text: string
  learned?: Learned | undefined
  proof: string
  dueAt: Date
}

export async function insertCase(trx: Trx, means: Means, one: NewCase): Promise<void> {
  const { now, keys } = means
  const { tenantId } = trx
  const { id, number, kind, domain, address, language, browserToken, by = 'asker', text, learned, proof, dueAt } = one
  await trx
    .insertInto('cases')
    .values({
      ...{ tenant_id: tenantId, id, number, kind, domain, language, proof, created_at: now, due_at: dueAt },
      asker: askersOf(means, address)[0]!,
      address_sealed: keys.seal({ purpose: 'case-address', tenantId, rowId: id }, address),
      browser_hashes: browserToken === undefined ? [] : [keys.mac('browser', browserToken)],
      asked: 'administrators',
    })
    .execute()
  await insertMessage(trx, means, { caseId: id, by, text, learned })
}

export async function insertMessage(
  trx: Trx,
  { now, random, keys }: Means,
  { caseId, by, text, learned }: Pick<CaseMessage, 'by' | 'text' | 'learned'> & { caseId: string },
): Promise<void> {
  const { tenantId } = trx
  const id = random.uuid(now)
  const sealed = keys.seal({ purpose: 'case-text', tenantId, rowId: id }, text)
  const learnedSealed = learned && keys.seal({ purpose: 'case-learned', tenantId, rowId: id }, JSON.stringify(learned))
  await trx
    .insertInto('case_messages')
    .values({
      ...{ tenant_id: tenantId, id, case_id: caseId, written_by: by, at: now, text_sealed: sealed },
      learned_sealed: learnedSealed,
    })
    .execute()
}

/** The open case of this mailbox and domain, locked. Of two that open at once, the second sees the first. */
export async function lockOpenOf(
  trx: Trx,
  means: Pick<Means, 'keys'>,
  { address, domain }: Pick<Case, 'address' | 'domain'>,
) {
  const { tenantId } = trx
  const { mailbox, domain: host } = mailboxOf(address)
  await sql`select pg_advisory_xact_lock(hashtextextended(${`case ${tenantId} ${mailbox}@${host} ${domain}`}, 0))`.execute(
    trx,
  )
  return trx
    .selectFrom('cases')
    .select(['id', 'number', 'browser_hashes', 'asked', 'answered_at', 'address_proved_at', 'raised_by'])
    .where('tenant_id', '=', tenantId)
    .where('asker', 'in', askersOf(means, address))
    .where('domain', '=', domain)
    .where('opened_at', 'is not', null)
    .where('closed_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

/** The tenant in which a number is looked up: the empty one where there is no such case, so that both take the same way. */
export async function findTenantOfCase(db: Db, number: string): Promise<string> {
  const found = await inSystem(db, trx =>
    trx.selectFrom('cases').select('tenant_id').where('number', '=', number).executeTakeFirst(),
  )
  return found?.tenant_id ?? NOBODYS_TENANT
}

/** The case of this number in this tenant, locked where it is about to change. One whose mailbox nobody proved in time is none. */
export async function findCase(trx: Trx, means: Means, number: string, lock = false): Promise<Found | undefined> {
  const row = await trx
    .selectFrom('cases')
    .selectAll()
    .where('tenant_id', '=', trx.tenantId)
    .where('number', '=', number)
    .$if(lock, query => query.forUpdate())
    .executeTakeFirst()
  if (!row || (!row.opened_at && isOver(row.due_at, means.now, PROVE_LASTS))) return undefined
  const messages = await trx
    .selectFrom('case_messages')
    .select(['id', 'written_by', 'at', 'text_sealed', 'learned_sealed'])
    .where('tenant_id', '=', trx.tenantId)
    .where('case_id', '=', row.id)
    .orderBy('id')
    .execute()
  return { row, case: caseOf(means, row, messages) }
}

/** The same, by its id, which jobs carry. */
export async function findCaseById(trx: Trx, means: Means, id: string, lock = false): Promise<Found | undefined> {
  const row = await trx
    .selectFrom('cases')
    .select('number')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && findCase(trx, means, row.number, lock)
}

export interface Found {
  row: Row<'cases'>
  case: Omit<Case, 'challenge'>
}

function caseOf(
  { keys }: Pick<Means, 'keys'>,
  row: Row<'cases'>,
  messages: Pick<Row<'case_messages'>, 'id' | 'written_by' | 'at' | 'text_sealed' | 'learned_sealed'>[],
): Found['case'] {
  const { tenant_id: tenantId, id, number, kind, domain, language, asked, result } = row
  const address = keys.open({ purpose: 'case-address', tenantId, rowId: id }, row.address_sealed)
  const addressProved = row.raised_by === null || row.address_proved_at !== null
  return {
    ...{ tenantId, id, number, kind, domain, address, language, asked, result },
    state: stateOf(row),
    createdAt: row.created_at,
    openedAt: row.opened_at,
    dueAt: row.due_at,
    closedAt: row.closed_at,
    ...{ userId: row.user_id, addressProved },
    handedOver: { finding: row.finding, checkedBy: row.check_means, checkedAt: row.checked_at } as HandedOver,
    inDomain: addressProved && isBelow(mailboxOf(address).domain, domain),
    ...{ proof: row.proof, dnsProvedAt: row.dns_proved_at, check: row.last_check },
    messages: messages.map(
      (one): CaseMessage => ({
        id: one.id,
        by: one.written_by,
        at: one.at,
        text: keys.open({ purpose: 'case-text', tenantId, rowId: one.id }, one.text_sealed),
        ...(one.learned_sealed && {
          learned: JSON.parse(keys.open({ purpose: 'case-learned', tenantId, rowId: one.id }, one.learned_sealed)),
        }),
      }),
    ),
  }
}

function stateOf({ opened_at, closed_at, answered_at, asked }: Row<'cases'>): CaseState {
  if (closed_at) return 'closed'
  if (!opened_at) return 'prove-address'
  return answered_at ? 'asker' : asked
}

/** The code of a case whose mailbox is not proved yet. Strangers' mailboxes are proved in the empty tenant. */
export const findChallenge = (db: Db, means: Means, id: string): Promise<MailboxChallenge | undefined> =>
  inTenant(db, NOBODYS_TENANT, trx => findMailboxChallenge(trx, means, id))

/** Whether this browser holds the case. */
export const isHeldBy = ({ keys }: Pick<Means, 'keys'>, row: Row<'cases'>, browserToken: string | undefined): boolean =>
  browserToken !== undefined && row.browser_hashes.some(hash => keys.matches(hash, 'browser', browserToken))

/** Gives a case to these browsers of the asker too. The one that has held it longest may lose it. */
export const giveToBrowsers = (
  trx: Trx,
  { id, browser_hashes }: Pick<Row<'cases'>, 'id' | 'browser_hashes'>,
  hashes: readonly Buffer[],
): Promise<void> => changeCase(trx, id, { browser_hashes: withBrowsers(browser_hashes, hashes) })

/** The same by the case's id. */
export async function giveCaseTo(trx: Trx, id: string, hash: Buffer): Promise<void> {
  const row = await trx
    .selectFrom('cases')
    .select(['id', 'browser_hashes'])
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (row) await giveToBrowsers(trx, row, [hash])
}

/** The same for a browser of the provider. */
export const giveToProvider = (
  trx: Trx,
  { id, provider_hashes }: Pick<Row<'cases'>, 'id' | 'provider_hashes'>,
  hash: Buffer,
): Promise<void> => changeCase(trx, id, { provider_hashes: withBrowsers(provider_hashes, [hash]) })

/** Notes that somebody reads the mailbox of a case. Helpers have their time for a case that one of them opened from now. */
export async function noteAddress(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  {
    id,
    address_proved_at,
    raised_by,
    answered_at,
  }: Pick<Row<'cases'>, 'id' | 'address_proved_at' | 'raised_by' | 'answered_at'>,
): Promise<void> {
  if (address_proved_at) return
  const begins = raised_by !== null && !answered_at
  await changeCase(trx, id, { address_proved_at: now, ...(begins && { due_at: plus(now, ADMINISTRATORS_HAVE) }) })
}

export async function changeCase(
  trx: Trx,
  id: string,
  changes: Partial<
    Pick<
      Row<'cases'>,
      | 'browser_hashes'
      | 'opened_at'
      | 'asked'
      | 'answered_at'
      | 'due_at'
      | 'closed_at'
      | 'result'
      | 'dns_proved_at'
      | 'provider'
      | 'provider_hashes'
      | 'raised_by'
      | 'user_id'
      | 'address_proved_at'
    > & { last_check: string }
  >,
): Promise<void> {
  await trx.updateTable('cases').set(changes).where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
}
