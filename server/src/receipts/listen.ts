import { HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Gateway } from '../notifications/index.ts'
import { askSystem, type Db } from '../store/index.ts'
import { noteReceipt } from './note.ts'

/** Message centres give their ids anew after some time, and keep a message for three days at most. */
const KEPT_AT_MOST = 72 * HOUR

/** Has each gateway tell what became of messages that only its own ids name. `means`: of the moment. */
export function listenToGateways(db: Db, means: () => Means, gateways: readonly Gateway[]): void {
  for (const { name, channels, listen } of gateways)
    listen?.(async (messageId, receipt) => {
      const now = means()
      const [found] = await askSystem<{ id: string }>(
        db,
        'select id from challenges where gateway_message = $1 and expires_at > $2 order by expires_at desc limit 1',
        [`${name} ${messageId}`, plus(now.now, -KEPT_AT_MOST)],
      )
      if (!found) return false
      return noteReceipt(db, now, { of: 'code', id: found.id }, { ...receipt, gateway: name, channels })
    })
}
