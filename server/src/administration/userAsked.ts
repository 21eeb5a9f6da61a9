import { findPerson, type User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { refuseMissing } from './errors.ts'

/** The user of an address: by id, by name, or the caller at `/me`. Throws `not_found`, alike for an unknown user and for one of another tenant. */
export async function getUserAsked(
  trx: Trx,
  { params, act }: { params: Record<string, string>; act: { actor: { id: string } } },
): Promise<User> {
  const user = await findPerson(trx, trx, params.id ?? act.actor.id)
  if (!user) throw refuseMissing('not_found')
  return user
}
