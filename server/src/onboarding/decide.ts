import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { NOBODYS_TENANT, readDomainIn } from '../directory/index.ts'
import { type Db, inTenant, isOver, type Row, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { LASTS, LOOKUPS_AT_MOST, type Onboarding, type Question } from './onboarding.ts'
import { changeOnboarding, findRow, findTenants, insertOnboarding } from './queries.ts'
import { forgetTenant } from './tenant.ts'

/** Begins an onboarding. Returns its id. */
export async function startOnboarding(db: Db, act: Act, browserToken: string): Promise<string> {
  const id = act.random.uuid(act.now)
  await inTenant(db, NOBODYS_TENANT, async trx => {
    await insertOnboarding(trx, act, id, browserToken)
    const within = { ...act, trail: { ...act.trail, correlationId: id } }
    await record(trx, within, { activity: 'onboarding.started', result: 'success' })
  })
  return id
}

/** An answer as it is given. */
export type Answer =
  | { question: 'has-domain' | 'used-here'; answer: 'yes' | 'no' }
  | { question: 'domain'; answer: string }

/**
 * Answers the question that is due. The repeat of an answer changes nothing: a browser may send a form twice.
 * Throws `wrong_state`, `domain_invalid`, `lookups_used_up`.
 */
export async function answerQuestion(db: Db, act: Act, onboarding: Onboarding, given: Answer): Promise<void> {
  const change = changeOf(given)
  await changing(db, act, onboarding.id, async (trx, row) => {
    if (Object.entries(change).every(([column, value]) => row[column as keyof typeof row] === value)) return
    if (onboarding.question !== given.question || nextOf(row) !== given.question) throw refuse('wrong_state')
    if (given.question !== 'domain') return changeOnboarding(trx, row.id, change)
    // Counted with the answer, before its domain is looked up.
    if (row.lookups >= LOOKUPS_AT_MOST) throw refuse('lookups_used_up')
    await changeOnboarding(trx, row.id, { ...change, lookups: row.lookups + 1 })
  })
}

function changeOf({
  question,
  answer,
}: Answer): Partial<Pick<Row<'onboardings'>, 'has_domain' | 'domain' | 'used_here'>> {
  if (question !== 'domain') return { [question === 'has-domain' ? 'has_domain' : 'used_here']: answer === 'yes' }
  const domain = readDomainIn(answer)
  if (domain === undefined) throw refuse('domain_invalid', { field: 'answer' })
  return { domain }
}

/** The first question without an answer, whatever is known of the domain. */
const nextOf = ({ has_domain, domain, used_here }: Row<'onboardings'>): Question | undefined =>
  has_domain === null ? 'has-domain' : domain === null ? 'domain' : used_here === null ? 'used-here' : undefined

/** Takes the last decision back: of a tenant, else the last answer. Throws `wrong_state` where there is none. */
export async function goBack(db: Db, act: Act, { id }: Onboarding): Promise<void> {
  const { chosen } = await findTenants(db, id)
  await changing(db, act, id, async (trx, row) => {
    if (chosen) return
    if (row.has_domain === null) throw refuse('wrong_state')
    const last = row.used_here !== null ? 'used_here' : row.domain !== null ? 'domain' : 'has_domain'
    await changeOnboarding(trx, row.id, { [last]: null })
  })
  if (chosen) await forgetTenant(db, id, chosen.tenantId)
}

/** Changes a locked onboarding. Throws `journey_expired`. */
const changing = (db: Db, { now }: Act, id: string, work: (trx: Trx, row: Row<'onboardings'>) => Promise<void>) =>
  inTenant(db, NOBODYS_TENANT, async trx => {
    const row = await findRow(trx, id, true)
    if (!row) throw refuse('not_found')
    if (isOver(row.expires_at, now, LASTS)) throw refuse('journey_expired')
    await work(trx, row)
  })
