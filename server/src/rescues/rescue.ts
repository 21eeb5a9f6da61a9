import { DAY, HOUR, MINUTE } from '../clock.ts'
import type { RescueAct } from '../relationships/index.ts'
import type { Row } from '../store/index.ts'

export const rescueStates = [
  ...(['asked', 'taken', 'cooling', 'ready', 'settling'] as const),
  ...(['disputed', 'done', 'refused', 'ended', 'undone'] as const),
]
export type RescueState = (typeof rescueStates)[number]

/** Why a rescue came to nothing. */
export type RescueRefusal = NonNullable<Row<'rescues'>['refusal']>

/** How somebody of the provider made sure of who asks. */
export const checks = ['calledKnownNumber', 'metInPerson', 'document', 'contract'] as const
export type RescueCheck = (typeof checks)[number]

/** How long the states last (partners on the wire, §4). */
export const ASKED_LASTS = 7 * DAY
export const TAKEN_LASTS = 24 * HOUR
export const READY_LASTS = 7 * DAY
export const SETTLES = 7 * DAY
export const DISPUTED = 14 * DAY

/** The longest of them. */
export const LONGEST_TERM = DISPUTED

/** How long a proof of the mailbox counts for the last step. */
export const PROOF_LASTS = 15 * MINUTE

/** How long the record of a rescue is kept after its end. */
export const KEPT = 180 * DAY

/** Two people of whom one made or reset the other within this time are not unrelated. */
export const RELATED_FOR = 7 * DAY

/** Characters of an objection, a note and a reason. */
export const LONGEST_REASON = 2_000

/** Somebody of the provider, as their company reads of them. */
export interface Helper {
  id: string
  name: string
}

/** A rescue of a company (partners on the wire, §4). */
export interface Rescue {
  /** Of the company; the empty one where nobody has its domain. */
  tenantId: string
  id: string
  caseId: string
  act: RescueAct
  /** The name of who gets a new password, as it was typed. */
  target: string | null
  targetId: string | null
  lostMethods: boolean
  state: RescueState
  askedAt: Date
  endsAt: Date
  provider: { id: string; name: string } | null
  taker: Helper | null
  approver: Helper | null
  checked: RescueCheck | null
  note: string | null
  coolingUntil: Date | null
  readyUntil: Date | null
  undoUntil: Date | null
  finishedAt: Date | null
  /** Whether the operator has let it go on: nobody disputes it again. */
  isAllowed: boolean
  /** What somebody wrote who objected, or who refused. */
  reason: string | null
  refusal: RescueRefusal | null
  steps: RescueStep[]
}

/** The state, from what was done. */
export function stateOf(row: Row<'rescues'>): RescueState {
  if (row.ended_at) return row.outcome!
  if (row.disputed_at) return 'disputed'
  if (row.finished_at) return 'settling'
  if (row.ready_at) return 'ready'
  if (row.approved_at) return 'cooling'
  return row.taken_at ? 'taken' : 'asked'
}

/** A state, and when the rescue came into it. */
export interface RescueStep {
  state: RescueState
  at: Date
}

/** How a rescue came to where it is, the oldest first. */
export const stepsOf = (row: Row<'rescues'>): RescueStep[] =>
  (
    [
      ['asked', row.asked_at],
      ['taken', row.taken_at],
      ['cooling', row.approved_at],
      ['ready', row.ready_at],
      ['settling', row.finished_at],
      ['disputed', row.disputed_at],
      [row.outcome, row.ended_at],
    ] as const
  )
    .flatMap(([state, at]) => (state && at ? [{ state, at }] : []))
    .toSorted((one, other) => Number(one.at) - Number(other.at))

/** What comes to an end where the provider's right to it is lost. */
export const isBefore = (state: RescueState): boolean => ['asked', 'taken', 'cooling', 'ready'].includes(state)
