import { sql } from 'kysely'
import { plus } from '../clock.ts'
import { hasEnded, type Removal } from '../store/index.ts'
import { KEPT, LASTS } from './onboarding.ts'

const old = (now: Date) => hasEnded(sql`expires_at`, plus(now, -KEPT), LASTS + KEPT)

/** What ended 30 days ago: onboardings, the links to them, and the tenants that were chosen. */
export const oldOnboardings: Removal[] = (['onboarding_links', 'onboardings', 'onboarding_tenants'] as const).map(
  table => ({ table, due: old }),
)
