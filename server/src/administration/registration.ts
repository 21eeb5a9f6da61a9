import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findAccount, findUser, targetOf } from '../directory/index.ts'
import { tellOwner } from '../methods/index.ts'
import { canPass } from '../policies/index.ts'
import { noteAsked } from '../registration/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'

/**
 * Has somebody register or confirm their methods at the next sign-in, and tells them (api gaps, G4). What is on record
 * stays. Throws `not_found`, `registration_off` where no policy asks them for methods, and what `demand` throws.
 */
export async function requireRegistration(trx: Trx, act: Act, id: string): Promise<void> {
  const user = await findUser(trx, trx.tenantId, id, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'blocks.lift', targetOf(user))
  const { settings } = (await findAccount(trx, { id })).policy
  if (!settings.enabled || !canPass(settings)) throw refuse('registration_off')
  await noteAsked(trx, id, act.now)
  await record(trx, act, {
    activity: 'user.registration_required',
    result: 'success',
    target: { id, name: user.userPrincipalName },
  })
  await tellOwner(trx, act, user, { template: 'registration_required' })
}
