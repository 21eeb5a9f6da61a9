import type { Act } from '../act.ts'
import { isUuid } from '../crypto/index.ts'
import { NOBODYS_TENANT, readName } from '../directory/index.ts'
import { type Db, inTenant, isOver, type SealedColumn } from '../store/index.ts'
import { checkAccount } from '../workAccounts/index.ts'
import { ASSISTANT_LASTS, type Assistant, type Told } from './assistant.ts'
import { refuse } from './errors.ts'
import { SKIP, walk } from './tree.ts'

/** What a job seals anew. */
export const assistantSeals: SealedColumn[] = [
  { table: 'assistants', column: 'told_sealed', key: ['id'], purpose: 'assistant' },
]

const placeOf = (rowId: string) => ({ purpose: 'assistant', tenantId: NOBODYS_TENANT, rowId }) as const

/** Writes a new row, in the empty tenant: whose person it is shows from no row. */
export async function insertAssistant(
  db: Db,
  { now, keys }: Act,
  { id, browserToken, told, expiresAt }: Pick<Assistant, 'id' | 'told' | 'expiresAt'> & { browserToken: string },
): Promise<void> {
  const row = {
    id,
    tenant_id: NOBODYS_TENANT,
    browser_hash: keys.mac('browser', browserToken),
    told_sealed: keys.seal(placeOf(id), JSON.stringify(told)),
    created_at: now,
    expires_at: expiresAt,
  }
  await inTenant(db, NOBODYS_TENANT, trx => trx.last(() => trx.insertInto('assistants').values(row).execute()))
}

/** The assistant that this browser began. Throws `not_found`. */
export async function openAssistant(
  db: Db,
  act: Act,
  id: string,
  browserToken: string | undefined,
): Promise<Assistant> {
  if (!isUuid(id) || browserToken === undefined) throw refuse('not_found')
  const row = await inTenant(db, NOBODYS_TENANT, trx =>
    trx
      .selectFrom('assistants')
      .select(['browser_hash', 'told_sealed', 'steps', 'expires_at'])
      .where('tenant_id', '=', NOBODYS_TENANT)
      .where('id', '=', id)
      .executeTakeFirst(),
  )
  if (!row || !act.keys.matches(row.browser_hash, 'browser', browserToken)) throw refuse('not_found')
  const told: Told = JSON.parse(act.keys.open(placeOf(id), row.told_sealed))
  const isExpired = isOver(row.expires_at, act.now, ASSISTANT_LASTS)
  return judge(db, { id, told, steps: row.steps, expiresAt: row.expires_at, isExpired })
}

/** Where somebody is who told this. */
export async function judge(
  db: Db,
  kept: Pick<Assistant, 'id' | 'told' | 'steps' | 'expiresAt' | 'isExpired'>,
): Promise<Assistant> {
  const { username: given, from, answers } = kept.told
  const answered = answers.find(({ question }) => question === 'username')?.answer
  const username = given ?? (answered === SKIP ? undefined : answered)
  const domain = username === undefined ? undefined : readName(username).domain.slice(0, 100)
  const account: Assistant['account'] = domain === undefined ? undefined : (await checkAccount(db, domain)).account
  const at = walk({ username: given, from, answers, isUnmanaged: account === 'unmanaged' })
  return { ...kept, username, domain, account, at }
}

/** Writes what was told. Of two at once one is refused. Throws `wrong_state`. */
export async function changeAssistant(db: Db, { keys }: Act, one: Assistant, told: Told): Promise<Assistant> {
  const { id, steps } = one
  const sealed = keys.seal(placeOf(id), JSON.stringify(told))
  const changed = await inTenant(db, NOBODYS_TENANT, trx =>
    trx
      .updateTable('assistants')
      .set({ told_sealed: sealed, steps: steps + 1 })
      .where('tenant_id', '=', NOBODYS_TENANT)
      .where('id', '=', id)
      .where('steps', '=', steps)
      .returning('id')
      .executeTakeFirst(),
  )
  if (!changed) throw refuse('wrong_state')
  return judge(db, { ...one, told, steps: steps + 1 })
}
