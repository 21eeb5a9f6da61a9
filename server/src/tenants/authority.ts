import { findGlobalAdministrator, type User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

/** The enabled Global Administrator of this id, read anew. Throws `forbidden`. */
export async function getGlobalAdministrator(trx: Trx, userId: string): Promise<User> {
  const user = await findGlobalAdministrator(trx, userId)
  if (!user) throw refuse('forbidden')
  return user
}
