import type { Learned } from '../assistant/index.ts'
import type { CallerMeans } from '../callers/index.ts'
import { DAY } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { MailboxChallenge } from '../mailboxes/index.ts'
import type { Row } from '../store/index.ts'

/** What somebody opens a case for. */
export const caseKinds = ['no-administrator', 'colleague', 'no-way-in', 'domain', 'other'] as const
export type CaseKind = (typeof caseKinds)[number]

/** Why somebody cannot get in, as a helper found it. */
export const findings = [
  ...[
    'accountOff',
    'resetBlocked',
    'numberBlocked',
    'locked',
    'signInRests',
    'neverRegistered',
    'oneShort',
    'noPolicy',
    'elsewhere',
  ],
  ...['temporaryEnded', 'comesBack', 'sendsFail', 'nothing'],
] as const
export type Finding = (typeof findings)[number]

/** What the helper who opened a case had found of the caller, and how they were checked. Who asks does not read it. */
export interface HandedOver {
  finding: Finding | null
  checkedBy: CallerMeans | null
  checkedAt: Date | null
}

/** Who writes in a case. */
export type Author = Row<'case_messages'>['written_by']

export type CaseResult = NonNullable<Row<'cases'>['result']>

/** `asker`: somebody has answered, and the case waits for the person who opened it. */
export type CaseState = 'prove-address' | 'administrators' | 'provider' | 'operator' | 'asker' | 'closed'

/** How long the mailbox may be proved. */
export const PROVE_LASTS = DAY

/** How long administrators have, then the provider, and how long the person who opened the case. */
export const ADMINISTRATORS_HAVE = 2 * DAY
export const PROVIDER_HAS = 2 * DAY
export const ASKER_HAS = 14 * DAY

/** The operator has no time limit; a case that nobody answers does not stay for ever. */
export const OPERATOR_HAS = 90 * DAY

/** The longest of them. */
export const LONGEST_TERM = OPERATOR_HAS

/** How long a closed case can be read. Then it is removed with all that was written. */
export const KEPT = 180 * DAY

/** Messages of one case. */
export const MESSAGES_AT_MOST = 100

/** Characters of one message. */
export const LONGEST_TEXT = 2_000

export interface CaseMessage {
  id: string
  by: Author
  at: Date
  text: string
  /** What the assistant was told by who opened the case from it. */
  learned?: Learned | undefined
}

/** A recovery case, as who may read it sees it. */
export interface Case {
  tenantId: string
  id: string
  number: string
  kind: CaseKind
  domain: string
  address: string
  language: string
  state: CaseState
  /** Who is asked: they have answered where the state is `asker`. */
  asked: Row<'cases'>['asked']
  createdAt: Date
  openedAt: Date | null
  /** When it moves on or ends. */
  dueAt: Date
  closedAt: Date | null
  result: CaseResult | null
  /** Whom a helper opened it for; null where the asker did. */
  userId: string | null
  handedOver: HandedOver
  /** A helper wrote the address of a caller down: it is proved once its mailed link was followed. */
  addressProved: boolean
  /** Whether the mailbox is proved, and in the domain or below it. */
  inDomain: boolean
  /** The text that proves the domain once the DNS holds it; null in cases of before. */
  proof: string | null
  dnsProvedAt: Date | null
  /** What the last look into the DNS found, as organization/ keeps it. */
  check: unknown
  messages: CaseMessage[]
  /** The code of the mailbox, until it is proved. */
  challenge: MailboxChallenge | undefined
}

// No vowels, so that a number spells no word, and no Y.
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

/** A new number: `LK-` and eight letters, of which there are 25 billion. */
export const newNumber = ({ random }: Pick<Means, 'random'>): string =>
  `LK-${Array.from({ length: 8 }, () => LETTERS[random.below(LETTERS.length)]).join('')}`

/** A number as people type it, in the one spelling that is looked up; undefined for none. */
export function readNumber(typed: string): string | undefined {
  const letters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z]/g, '')
  const eight = letters.length === 10 && letters.startsWith('LK') ? letters.slice(2) : letters
  return eight.length === 8 ? `LK-${eight}` : undefined
}
