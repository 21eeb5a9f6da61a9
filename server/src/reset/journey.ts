import type { Act } from '../act.ts'
import type { ChallengeOwner, HeldChallenges } from '../challenges/index.ts'
import { MINUTE } from '../clock.ts'
import { type Account, nobody, readName, type User } from '../directory/index.ts'
import { type Block, type Browser, isGuessedAt, longestBlock } from '../limits/index.ts'
import { type Challenge, channelsOf, countGates, gatesBy, type RecordedMethod, resetMethods } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import type { DirectoryRules } from '../passwords/index.ts'
import type { EffectivePolicy, MethodKind, Writeback } from '../policies/index.ts'
import { decide, type ResetRefusal } from '../readiness/index.ts'
import { isOver } from '../store/index.ts'
import { concealedMethods, concealedRefusal, type OfferedMethod } from './conceal.ts'
import type { JourneyRow } from './queries.ts'

/** How long a reset may take, from its first step to its last. */
export const JOURNEY_LASTS = 15 * MINUTE

/** What the person asks for: a new password, or the lock taken off the old one. */
export type Problem = 'forgot' | 'unlock'

/** What holds in every state. Everything is read or computed anew at each step; only the proofs on record stay from the step before. */
interface Begun {
  /** The facts from which the rest was computed. */
  facts: Facts
  id: string
  tenantId: string
  problem: Problem
  /** Undefined for a name that leads to nobody. */
  user: User | undefined
  /** The name as it was typed. */
  typedName: string
  /** The sign-in at which it was begun, where it leads on to when it has finished. */
  signInId: string | undefined
  policy: EffectivePolicy
  recorded: RecordedMethod[]
  /** Whether the tenant conceals which names exist, and no proof was passed yet. */
  concealed: boolean
  /** The user, or the stand-in for nobody, so that both are counted, looked up and asked alike. */
  account: User
  gatesPassed: number
  browser: Browser
  language: string
  expiresAt: Date
  contactedAt: Date | null
  /** How many recovery codes are left, where one of them passed a gate. */
  codesLeft: number | undefined
  canContactAdministrator: boolean
}

/** The methods that can still pass a gate, and decoys. */
interface Offer {
  methods: OfferedMethod[]
}

/** The challenge that can be answered, or the last one that no longer can. */
interface Asked extends Offer {
  open: Challenge | undefined
  over: Challenge | undefined
}

/** A reset at one moment. `retryAfter`: seconds. */
export type Journey = Begun &
  (
    | ({ state: 'choose-problem' } & Offer)
    | ({ state: 'verify' } & Asked)
    /** `rules`: those of the directory that will judge the password. */
    | ({ state: 'choose-password'; user: User; rules: DirectoryRules | undefined } & Offer)
    /** What strangers cannot guess is left: a passkey. */
    | ({ state: 'blocked'; retryAfter: number } & Asked)
    | { state: 'refused'; refusal: ResetRefusal }
    | { state: 'finished' }
    | { state: 'expired' }
    | { state: 'superseded' }
  )

/** A reset in one of its states. */
export type JourneyIn<State extends Journey['state']> = Extract<Journey, { state: State }>

export const challengeOwnerOf = (journey: { id: string }): ChallengeOwner => ({
  purpose: 'reset',
  journeyId: journey.id,
})

/** The facts of a journey. */
export interface Facts extends Account {
  row: JourneyRow
  typedName: string
  recorded: RecordedMethod[]
  challenges: HeldChallenges
  browser: Browser
  /** Whether the tenant has somebody who is asked for help. */
  hasHelpers: boolean
  writeback: Writeback
  /** Of failed proofs. */
  blocks: readonly Block[]
}

/** The user, or the stand-in for nobody, so that both are counted, looked up and asked alike. */
export const accountIn = (tenantId: string, { user, typedName }: Pick<Facts, 'user' | 'typedName'>): User =>
  user ?? nobody(tenantId, readName(typedName).folded)

/** The journey after an issued or passed challenge, judged by the facts of its opening, in the same transaction or right after it. */
export const withChallenges = (act: Act, journey: Journey, challenges: HeldChallenges): Journey =>
  judge(act, journey.tenantId, { ...journey.facts, challenges })

/** The journey after its directory said no to us. */
export const refusedNow = (act: Act, journey: JourneyIn<'choose-password'>, refusal: ResetRefusal): Journey =>
  judge(act, journey.tenantId, { ...journey.facts, row: { ...journey.facts.row, refusal } })

/** The journey after its end. */
export const finishedNow = (act: Act, journey: JourneyIn<'choose-password'>): Journey =>
  judge(act, journey.tenantId, { ...journey.facts, row: { ...journey.facts.row, finished_at: act.now } })

