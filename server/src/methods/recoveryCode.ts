import { createHmac, timingSafeEqual } from 'node:crypto'
import { base32, type Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'
import { readRecoveryCode } from '../typing/index.ts'
import type { Challenge, Method } from './contract.ts'

/** How many codes a sheet has. */
const CODES = 10

/** Signs of a code, five bits each: 60 bits, which nobody guesses within the limits. */
const SIGNS = 12

/** One of ten codes that their owner keeps on paper. Each passes one challenge. */
export const recoveryCode: Method = {
  kind: 'recoveryCode',
  channels: [],
  selfService: true,
  read: proof => ('code' in proof ? readRecoveryCode(proof.code) : ''),
  /** The sheet's key and its codes. A new sheet is another method, so that an older one's codes are gone. */
  async recall(trx, { keys }, { tenantId, userId, methodId }) {
    const rows = await trx
      .selectFrom('methods')
      .innerJoin('recovery_codes', join =>
        join.on('recovery_codes.tenant_id', '=', tenantId).onRef('recovery_codes.method_id', '=', 'methods.id'),
      )
      .select(['value_sealed', 'code_hash as hash', 'challenge_id as usedIn'])
      .where('methods.tenant_id', '=', tenantId)
      .where('methods.user_id', '=', userId)
      .where('methods.id', '=', methodId)
      .execute()
    const sealed = rows[0]?.value_sealed
    if (!sealed || methodId === null) return { values: [] }
    return { values: [keys.open({ purpose: 'method', tenantId, rowId: methodId }, sealed)], codes: rows }
  },
  async judge(_means, _verifiers, { challenge, recalled, proof }) {
    const { values, codes = [] } = recalled
    if (!('code' in proof)) return { right: false }
    const hash = hashOf(values[0] ?? '', readRecoveryCode(proof.code) ?? '')
    // Of a passed challenge its own code is right alone: nothing is counted there, and no other can be found out.
    const passes = challenge.consumedAt ? challenge.id : null
    // Each is compared, so that the time does not tell which one it was.
    const found = codes.filter(code => timingSafeEqual(code.hash, hash))
    return found.some(({ usedIn }) => usedIn === passes) ? { right: true, code: hash } : { right: false }
  },
}

/** A sheet of codes as its owner gets it, once. */
interface Sheet {
  /** Keys the hashes. Sealed with the method, it follows when secrets change. */
  key: string
  codes: string[]
}

export const newSheet = ({ random }: Pick<Means, 'random'>, many = CODES): Sheet => ({
  key: random.token(),
  codes: Array.from({ length: many }, () => inGroups(base32(Buffer.from(random.token(), 'base64url'), SIGNS))),
})

const inGroups = (code: string) => code.match(/.{4}/g)!.join('-')

const hashOf = (key: string, code: string) => createHmac('sha256', key).update(code).digest()

/** Keeps the hashes of a new sheet's codes. They go with the method. `sheet`: where two are kept apart, each is a gate. */
export async function saveCodes(
  trx: Trx,
  { tenantId, id, sheet = 'A' }: { tenantId: string; id: string; sheet?: 'A' | 'B' },
  { key, codes }: Sheet,
) {
  await trx
    .insertInto('recovery_codes')
    .values(
      codes.map(code => ({
        tenant_id: tenantId,
        method_id: id,
        sheet,
        code_hash: hashOf(key, readRecoveryCode(code) ?? ''),
      })),
    )
    .execute()
}

/** Spends a code in one statement, for this challenge. Returns its sheet and how many are left; undefined where another request was quicker. */
export async function claimCode(
  trx: Trx,
  { now }: Means,
  { tenantId, methodId, id }: Challenge,
  hash: Buffer,
): Promise<{ left: number; sheet: string } | undefined> {
  const claimed = await trx
    .updateTable('recovery_codes')
    .set({ used_at: now, challenge_id: id })
    .where('tenant_id', '=', tenantId)
    .where('method_id', '=', methodId)
    .where('code_hash', '=', hash)
    .where('used_at', 'is', null)
    .returning('sheet')
    .executeTakeFirst()
  if (!claimed) return undefined
  const { left } = await trx
    .selectFrom('recovery_codes')
    .select(row => row.fn.countAll().as('left'))
    .where('tenant_id', '=', tenantId)
    .where('method_id', '=', methodId)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return { left: Number(left), sheet: claimed.sheet }
}
