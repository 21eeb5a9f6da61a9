import { sql } from 'kysely'
import { isAdministrator } from '../access/index.ts'
import type { Act } from '../act.ts'
import { plus, SECOND } from '../clock.ts'
import { readName, type User } from '../directory/index.ts'
import { type Block, type Browser, blocksOfNames, hasLock } from '../limits/index.ts'
import {
  channelsOf,
  gatesBy,
  isPrefilled,
  methodsOf,
  methodsThatCount,
  type RecordedMethod,
  resetMethods,
} from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import {
  agesOf,
  isTemporaryOver,
  mustChange,
  passwordOf,
  type StoredPassword,
  temporaryUntil,
} from '../passwords/index.ts'
import {
  canPass,
  choosePolicy,
  type EffectivePolicy,
  type MethodKind,
  onAmong,
  type ProtectionSettings,
  policiesFor,
  protectionOf,
  type Tried,
  type Writeback,
  writebackOf,
} from '../policies/index.ts'
import { ask, askEach, combine, type Trx } from '../store/index.ts'
import { decide, type ResetRefusal } from './decide.ts'

/** How many people one statement reads. */
const BATCH = 500

/** A block that holds. `until`: null where it has no end; `browser`: null where it holds in any. */
export interface HeldBlock {
  kind: Block['kind'] | MethodKind
  browser: Browser | null
  until: Date | null
}

/** Why a person can or cannot sign in and reset their password now, by the rules of the sign-in and of the reset. */
export interface Readiness {
  userId: string
  /** The policy of resets that fits. */
  policyId: string
  /** Whether the policy lets the person reset. */
  isEnabled: boolean
  /** Whether they have what the policy asks for, also where it has yet to cool off. */
  isRegistered: boolean
  /** Whether a reset would lead to a new password now, but for a block. */
  isCapable: boolean
  refusal: ResetRefusal | null
  gatesRequired: number
  methodsRegistered: MethodKind[]
  /** Of these, what the methods policy has on. */
  methodsOn: MethodKind[]
  /** Of counted failures, and of methods that their owner reported. */
  blocks: HeldBlock[]
  signIn: 'disabled' | 'blocked' | 'temporary_password_expired' | 'mastered_elsewhere_unreachable' | null
  temporaryPasswordExpires: Date | null
  /** Whether the next sign-in asks for methods that a reset needs, or for another password. */
  mustRegister: boolean
  mustChangePassword: boolean
  /** Methods that messages come back from. */
  failing: { kind: MethodKind; since: Date; reason: string }[]
  /** By which the codes of the person's methods travel. */
  channels: Channel[]
}

/** The facts of one person. */
interface Facts {
  user: User
  tried: Tried
  recorded: readonly RecordedMethod[]
  stored: StoredPassword | undefined
  ages: boolean
  blocks: readonly Block[]
  protection: ProtectionSettings
  writeback: Writeback
}

/** Reads why each of these people can or cannot sign in and reset, in their order: two statements for each 500 of them. */
export async function readinessOf(
  trx: Trx,
  act: Pick<Act, 'now' | 'keys' | 'random'>,
  users: readonly User[],
): Promise<Readiness[]> {
  const { tenantId } = trx
  const { protection, writeback } = await ask(trx, {
    protection: protectionOf(tenantId),
    writeback: writebackOf(tenantId, act.now),
  })
  const found: Readiness[] = []
  for (let from = 0; from < users.length; from += BATCH) {
    const some = users.slice(from, from + BATCH)
    const names = some.map(({ userPrincipalName }) => readName(userPrincipalName).folded)
    const [rows, blocks] = await Promise.all([
      readPeople(trx, act, some),
      blocksOfNames(trx, act, names, 'password', 'lock', 'proofs', 'phoneNumber'),
    ])
    found.push(
      ...some.map((user, place) =>
        judge(act, { user, ...rows[place]!, blocks: blocks.get(names[place]!) ?? [], protection, writeback }),
      ),
    )
  }
  return found
}