/** Computes a journey from its facts alone: the first line that holds tells its state. */
export function judge(act: Act, tenantId: string, facts: Facts): Journey {
  const { row, found, user, typedName, recorded, challenges, blocks, browser } = facts
  // A sheet whose last code passed a gate of this journey counts in it.
  const sheet = recorded.find(one => one.codesLeft !== null && challenges.passed.some(has => has.methodId === one.id))
  const counted = recorded.map(one => (one === sheet ? { ...one, codesLeft: null } : one))
  const usable = resetMethods(act, facts.policy, counted)
  const passed = passedOf(facts, usable)
  // Strangers have guessed at this name for weeks: unfamiliar browsers need one gate more, where the person has one, and
  // proved themselves by nothing that cannot be guessed.
  const guessed = browser === 'other' && isGuessedAt(blocks)
  const policy =
    guessed && passed.length > 0 && !passed.some(isPasskey) ? withOneMore(facts.policy, usable) : facts.policy
  // A finished journey's challenges are gone; it could not have finished without every gate.
  const gatesPassed = row.finished_at
    ? policy.settings.gates
    : Math.min(gatesBy(policy.settings, passed), policy.settings.gates)
  // An agent that went away since the beginning is told by the step that needs it, and may be back by then.
  const writeback = { ...facts.writeback, isUp: true }
  const reason =
    (row.refusal as ResetRefusal | null) ?? decide({ user, policy, usable, writeback, proved: gatesPassed > 0 })
  const concealed = facts.protection.concealAccounts && gatesPassed === 0
  const refusal = concealed ? concealedRefusal(policy) : reason
  // Concealed, every name is asked, also people whose own policy does not let them unlock.
  const mayUnlock = concealed || unlockAllowed(user, policy, writeback)
  const begun: Begun = {
    facts,
    id: row.id,
    tenantId,
    problem: row.problem === 'unlock' && mayUnlock ? 'unlock' : 'forgot',
    user,
    account: accountIn(tenantId, facts),
    typedName,
    signInId: row.sign_in_id ?? undefined,
    policy,
    recorded,
    concealed,
    gatesPassed,
    browser,
    language: row.language,
    expiresAt: row.expires_at,
    contactedAt: row.contacted_at,
    codesLeft: sheet?.codesLeft ?? undefined,
    canContactAdministrator: facts.hasHelpers || Boolean(helpdeskIn(policy, concealed)),
  }
  const left = usable.filter(
    method =>
      !passed.some(one => (one.kind === method.kind ? one.sheets >= method.sheets : countGates([one, method]) === 1)),
  )
  const methods = concealed ? concealedMethods(act, tenantId, policy, reason ? [] : left) : left
  const changed = found !== undefined && found.securityEpoch !== row.security_epoch

  if (row.finished_at) return { ...begun, state: 'finished' }
  // A refused journey goes on as it was, like one of an unknown name; an end would tell the two apart.
  if (changed && !refusal) return { ...begun, state: 'superseded' }
  if (isOver(row.expires_at, act.now, JOURNEY_LASTS)) return { ...begun, state: 'expired' }
  if (refusal) return { ...begun, state: 'refused', refusal }
  if (row.may_unlock && mayUnlock && row.problem === null) return { ...begun, state: 'choose-problem', methods }
  if (user && !reason && gatesPassed >= policy.settings.gates)
    return {
      ...begun,
      state: 'choose-password',
      user,
      methods,
      rules: (row.directory_rules as DirectoryRules | null) ?? undefined,
    }
  const retryAfter = longestBlock(blocks, { kind: 'proofs', browser })
  if (retryAfter === 0) return { ...begun, state: 'verify', methods, open: challenges.open, over: challenges.over }
  // Strangers guess at codes, and not at a signature: their failures leave the owner's passkey.
  // One that leads to no new password would only be pressed in vain. Where accounts are concealed every name has it.
  const endsWith = (one: RecordedMethod) => gatesBy(policy.settings, [...passed, one]) >= policy.settings.gates
  return {
    ...begun,
    state: 'blocked',
    retryAfter,
    methods: concealed ? methods.filter(isPasskey) : left.filter(one => isPasskey(one) && endsWith(one)),
    open: isPasskey(challenges.open) ? challenges.open : undefined,
    over: isPasskey(challenges.over) ? challenges.over : undefined,
  }
}

/** Whether the person may take a lock off and keep the password. Of a directory's own lock the tenant decides apart (§3.6). */
export const unlockAllowed = (user: User | undefined, { settings }: EffectivePolicy, writeback: Writeback): boolean =>
  user?.directory ? writeback.unlockWithoutReset : settings.unlockAllowed

const isPasskey = (one: { kind: MethodKind } | undefined) => one?.kind === 'passkey'

/** The methods whose proofs hold, of sheets of codes those that a code of passed. A proof by one that has since been removed or disallowed proves nothing any more. So do fewer answers than the policy asks for now. */
const passedOf = ({ challenges, policy }: Facts, usable: readonly RecordedMethod[]): RecordedMethod[] =>
  usable.flatMap(method => {
    const passed = challenges.passed.filter(
      one => one.methodId === method.id && (one.asked ?? Number.POSITIVE_INFINITY) >= policy.settings.questionsToReset,
    )
    return passed.length > 0 ? [{ ...method, sheets: new Set(passed.map(({ sheet }) => sheet)).size }] : []
  })

/** The policy with one gate more, where the person has a second method. It shows only after a proof, or it would tell who has one. */
const withOneMore = (policy: EffectivePolicy, usable: readonly RecordedMethod[]): EffectivePolicy => {
  const { settings } = policy
  const more = settings.gates < 2 && countGates(usable) > settings.gates
  return more ? { ...policy, settings: { ...settings, gates: 2 } } : policy
}

/** The channels by which codes of this kind are offered. Where accounts are concealed, those that are on for anybody: a person's own would tell of them. */
export const channelsIn = ({ policy, concealed }: Journey, kind: MethodKind): Channel[] =>
  channelsOf(kind, concealed ? policy.publicMethodsOn : policy.methodsOn)

/** The help desk of a policy. Where accounts are concealed, not of the policy that fits, which could tell one name from another. */
export const helpdeskIn = ({ publicPolicy, settings }: EffectivePolicy, concealed: boolean) =>
  concealed ? publicPolicy?.helpdesk : settings.helpdesk
