import type { Means } from '../crypto/index.ts'
import { lockTenant } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { lengthOf, TERM_LENGTH } from './bannedWords.ts'

/** How many words a tenant may ban. */
export const CUSTOM_WORDS_AT_MOST = 1_000

/** Why a line of an import bans nothing. */
export type WordRefusal = 'too_short' | 'too_long' | 'not_printable' | 'list_full'

/** The outcome of added words. */
export interface Added {
  added: string[]
  /** On the list already, or given twice. */
  present: string[]
  /** `line`: the place among the given words, counted from 1. */
  refused: { line: number; word: string; why: WordRefusal }[]
}

/** The tenant's own banned words, by the alphabet. */
export async function listBannedWords(trx: Trx, tenantId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('banned_words')
    .select('word')
    .where('tenant_id', '=', tenantId)
    .orderBy('word')
    .execute()
  return rows.map(({ word }) => word)
}

/** Bans words in this tenant. A refused word does not keep others from the list; each is reported. */
export async function addBannedWords(
  trx: Trx,
  means: Means,
  tenantId: string,
  given: readonly string[],
): Promise<Added> {
  await lockTenant(trx, tenantId)
  const known = new Set(await listBannedWords(trx, tenantId))
  const result: Added = { added: [], present: [], refused: [] }
  for (const [place, text] of given.entries()) {
    const word = readWord(text)
    const why = refusalOf(word)
    if (!why && known.has(word)) result.present.push(word)
    else if (why || known.size >= CUSTOM_WORDS_AT_MOST)
      result.refused.push({ line: place + 1, word, why: why ?? 'list_full' })
    else {
      known.add(word)
      result.added.push(word)
    }
  }
  if (result.added.length > 0)
    await trx
      .insertInto('banned_words')
      .values(result.added.map(word => ({ tenant_id: tenantId, word, added_at: means.now })))
      .execute()
  return result
}

/** Bans the words of a text file, one a line. Empty lines are skipped, and counted. */
export async function importBannedWords(trx: Trx, means: Means, tenantId: string, text: string): Promise<Added> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const filled = lines.map((word, place) => ({ word, line: place + 1 })).filter(({ word }) => word.trim() !== '')
  const result = await addBannedWords(
    trx,
    means,
    tenantId,
    filled.map(({ word }) => word),
  )
  return { ...result, refused: result.refused.map(one => ({ ...one, line: filled[one.line - 1]!.line })) }
}

/** Takes words off the list. Returns the ones that were on it. */
export async function removeBannedWords(trx: Trx, tenantId: string, given: readonly string[]): Promise<string[]> {
  if (given.length === 0) return []
  const rows = await trx
    .deleteFrom('banned_words')
    .where('tenant_id', '=', tenantId)
    .where('word', 'in', given.map(readWord))
    .returning('word')
    .execute()
  return rows.map(({ word }) => word)
}

/** A word as the list has it: neither case nor width makes another one of it. */
const readWord = (text: string) => text.trim().normalize('NFKC').toLowerCase()

function refusalOf(word: string): WordRefusal | undefined {
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(word)) return 'not_printable'
  const length = lengthOf(word)
  if (length < TERM_LENGTH.shortest) return 'too_short'
  return length > TERM_LENGTH.longest ? 'too_long' : undefined
}
