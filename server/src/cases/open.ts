import type { Means } from '../crypto/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { type Case, readNumber } from './case.ts'
import { refuse } from './errors.ts'
import { findCase, findChallenge, findTenantOfCase, isHeldBy } from './queries.ts'

/** The case of a number, in a browser that holds it. Throws `not_found`, for a number that is none too. */
export async function openHeldCase(
  db: Db,
  means: Means,
  typed: string,
  browserToken: string | undefined,
): Promise<Case> {
  const number = readNumber(typed)
  if (number === undefined || number !== typed) throw refuse('not_found')
  const tenantId = await findTenantOfCase(db, number)
  const found = await inTenant(db, tenantId, trx => findCase(trx, means, number))
  if (!found || !isHeldBy(means, found.row, browserToken)) throw refuse('not_found')
  const isProved = found.case.state !== 'prove-address'
  return { ...found.case, challenge: isProved ? undefined : await findChallenge(db, means, found.case.id) }
}
