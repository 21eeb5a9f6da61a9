import type { Means } from '../crypto/index.ts'
import { findOtherAdministrators, findUser } from '../directory/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { findNoticeAddresses } from './formerAddresses.ts'
import { methodsOf } from './recorded.ts'

/**
 * Where every enabled Global Administrator but the excepted one hears of what concerns all of them: where each hears of
 * their own account, because a name below the operator's suffix has no mailbox.
 */
export async function findAdministratorAddresses(
  trx: Trx,
  means: Means,
  exceptUserId?: string,
): Promise<{ to: string; preferredLanguage: string | null }[]> {
  const { tenantId } = trx
  const found: { to: string; preferredLanguage: string | null }[] = []
  for (const { id, preferredLanguage } of await findOtherAdministrators(trx, tenantId, exceptUserId)) {
    const user = await findUser(trx, tenantId, id)
    if (!user) continue
    const recorded = await askOne(trx, methodsOf(means, user))
    for (const to of await findNoticeAddresses(trx, means, user, recorded)) found.push({ to, preferredLanguage })
  }
  return found
}
