import type { Means } from '../crypto/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { type Case, readNumber } from './case.ts'
import { refuse } from './errors.ts'
import { isProviders } from './provider.ts'
import { findCase, findChallenge, findTenantOfCase, isHeldBy } from './queries.ts'

/** The case of a number and as whom this browser holds it. Throws `not_found`, for a number that is none too. */
export async function openHeldCase(
  db: Db,
  means: Means,
  typed: string,
  browserToken: string | undefined,
): Promise<{ as: 'asker' | 'provider'; one: Case }> {
  const number = readNumber(typed)
  if (number === undefined || number !== typed) throw refuse('not_found')
  const tenantId = await findTenantOfCase(db, number)
  const held = await inTenant(db, tenantId, async trx => {
    const found = await findCase(trx, means, number)
    if (!found) return undefined
    if (isHeldBy(means, found.row, browserToken)) return { as: 'asker', one: found.case } as const
    return (await isProviders(trx, means, found.row, browserToken))
      ? ({ as: 'provider', one: found.case } as const)
      : undefined
  })
  if (!held) throw refuse('not_found')
  const { as, one } = held
  const challenge = one.state === 'prove-address' ? await findChallenge(db, means, one.id) : undefined
  return { as, one: { ...one, challenge } }
}
