import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findUser, readName, targetOf } from '../directory/index.ts'
import { blocksOf, clear, hasLock } from '../limits/index.ts'
import { unblockMethods } from '../methods/index.ts'
import { isReported } from '../passwords/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { refuseMissing } from './errors.ts'

/** What blocks an account: counted failures, by what they were of, and methods that their owner reported. */
export const blockKinds = ['password', 'proofs', 'phoneNumber', 'methods'] as const
export type BlockKind = (typeof blockKinds)[number]

/** What is lifted where a caller names nothing: counted failures. A method that its owner reported has to be named. */
export const countedKinds = blockKinds.filter(kind => kind !== 'methods')

/** What was lifted. `reported`: the password stays locked, because its owner reported it as known to somebody else. */
export interface Lifted {
  blocks: number
  methods: number
  reported: boolean
}

/** Lifts the blocks of an account, of these kinds. Throws `not_found`, and what `demand` throws. */
export async function liftBlocks(
  trx: Trx,
  act: Act,
  { id, kinds }: { id: string; kinds: readonly BlockKind[] },
): Promise<Lifted> {
  const { tenantId } = trx
  const user = await findUser(trx, tenantId, id, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'blocks.lift', targetOf(user))
  const { folded } = readName(user.userPrincipalName)
  // A reported password is known to somebody else: only a new one lets the owner in again.
  const reported = kinds.includes('password') && (await isReported(trx, user))
  const counted = kinds.filter(kind => kind !== 'methods').filter(kind => kind !== 'password' || !reported)
  const locks = counted.includes('password') ? (['lock'] as const) : []
  const held = await askOne(trx, blocksOf(act, tenantId, folded, ...counted, ...locks))
  const lasting = held.filter(({ seconds }) => seconds > 0).length
  const blocks = lasting === 0 && hasLock(held) ? 1 : lasting
  if (counted.length > 0) await clear(trx, act, folded, ...counted)
  const methods = kinds.includes('methods') ? await unblockMethods(trx, user) : 0
  await record(trx, act, {
    activity: 'user.unblocked',
    result: 'success',
    target: { id: user.id, name: user.userPrincipalName },
    details: { kinds: kinds.join(), lifted: String(blocks), methods: String(methods) },
  })
  return { blocks, methods, reported }
}
