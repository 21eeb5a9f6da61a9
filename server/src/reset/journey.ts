import { MINUTE } from '../clock.ts'
import { base32, type Means } from '../crypto/index.ts'
import {
  type EffectivePolicy,
  findAccount,
  NOBODYS_TENANT,
  nobody,
  type ProtectionSettings,
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
} from '../methods/index.ts'
import { isFamiliar } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'
import { concealedMethods, concealedRefusal } from './conceal.ts'
import { decide, type Refusal, resetMethods } from './decide.ts'
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
  /** What all the rest was worked out from. */
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
  /** By which a gate can still be passed, or seems to. */
  methods: OfferedMethod[]
  /** Whether the tenant conceals which names exist, and nothing has been proved yet. */
  concealed: boolean
  /** The user, or who stands in for nobody: so that both are counted, looked up and asked alike. */
  account: User
  challenges: HeldChallenges
  gatesPassed: number
  refusal: Refusal | undefined
  /** Seconds, while the state is `blocked`. */
  blockedFor: number
  browser: Browser
  language: string
  expiresAt: Date
  contactedAt: Date | null
  canContactAdministrator: boolean
}

/** A way that a journey offers. `decoy`: its user has no such method, or may not reset, or is nobody; what it asks for never comes. */
export type OfferedMethod = RecordedMethod & { decoy?: true }

/** The browser that asks: its secret, and its device cookie where it has one. */
export interface Asker {
  browserToken: string | undefined
  deviceCookie: string | undefined
}

export const holderOf = (journey: { id: string }): Holder => ({ purpose: 'reset', journeyId: journey.id })

/** What a journey is judged by. */
interface Facts {
  row: NonNullable<Awaited<ReturnType<typeof findJourneyRow>>>
  /** Whoever the name leads to, switched off or not. */
  found: User | undefined
  policy: EffectivePolicy
  protection: ProtectionSettings
  recorded: RecordedMethod[]
  challenges: HeldChallenges
  browser: Browser
  blockedFor: number
}

/**
 * Opens a journey: undefined where it does not exist, or was begun in another browser. `lock`: keeps other steps of it, and other acts on its user, waiting until the transaction ends.
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
  const { found, user, policy, protection } = await findAccount(trx, tenantId, { id: row.user_id }, lock)
  // Read for nobody too: what is skipped for an unknown name could be measured.
  const recorded = await findMethods(trx, means, user ?? nobody(tenantId))
  const challenges = await findChallenges(trx, means, tenantId, holderOf(row))
  return judgeFor(trx, means, tenantId, asker, { row, found, policy, protection, recorded, challenges })
}

/** A journey that has just begun, by what its beginning has read. */
export const beginJourney = (
  trx: Trx,
  means: Means,
  tenantId: string,
  asker: Asker,
  facts: Pick<Facts, 'row' | 'found' | 'policy' | 'protection' | 'recorded'>,
): Promise<Journey> => judgeFor(trx, means, tenantId, asker, { ...facts, challenges: NO_CHALLENGES })

const NO_CHALLENGES: HeldChallenges = { open: undefined, passed: [] }

/** Adds what is to be known of the asker's browser, and judges. */
async function judgeFor(
  trx: Trx,
  means: Means,
  tenantId: string,
  asker: Asker,
  facts: Omit<Facts, 'browser' | 'blockedFor'>,
): Promise<Journey> {
  const { found } = facts
  // Looked up for nobody too: a cookie of one's own account would else tell which other names exist.
  const familiar = await isFamiliar(trx, means, found ?? nobody(tenantId), asker.deviceCookie)
  const browser: Browser = familiar && found?.accountEnabled ? 'familiar' : 'other'
  const journey = judge(means, tenantId, { ...facts, browser, blockedFor: 0 })
  // Only a journey that asks for a proof can be blocked: the others need not look.
  if (journey.state !== 'verify') return journey
  const name = readName(journey.account.userPrincipalName).folded
  const blocked = await blockedFor(trx, means, { tenantId, kind: 'proofs', name, browser })
  return blocked > 0 ? judge(means, tenantId, { ...facts, browser, blockedFor: blocked }) : journey
}

/** The journey after one more challenge: issued, or passed. It is judged by the same facts as when it was opened, in the same transaction or right after it. */
export const withChallenges = (means: Means, journey: Journey, challenges: HeldChallenges): Journey =>
  judge(means, journey.tenantId, { ...journey.facts, challenges })

/** The journey after its end. */
export const finishedNow = (means: Means, journey: Journey): Journey =>
  judge(means, journey.tenantId, { ...journey.facts, row: { ...journey.facts.row, finished_at: means.now } })

/** Works a journey's state out from the facts, and from nothing else. */
function judge(means: Means, tenantId: string, facts: Facts): Journey {
  const { row, found, policy, recorded, challenges } = facts
  const user = found?.accountEnabled ? found : undefined
  const usable = resetMethods(means, policy, recorded)
  // A proof by a method that has since been removed or disallowed proves nothing any more.
  const passed = usable.filter(method => challenges.passed.some(one => one.methodId === method.id))
  // A finished journey's challenges are gone; it could not have finished without every gate.
  const gatesPassed = row.finished_at ? policy.settings.gates : Math.min(countGates(passed), policy.settings.gates)
  const reason = (row.refusal as Refusal | null) ?? decide({ user, policy, usable })
  const concealed = facts.protection.concealAccounts && gatesPassed === 0
  const refusal = concealed ? concealedRefusal(policy) : reason
  const state = ((): JourneyState => {
    if (row.finished_at) return 'finished'
    if (row.expires_at <= means.now || (found && found.securityEpoch !== row.security_epoch)) return 'expired'
    if (refusal) return 'refused'
    if (row.may_unlock && row.problem === null) return 'choose-problem'
    if (!reason && gatesPassed >= policy.settings.gates) return 'choose-password'
    return facts.blockedFor > 0 ? 'blocked' : 'verify'
  })()
  const typedName = means.keys.open({ purpose: 'typed-name', tenantId, rowId: row.id }, row.typed_name_sealed)
  const left = usable.filter(method => !passed.some(one => one.kind === method.kind || countGates([one, method]) === 1))
  return {
    facts,
    id: row.id,
    tenantId,
    state,
    problem: row.problem,
    user,
    account: user ?? nobody(tenantId, readName(typedName).folded),
    typedName,
    policy,
    recorded,
    concealed,
    methods: concealed ? concealedMethods(means, policy, reason ? [] : left) : left,
    challenges,
    gatesPassed,
    refusal: state === 'refused' ? refusal : undefined,
    blockedFor: facts.blockedFor,
    browser: facts.browser,
    language: row.language,
    expiresAt: row.expires_at,
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
