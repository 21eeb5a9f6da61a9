import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { readName } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** Names that are compared with a mistyped one: those that begin most alike first. */
const COMPARED = 2_000

/** How many letters may be wrong, and how many people are told. */
const WRONG = 2
const TOLD = 3
const FAR = WRONG + 1

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

/** How many letters are missing, too many, wrong, or changed places, from one text to another; `FAR` for more than `WRONG`. */
export function wrongLetters(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > WRONG) return FAR
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  let next: number[] = []
  for (let i = 1; i <= one.length; i++) {
    // Further from the diagonal more letters are missing than may be.
    const from = Math.max(1, i - WRONG)
    const to = Math.min(other.length, i + WRONG)
    let least = from === 1 ? i : FAR
    next[from - 1] = least
    for (let j = from; j <= to; j++) {
      const isSame = one[i - 1] === other[j - 1]
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      let wrong = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1))
      if (isSwapped) wrong = Math.min(wrong, before[j - 2]! + 1)
      next[j] = wrong
      least = Math.min(least, wrong)
    }
    next[to + 1] = FAR
    if (least > WRONG) return FAR
    ;[before, row, next] = [row, next, before]
  }
  return Math.min(row[other.length]!, FAR)
}
