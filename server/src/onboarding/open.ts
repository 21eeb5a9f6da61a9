import { sql } from 'kysely'
import type { Means } from '../crypto/index.ts'
import { findAccountKind, findTenantOfDomains, namesAbove } from '../directory/index.ts'
import type { Session } from '../sessions/index.ts'
import { type Db, inTenant, isOver, type Row, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import {
  type Decision,
  type Facts,
  LASTS,
  type Onboarding,
  type Outcome,
  outcomeOf,
  questionOf,
  stepsAt,
} from './onboarding.ts'
import { findHeld, findTenants, type OnboardingTenants } from './queries.ts'
import { adviceFor } from './tenant.ts'

/** Who looks at an onboarding. `willUse`: how many people they think of, before anything is decided. */
export interface Looker {
  browserToken: string | undefined
  session: Session | undefined
  willUse?: number | undefined
}

/** An onboarding of this browser, as answers and facts are now. Throws `not_found`, also where another browser holds it. */
export async function openOnboarding(db: Db, means: Means, id: string, looker: Looker): Promise<Onboarding> {
  const row = await findHeld(db, means, id, looker.browserToken)
  if (!row) throw refuse('not_found')
  const tenants = await findTenants(db, id)
  const decision = decisionOf(row, tenants)
  const base = { id, expiresAt: row.expires_at, decision, kind: undefined, advice: undefined, nextCheckAt: null }
  if (isOver(row.expires_at, means.now, LASTS))
    return { ...base, state: 'expired', question: null, outcome: null, steps: [] }
  const names = decision.domain === null ? [] : [decision.domain, ...namesAbove(decision.domain)]
  const kind = names.length > 0 ? await findAccountKind(db, names, 'stranger') : undefined
  const outcome = outcomeOf(decision, kind)
  const begun = { ...base, kind, question: questionOf(decision, kind), outcome }
  if (outcome === null) return { ...begun, state: 'ask', steps: [] }
  const holder = outcome === 'sign-in' ? await findTenantOfDomains(db, names) : undefined
  const tenantId = tenantOf(outcome, tenants)
  const isSignedIn = holder !== undefined && looker.session?.tenantId === holder
  const domain = await readDomainFacts(db, tenantId, decision.domain)
  const steps = stepsAt(outcome, { hasTenant: tenantId !== undefined, isSignedIn, ...domain })
  return {
    ...begun,
    steps,
    state: steps.every(step => step.state === 'done') ? 'finished' : 'do',
    nextCheckAt: domain.nextCheckAt,
    advice: await adviceFor(db, { outcome, isSignedIn, chosen: tenants.chosen }, looker),
  }
}

const decisionOf = (row: Row<'onboardings'>, { chosen }: OnboardingTenants): Decision => ({
  hasDomain: row.has_domain,
  domain: row.domain,
  usedHere: row.used_here,
  use: chosen?.use ?? null,
})

/** The tenant whose facts count. */
function tenantOf(outcome: Outcome, { made, chosen }: OnboardingTenants): string | undefined {
  if (outcome === 'prove-then-sign-in') return chosen?.tenantId
  return outcome === 'sign-in' ? undefined : made
}

type DomainFacts = Pick<Facts, 'domain' | 'isNamed'> & { nextCheckAt: Date | null }

/** How far the domain has come in its tenant. */
async function readDomainFacts(db: Db, tenantId: string | undefined, name: string | null): Promise<DomainFacts> {
  if (tenantId === undefined || name === null) return { domain: 'missing', isNamed: false, nextCheckAt: null }
  return inTenant(db, tenantId, async trx => {
    const row = await trx
      .selectFrom('domains')
      .select(['verified_at', 'next_check_at', sql<string | null>`last_check ->> 'result'`.as('found')])
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .executeTakeFirst()
    if (!row) return { domain: 'missing', isNamed: false, nextCheckAt: null }
    if (row.verified_at) return { domain: 'proven', isNamed: await hasNameIn(trx, name), nextCheckAt: null }
    // Another company's proof is nothing that waiting mends.
    const awaited = row.found === 'conflict' ? null : row.next_check_at
    return { domain: awaited ? 'awaited' : 'added', isNamed: false, nextCheckAt: awaited }
  })
}

/** Whether somebody signs in by a name in this domain. */
async function hasNameIn(trx: Trx, name: string): Promise<boolean> {
  const found = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('account_enabled', '=', true)
    .where(sql<boolean>`split_part(user_principal_name_folded, '@', 2) = ${name}`)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
