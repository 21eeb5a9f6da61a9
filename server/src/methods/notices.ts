import type { Act } from '../act.ts'
import type { User } from '../directory/index.ts'
import { type NoticeTemplate, tellOfAccount } from '../notifications/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { findNoticeAddresses } from './formerAddresses.ts'
import { methodsOf } from './recorded.ts'

/** Tells the owner of an account, at every address on record, what somebody else did to it. `kind`: of method. */
export async function tellOwner(
  trx: Trx,
  act: Act,
  user: User,
  { template, kind }: { template: NoticeTemplate; kind?: string },
): Promise<void> {
  const recorded = await askOne(trx, methodsOf(act, user))
  const addresses = await findNoticeAddresses(trx, act, user, recorded)
  const { preferredLanguage } = user
  const readers = addresses.map(to => ({ to, preferredLanguage, template }))
  await tellOfAccount(trx, act, user, { readers, ...(kind !== undefined && { about: { kind } }) })
}
