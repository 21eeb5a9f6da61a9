import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import { hasEnded, type Removal } from '../store/index.ts'
import { ASSISTANT_LASTS } from './assistant.ts'

/** Those that ended a day ago: until then their page begins anew. */
export const expiredAssistants: Removal = {
  table: 'assistants',
  due: now => hasEnded(sql`expires_at`, plus(now, -DAY), ASSISTANT_LASTS + DAY),
}
