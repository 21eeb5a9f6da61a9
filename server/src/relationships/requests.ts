import { mayAny } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Db, inTenant } from '../store/index.ts'
import { refuseMissing, refusePerson } from './errors.ts'
import { findAskedOf } from './grants.ts'
import { namesOf } from './names.ts'
import { type Relationship, readId } from './rows.ts'

/** What a partner asks of the company of the session, and its names. */
export interface AskedOf {
  relationship: Relationship
  partner: { displayName: string; domain: string }
}

/** A partner's request as the company may read it that it names, or that has the secret of its address. Throws `forbidden`, `not_found`. */
export async function getAsked(
  db: Db,
  act: Act,
  { id: text, token }: { id: string; token: string | undefined },
): Promise<AskedOf> {
  const { actor } = act
  if (actor.kind !== 'user' || !mayAny(actor, 'partners.decide').allowed) throw refusePerson('forbidden')
  const { id, partnerId } = readId(text)
  if (partnerId === actor.tenantId) throw refuseMissing('not_found')
  return inTenant(db, partnerId, async trx => {
    const relationship = await findAskedOf(trx, act, { id, customerId: actor.tenantId, token })
    return { relationship, partner: await namesOf(trx) }
  })
}
