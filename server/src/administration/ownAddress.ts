import type { Act } from '../act.ts'
import { listDomains, type User } from '../directory/index.ts'
import { blockMethods, isOwnAddress, isUsable, methodsOf, openValue } from '../methods/index.ts'
import { refusals } from '../refusals.ts'
import { askOne, type Trx } from '../store/index.ts'

const refuse = refusals({ email_is_this_account: 422 })

/**
 * A registered address that a new name makes the account itself proves nothing more: the person registers another at
 * the next sign-in. One’s own last method is not given up so (decision 65). `after`: the user with the new names.
 */
export async function sleepOwnAddress(trx: Trx, act: Act, user: User, after: User): Promise<void> {
  const recorded = (await askOne(trx, methodsOf(act, user))).filter(isUsable)
  const email = recorded.find(({ kind }) => kind === 'email')
  const address = email && openValue(act, email)
  if (!address || !isOwnAddress(address, after, await listDomains(trx, trx.tenantId))) return
  const isOneself = act.actor.kind === 'user' && act.actor.id === user.id
  if (isOneself && recorded.length === 1) throw refuse('email_is_this_account', { field: 'userPrincipalName' })
  await blockMethods(trx, act, user, [email.id])
}
