import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { readName } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { WRONG, wrongLetters } from '../typos.ts'

/** Names that are compared with a mistyped one: those that begin most alike first. */
const COMPARED = 2_000

/** How many people are told. */
const TOLD = 3

/**
 * The reset of a support code that was begun with a name of nobody: the ids of the people whose names are nearest to it.
 * What was typed stays sealed: it may be a password (self-service password reset, §11). Undefined: no such reset.
 */
export async function findNearNames(trx: Trx, { keys }: Act, code: string): Promise<string[] | undefined> {
  const { tenantId } = trx
  const journey = await trx
    .selectFrom('journeys')
    .select(['id', 'typed_name_sealed'])
    .where('tenant_id', '=', tenantId)
    .where('support_code', '=', code)
    .where('user_id', 'is', null)
    .executeTakeFirst()
  if (!journey) return undefined
  const typed = keys.open({ purpose: 'typed-name', tenantId, rowId: journey.id }, journey.typed_name_sealed)
  const { folded } = readName(typed)
  // Two names that begin otherwise are seldom each other's typing error; those are found by the people's own index.
  const { rows } = await sql<{ id: string; name: string }>`
    select id, user_principal_name_folded as name from users
    where tenant_id = ${tenantId} and user_principal_name_folded ^@ ${folded.slice(0, 1)} and
      length(user_principal_name_folded) between ${folded.length - WRONG} and ${folded.length + WRONG}
    order by user_principal_name_folded ^@ ${folded.slice(0, 3)} desc, user_principal_name_folded limit ${sql.lit(COMPARED)}`.execute(
    trx,
  )
  const near = rows
    .map(({ id, name }) => ({ id, wrong: wrongLetters(folded, name) }))
    .filter(({ wrong }) => wrong <= WRONG)
    .sort((one, other) => one.wrong - other.wrong)
  return near.slice(0, TOLD).map(({ id }) => id)
}
