import type { SyncChange } from '@latchkey/protocol'
import type { Act } from '../act.ts'
import { changeUser, lockByAnchors, raiseSecurityEpoch } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { tell } from './people.ts'

/**
 * Disables who has left, and ends their sessions; nobody is deleted, so that who comes back is the same person. An
 * administrator stays: another administrator disables them (writeback, §2).
 */
export async function disableLeavers(
  trx: Trx,
  act: Act,
  { anchors, isDryRun }: { anchors: readonly string[]; isDryRun: boolean },
): Promise<SyncChange[]> {
  const changes: SyncChange[] = []
  for (const user of await lockByAnchors(trx, anchors)) {
    const { userPrincipalName } = user
    if (!user.accountEnabled) continue
    if (user.roles.length > 0 || user.roleAssignable) {
      changes.push({ act: 'skip', userPrincipalName, why: 'administrator' })
      continue
    }
    if (!isDryRun) {
      await changeUser(trx, user, { accountEnabled: false })
      await raiseSecurityEpoch(trx, trx.tenantId, user.id)
      await tell(trx, act, user, { act: 'disable' })
    }
    changes.push({ act: 'disable', userPrincipalName })
  }
  return changes
}