async function readPeople(trx: Trx, act: Pick<Act, 'keys'>, users: readonly User[]) {
  const person = { tenantId: trx.tenantId, id: sql`person.id`, securityEpoch: sql`0` }
  const facts = combine(
    {
      tried: policiesFor(trx.tenantId, person.id),
      recorded: methodsOf(act, person),
      stored: passwordOf(person),
      ages: agesOf(person),
    },
    parts => parts,
  )
  return askEach(
    trx,
    facts,
    sql`unnest(${users.map(({ id }) => id)}::uuid[]) with ordinality as person(id, place) order by place`,
  )
}

function judge(act: Pick<Act, 'now' | 'keys' | 'random'>, facts: Facts): Readiness {
  const { user, tried, recorded, stored, blocks, protection } = facts
  const policy = choosePolicy(user.tenantId, tried, { administrator: isAdministrator(user) })
  const refusal = refusalOf(act, facts, policy) ?? null
  const { settings, administrator } = policy
  const counted = methodsThatCount(policy, settings.methods, recorded)
  const isRegistered = gatesBy(settings, counted) >= settings.gates
  const usable = resetMethods(act, policy, recorded)
  const methodsRegistered = recorded
    .filter(method => !isPrefilled(method, administrator) || settings.prefilledDataCounts)
    .map(({ kind }) => kind)
  return {
    userId: user.id,
    policyId: policy.id,
    isEnabled: settings.enabled,
    isRegistered,
    isCapable: isRegistered && refusal === null,
    refusal,
    gatesRequired: settings.gates,
    methodsRegistered,
    methodsOn: onAmong(methodsRegistered, policy.methodsOn),
    blocks: [
      ...blocks.flatMap(block => heldBlock(act.now, block)),
      ...recorded.filter(({ blockedAt }) => blockedAt).map(({ kind }) => ({ kind, browser: null, until: null })),
    ],
    signIn: signInOf(act.now, facts),
    mustRegister: settings.enabled && canPass(settings) && settings.registrationRequired && !isRegistered,
    mustChangePassword: mustChange(act.now, facts),
    temporaryPasswordExpires: stored?.mustChange ? temporaryUntil(stored.setAt, protection) : null,
    failing: recorded.flatMap(({ kind, failing }) => (failing ? [{ kind, ...failing }] : [])),
    channels: [...new Set(usable.flatMap(({ kind }) => channelsOf(kind, policy.methodsOn)))],
  }
}

/** As a reset would refuse it: an account that is switched off is nobody there. */
function refusalOf(
  act: Pick<Act, 'now' | 'keys' | 'random'>,
  { user, tried, recorded, writeback }: Facts,
  own: EffectivePolicy,
): ResetRefusal | undefined {
  const policy = user.accountEnabled ? own : choosePolicy(user.tenantId, tried, undefined)
  const usable = resetMethods(act, policy, recorded)
  // Administrators are told what would hold after the first proof.
  return decide({ user: user.accountEnabled ? user : undefined, policy, usable, writeback, proved: true })
}

/** A block that holds now; none where failures are only counted. */
const heldBlock = (now: Date, { kind, browser, seconds }: Block): HeldBlock[] => {
  if (kind === 'lock') return [{ kind, browser: null, until: null }]
  return seconds > 0 ? [{ kind, browser, until: plus(now, seconds * SECOND) }] : []
}

/** What a sign-in with the right password would meet, the first first. */
function signInOf(now: Date, { user, stored, blocks, protection, writeback }: Facts): Readiness['signIn'] {
  if (!user.accountEnabled) return 'disabled'
  // Where no agent asks the directory, only a password that is kept here opens anything.
  if (user.passwordMasteredIn === 'directory' && !(user.directory ? writeback.isUp : stored))
    return 'mastered_elsewhere_unreachable'
  if (hasLock(blocks)) return 'blocked'
  if (stored?.mustChange && isTemporaryOver(stored, protection, now)) return 'temporary_password_expired'
  return null
}
