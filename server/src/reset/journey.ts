import type { Act } from '../act.ts'
import type { ChallengeOwner, HeldChallenges } from '../challenges/index.ts'
import { MINUTE } from '../clock.ts'
import { base32 } from '../crypto/index.ts'
import { type Account, nobody, readName, type User } from '../directory/index.ts'
import { type Block, type Browser, findBlocks, isGuessedAt, longestBlock } from '../limits/index.ts'
import { countGates, type RecordedMethod, resetMethods } from '../methods/index.ts'
import type { EffectivePolicy } from '../policies/index.ts'
import { isOver, type Trx } from '../store/index.ts'
import { concealedMethods, concealedRefusal } from './conceal.ts'
import { decide, type ResetRefusal } from './decide.ts'
import { findJourneyFacts, type JourneyRow, lockJourney } from './queries.ts'

/** How long a reset may take, from its first step to its last. */
export const JOURNEY_LASTS = 15 * MINUTE

export type JourneyState =
  | 'choose-problem'
  | 'verify'
  | 'choose-password'
  | 'finished'
  | 'refused'
  | 'blocked'
  | 'expired'
  | 'superseded'

/** A reset at one moment. Everything in it is read or computed anew at each step; only the proofs on record stay from the step before. */
export interface Journey {
  /** The facts from which the rest was computed. */
  facts: Facts
  id: string
  tenantId: string
  state: JourneyState
  problem: 'forgot' | 'unlock' | null
  /** Undefined for a name that leads to nobody. */
  user: User | undefined
  /** The name as it was typed. */
  typedName: string
  policy: EffectivePolicy
  recorded: RecordedMethod[]
  /** The methods that can still pass a gate, and decoys. */
  methods: OfferedMethod[]
  /** Whether the tenant conceals which names exist, and no proof was passed yet. */
  concealed: boolean
  /** The user, or the stand-in for nobody, so that both are counted, looked up and asked alike. */
  account: User
  challenges: HeldChallenges
  gatesPassed: number
  refusal: ResetRefusal | undefined
  /** Seconds, while the state is `blocked`. */
  blockedFor: number
  browser: Browser
  language: string
  expiresAt: Date
  contactedAt: Date | null
  canContactAdministrator: boolean
}

/** A method that a journey offers. `decoy`: its user has no such method, may not reset or does not exist; its code never comes. */
export type OfferedMethod = RecordedMethod & { decoy?: true }

/** The browser that asks: its secret, and its device cookie where it has one. */
export interface Asker {
  browserToken: string | undefined
  deviceCookie: string | undefined
}

export const challengeOwnerOf = (journey: { id: string }): ChallengeOwner => ({
  purpose: 'reset',
  journeyId: journey.id,
})

/** The facts of a journey. */
interface Facts extends Account {
  row: JourneyRow
  recorded: RecordedMethod[]
  challenges: HeldChallenges
  browser: Browser
  /** Whether the tenant has somebody who is asked for help. */
  hasHelpers: boolean
  blockedFor: number
  /** Whether strangers have guessed at this name for weeks: unfamiliar browsers then need one gate more, where the person has one. */
  guessed: boolean
}

/**
 * Opens a journey: undefined where it does not exist, or was begun in another browser. `lock`: other steps of it, and
 * other acts on its user, wait until the transaction ends.
 */
export async function openJourney(
  trx: Trx,
  act: Act,
  tenantId: string,
  id: string,
  asker: Asker,
  lock = false,
): Promise<Journey | undefined> {
  if (!asker.browserToken) return undefined
  const locked = lock && lockJourney(trx, tenantId, id)
  const [facts] = await Promise.all([findJourneyFacts(trx, act, tenantId, id, asker.deviceCookie), locked])
  if (!facts || !act.keys.matches(facts.row.browser_hash, 'browser', asker.browserToken)) return undefined
  const journey = judge(act, tenantId, { ...facts, ...UNCOUNTED })
  // Blocks concern only a journey that asks for a proof, or has passed its gates: the others need not look.
  if (journey.state !== 'verify' && journey.state !== 'choose-password') return journey
  const counter = counterOf(journey)
  return judge(act, tenantId, {
    ...facts,
    ...standingOf(await findBlocks(trx, act, tenantId, counter.name), counter),
  })
}

const UNCOUNTED = { blockedFor: 0, guessed: false }
const standingOf = (blocks: readonly Block[], counter: ReturnType<typeof counterOf>) => ({
  blockedFor: longestBlock(blocks, counter),
  guessed: counter.browser === 'other' && isGuessedAt(blocks),
})

/** A journey that has just begun, from the facts of its beginning. */
export function beginJourney(
  act: Act,
  tenantId: string,
  facts: Omit<Facts, 'challenges' | 'blockedFor' | 'guessed'> & { blocks: readonly Block[] },
): Journey {
  const begun = { ...facts, challenges: { open: undefined, over: undefined, passed: [] }, ...UNCOUNTED }
  const journey = judge(act, tenantId, begun)
  return judge(act, tenantId, { ...begun, ...standingOf(facts.blocks, counterOf(journey)) })
}

