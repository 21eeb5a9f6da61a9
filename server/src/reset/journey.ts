import { MINUTE } from '../clock.ts'
import { base32, type Means } from '../crypto/index.ts'
import {
  type EffectivePolicy,
  effectivePolicy,
  getUser,
  NOBODYS_TENANT,
  readName,
  type User,
} from '../directory/index.ts'
import { type Browser, blockedFor } from '../limits/index.ts'
import {
  countGates,
  findChallenges,
  findMethods,
  type HeldChallenges,
  type Holder,
  type RecordedMethod,
  usableMethods,
} from '../methods/index.ts'
import { isFamiliar } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'
import { decide, type Refusal } from './decide.ts'
import { findJourneyRow } from './queries.ts'

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

/** One person's passage through a reset, as it stands at one moment. Everything in it is read or computed anew at each step; nothing is remembered from the step before but the proofs on record. */
export interface Journey {
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
  /** By which a gate can still be passed. */
  methods: RecordedMethod[]
  challenges: HeldChallenges
  gatesPassed: number
  refusal: Refusal | undefined
  /** Seconds, while the state is `blocked`. */
  blockedFor: number
  browser: Browser
  language: string
  expiresAt: Date
  passwordsRefused: number
  contactedAt: Date | null
  canContactAdministrator: boolean
}

/** The browser that asks: its secret, and its device cookie where it has one. */
export interface Asker {
  browserToken: string | undefined
  deviceCookie: string | undefined
}

export const holderOf = (journey: { id: string }): Holder => ({ purpose: 'reset', journeyId: journey.id })

/**
 * Opens a journey: undefined where it does not exist, or was begun in another browser. `lock`: keeps other steps of it waiting until the transaction ends.
 */
export async function openJourney(
  trx: Trx,
  means: Means,
  tenantId: string,
  id: string,
  asker: Asker,
  lock = false,
): Promise<Journey | undefined> {
  const row = await findJourneyRow(trx, tenantId, id, lock)
  if (!row || !asker.browserToken || !means.keys.matches(row.browser_hash, 'browser', asker.browserToken))
    return undefined

  const found = row.user_id === null ? undefined : await getUser(trx, tenantId, row.user_id)
  const user = found?.accountEnabled ? found : undefined
  const policy = await effectivePolicy(trx, tenantId, user)
  const recorded = user ? await findMethods(trx, means, user) : []
  const usable = usableMethods(policy, recorded)
  const challenges = await findChallenges(trx, means, tenantId, holderOf(row))
  // A proof by a method that has since been removed or disallowed proves nothing any more.
  const passed = challenges.passed.filter(one => usable.some(method => method.id === one.methodId))
  const browser = user && (await isFamiliar(trx, means, user, asker.deviceCookie)) ? 'familiar' : 'other'
  const blocked = user
    ? await blockedFor(trx, means, { tenantId, kind: 'proofs', name: readName(user.userPrincipalName).folded, browser })
    : 0

  // A finished journey's challenges are gone; it could not have finished without every gate.
  const gatesPassed = row.finished_at ? policy.settings.gates : Math.min(countGates(passed), policy.settings.gates)
  const refusal = (row.refusal as Refusal | null) ?? decide({ user, policy, usable })
  const state = ((): JourneyState => {
    if (row.finished_at) return 'finished'
    if (row.expires_at <= means.now || (found && found.securityEpoch !== row.security_epoch)) return 'expired'
    if (refusal) return 'refused'
    if (row.may_unlock && row.problem === null) return 'choose-problem'
    if (gatesPassed >= policy.settings.gates) return 'choose-password'
    return blocked > 0 ? 'blocked' : 'verify'
  })()

  return {
    id,
    tenantId,
    state,
    problem: row.problem,
    user,
    typedName: means.keys.open({ purpose: 'typed-name', tenantId, rowId: id }, row.typed_name_sealed),
    policy,
    recorded,
    methods: usable.filter(method => !passed.some(one => one.kind === method.kind || countGates([one, method]) === 1)),
    challenges,
    gatesPassed,
    refusal: state === 'refused' ? refusal : undefined,
    blockedFor: blocked,
    browser,
    language: row.language,
    expiresAt: row.expires_at,
    passwordsRefused: row.passwords_refused,
    contactedAt: row.contacted_at,
    canContactAdministrator: tenantId !== NOBODYS_TENANT,
  }
}

/** What a person reads out so that a help desk finds the journey: derived from it, ten letters, and never six digits in a row, which would look like a code. */
export function supportCode({ keys }: Means, tenantId: string, journeyId: string): string {
  for (let round = 0; ; round++) {
    const code = base32(keys.mac('support-code', tenantId, journeyId, String(round)), 10)
    if (!/\d{6}/.test(code)) return code
  }
}
