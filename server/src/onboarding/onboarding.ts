import { DAY, SECOND } from '../clock.ts'
import type { AccountKind } from '../directory/index.ts'
import type { Row } from '../store/index.ts'

/** How long an onboarding lasts (work accounts on the wire, §1.3). */
export const LASTS = 14 * DAY

/** How long a browser holds one, in seconds. */
export const ONBOARDING_HELD = LASTS / SECOND

/** How long an ended one is told from one that never was. */
export const KEPT = 30 * DAY

/** Domains that one onboarding looks up: each answer tells whether a company is known. */
export const LOOKUPS_AT_MOST = 10

/** The questions, in the order in which they are asked. */
export type Question = 'has-domain' | 'domain' | 'used-here'

export type Outcome = 'create' | 'sign-in' | 'prove-then-sign-in' | 'create-then-prove'

/** The steps of each outcome, in their order. */
const STEPS = {
  create: ['create'],
  'sign-in': ['sign-in'],
  'prove-then-sign-in': ['sign-in-existing', 'add-domain', 'prove-domain', 'sign-in-with-domain'],
  'create-then-prove': ['create', 'add-domain', 'prove-domain', 'sign-in-with-domain'],
} as const satisfies Record<Outcome, readonly string[]>

export type StepId = (typeof STEPS)[Outcome][number]

/** `waiting`: for the DNS, which is asked again and again. */
export interface Step {
  id: StepId
  state: 'done' | 'now' | 'waiting' | 'later'
}

/** What was decided so far; null where nothing was. */
export interface Decision {
  hasDomain: boolean | null
  domain: string | null
  /** Whether the company uses work accounts under another name. */
  usedHere: boolean | null
  /** Whether an administrator's tenant serves, or a dedicated one is made. */
  use: Row<'onboarding_tenants'>['use'] | null
}

/** What is true at one moment, of the tenant that the outcome is about. */
export interface Facts {
  /** Made by a sign-up from here, or chosen by its administrator. */
  hasTenant: boolean
  /** This browser's session is in the tenant that has the domain. */
  isSignedIn: boolean
  /** `awaited`: looked up without being asked. */
  domain: 'missing' | 'added' | 'awaited' | 'proven'
  /** Somebody signs in by a name in the domain. */
  isNamed: boolean
}

/** Whether a separate tenant for those who will work here is better than the whole company's. */
export interface Advice {
  /** Enabled people of the administrator's tenant. */
  users: number
  willUse: number | null
  recommend: 'this' | 'dedicated' | null
}

/** An onboarding at one moment. Its state is computed from answers and facts, and never stored. */
export interface Onboarding {
  id: string
  expiresAt: Date
  state: 'ask' | 'do' | 'finished' | 'expired'
  decision: Decision
  /** What stands behind the domain. */
  kind: AccountKind | undefined
  question: Question | null
  outcome: Outcome | null
  steps: Step[]
  /** For an administrator of the tenant that could serve. */
  advice: Advice | undefined
  /** When the domain is looked up next. */
  nextCheckAt: Date | null
}

/** The question that is due; null where the outcome is known. A domain that is known asks no more. */
export function questionOf(
  { hasDomain, domain, usedHere, use }: Decision,
  kind: AccountKind | undefined,
): Question | null {
  if (use === 'dedicated' || hasDomain === false) return null
  if (hasDomain === null) return 'has-domain'
  if (domain === null) return 'domain'
  return usedHere === null && kind === 'unknown' ? 'used-here' : null
}

/** What the answers lead to, once none is missing. Who said that the domain was unknown goes on so, though it gets known. */
export function outcomeOf(decision: Decision, kind: AccountKind | undefined): Outcome | null {
  if (questionOf(decision, kind) !== null) return null
  if (decision.use === 'dedicated' || !decision.hasDomain) return 'create'
  if (decision.usedHere === null) return 'sign-in'
  return decision.usedHere ? 'prove-then-sign-in' : 'create-then-prove'
}

const isDone: Record<StepId, (facts: Facts) => boolean> = {
  create: ({ hasTenant }) => hasTenant,
  'sign-in': ({ isSignedIn }) => isSignedIn,
  'sign-in-existing': ({ hasTenant }) => hasTenant,
  'add-domain': ({ domain }) => domain !== 'missing',
  'prove-domain': ({ domain }) => domain === 'proven',
  'sign-in-with-domain': ({ isNamed }) => isNamed,
}

/** Where one stands: the first step that the facts do not show as done is due. */
export function stepsAt(outcome: Outcome, facts: Facts): Step[] {
  const ids: readonly StepId[] = STEPS[outcome]
  const due = ids.find(id => !isDone[id](facts))
  return ids.map(id => {
    if (isDone[id](facts)) return { id, state: 'done' }
    if (id !== due) return { id, state: 'later' }
    return { id, state: id === 'prove-domain' && facts.domain === 'awaited' ? 'waiting' : 'now' }
  })
}