/** The counter of failed proofs. */
const counterOf = ({ tenantId, account, browser }: Journey) =>
  ({ tenantId, kind: 'proofs', name: readName(account.userPrincipalName).folded, browser }) as const

/** The journey after an issued or passed challenge, judged by the facts of its opening, in the same transaction or right after it. */
export const withChallenges = (act: Act, journey: Journey, challenges: HeldChallenges): Journey =>
  judge(act, journey.tenantId, { ...journey.facts, challenges })

/** The journey after its end. */
export const finishedNow = (act: Act, journey: Journey): Journey =>
  judge(act, journey.tenantId, { ...journey.facts, row: { ...journey.facts.row, finished_at: act.now } })

/** Computes a journey's state from its facts alone. */
function judge(act: Act, tenantId: string, facts: Facts): Journey {
  const { row, found, recorded, challenges } = facts
  const user = found?.accountEnabled ? found : undefined
  const usable = resetMethods(act, facts.policy, recorded)
  const changed = found !== undefined && found.securityEpoch !== row.security_epoch
  // A proof by a method that has since been removed or disallowed proves nothing any more.
  // So do fewer answers than the policy asks for now.
  const passed = usable.filter(method =>
    challenges.passed.some(
      one =>
        one.methodId === method.id && (one.asked ?? Number.POSITIVE_INFINITY) >= facts.policy.settings.questionsToReset,
    ),
  )
  const policy = facts.guessed && passed.length > 0 ? withOneMore(facts.policy, usable) : facts.policy
  // A finished journey's challenges are gone; it could not have finished without every gate.
  const gatesPassed = row.finished_at ? policy.settings.gates : Math.min(countGates(passed), policy.settings.gates)
  const reason = (row.refusal as ResetRefusal | null) ?? decide({ user, policy, usable, proved: gatesPassed > 0 })
  const concealed = facts.protection.concealAccounts && gatesPassed === 0
  const refusal = concealed ? concealedRefusal(policy) : reason
  // Concealed, every name is asked, also people whose own policy does not let them unlock.
  const mayUnlock = concealed || policy.settings.unlockAllowed
  const state = ((): JourneyState => {
    if (row.finished_at) return 'finished'
    // A refused journey goes on as it was, like one of an unknown name; an end would tell the two apart.
    if (changed && !refusal) return 'superseded'
    if (isOver(row.expires_at, act.now, JOURNEY_LASTS)) return 'expired'
    if (refusal) return 'refused'
    if (row.may_unlock && mayUnlock && row.problem === null) return 'choose-problem'
    if (!reason && gatesPassed >= policy.settings.gates) return 'choose-password'
    return facts.blockedFor > 0 ? 'blocked' : 'verify'
  })()
  const typedName = act.keys.open({ purpose: 'typed-name', tenantId, rowId: row.id }, row.typed_name_sealed)
  const left = usable.filter(method => !passed.some(one => one.kind === method.kind || countGates([one, method]) === 1))
  return {
    facts,
    id: row.id,
    tenantId,
    state,
    problem: row.problem === 'unlock' && !mayUnlock ? 'forgot' : row.problem,
    user,
    account: user ?? nobody(tenantId, readName(typedName).folded),
    typedName,
    policy,
    recorded,
    concealed,
    methods: concealed ? concealedMethods(act, policy, reason ? [] : left) : left,
    challenges,
    gatesPassed,
    refusal: state === 'refused' ? refusal : undefined,
    blockedFor: facts.blockedFor,
    browser: facts.browser,
    language: row.language,
    expiresAt: row.expires_at,
    contactedAt: row.contacted_at,
    canContactAdministrator: facts.hasHelpers || Boolean(helpdeskIn(policy, concealed)),
  }
}

/** The policy with one gate more, where the person has a second method. It shows only after a proof, or it would tell who has one. */
const withOneMore = (policy: EffectivePolicy, usable: readonly RecordedMethod[]): EffectivePolicy => {
  const { settings } = policy
  const more = settings.gates < 2 && countGates(usable) > settings.gates
  return more ? { ...policy, settings: { ...settings, gates: 2 } } : policy
}

/** The help desk of a policy. Where accounts are concealed, not of the policy that fits, which could tell one name from another. */
export const helpdeskIn = ({ publicPolicy, settings }: EffectivePolicy, concealed: boolean) =>
  concealed ? publicPolicy?.helpdesk : settings.helpdesk

/** The code that a person reads to a help desk: ten letters, derived from the journey. It never has six digits in a row, which would look like a sent code. */
export function supportCode({ keys }: Act, tenantId: string, journeyId: string): string {
  for (let round = 0; ; round++) {
    const code = base32(keys.mac('support-code', tenantId, journeyId, String(round)), 10)
    if (!/\d{6}/.test(code)) return code
  }
}
