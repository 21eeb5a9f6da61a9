import { DAY, HOUR, MINUTE } from '../clock.ts'
import type { MailboxChallenge } from '../mailboxes/index.ts'
import type { Check } from '../organization/index.ts'
import type { Row } from '../store/index.ts'

export type TakeoverKind = Row<'takeovers'>['kind']

/** Why a claim came to nothing. */
export type TakeoverRefusal = NonNullable<Row<'takeovers'>['refusal']>

export type TakeoverState =
  | 'prove-mailbox'
  | 'prove-dns'
  | 'waiting'
  | 'ready'
  | 'finished'
  | 'disputed'
  | 'refused'
  | 'undone'
  | 'withdrawn'
  | 'expired'

/** How long the mailbox may be proved, and the DNS (work accounts on the wire, §2). */
export const PROVE_LASTS = DAY
export const DNS_LASTS = 72 * HOUR

/** How long a claim without the DNS keeps others out, so that of two at once one goes on. */
export const ALONE = 15 * MINUTE

/** How long the people there can object before anything happens. */
export const WAITS: Record<TakeoverKind, number> = { internal: 72 * HOUR, external: 7 * DAY, recovery: 7 * DAY }

/** How long who claims has to finish, and the people there to undo it. */
export const READY_LASTS = 7 * DAY
export const SETTLES = 7 * DAY

/** How long the operator has to allow what somebody has objected to. */
export const DISPUTED = 14 * DAY

/** The longest of them. */
export const LONGEST_TERM = DISPUTED

/** How long the record of a claim is kept after its end. */
export const KEPT = 180 * DAY

/** How long a company that nobody is left in is kept at least. */
export const EMPTIED_KEPT = 30 * DAY

/** Characters of an objection. */
export const LONGEST_REASON = 2_000

/** A claim to administer a tenant, as who may read it sees it. */
export interface Takeover {
  tenantId: string
  id: string
  kind: TakeoverKind
  domain: string
  /** The mailbox that claims. */
  address: string
  /** The name of the account that it makes. */
  account: string
  language: string
  state: TakeoverState
  createdAt: Date
  /** When its state ends. */
  endsAt: Date
  /** What the DNS has to hold. */
  proof: string
  check: Check | null
  /** When the DNS was proved, and when the role was given. */
  waitingSince: Date | null
  finishedAt: Date | null
  /** Until when the people there can undo it. */
  undoUntil: Date | null
  /** What somebody wrote who objected. */
  reason: string | null
  refusal: TakeoverRefusal | null
  /** Enabled people there, once the DNS is proved. */
  people: number | null
  /** Of a company's claim: the tenant at its other end, and the company as people are told of it. */
  otherTenantId: string | null
  company: string | null
  /** The code of the mailbox, until it is proved. */
  challenge: MailboxChallenge | undefined
}

type Times = Pick<
  Row<'takeovers'>,
  'proved_at' | 'waiting_since' | 'ready_at' | 'finished_at' | 'disputed_at' | 'ended_at' | 'outcome'
>

/** The state, computed from what was proved and done. */
export function stateOf(row: Times): TakeoverState {
  if (row.ended_at) return row.outcome === 'settled' ? 'finished' : (row.outcome ?? 'expired')
  if (row.disputed_at) return 'disputed'
  if (row.finished_at) return 'finished'
  if (row.ready_at) return 'ready'
  if (row.waiting_since) return 'waiting'
  return row.proved_at ? 'prove-dns' : 'prove-mailbox'
}
