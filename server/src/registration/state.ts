import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { isAdministrator, type User } from '../directory/index.ts'
import {
  countGates,
  methods,
  type RecordedMethod,
  readMethods,
  type StoredMethod,
  storedMethods,
  usableMethods,
} from '../methods/index.ts'
import {
  choosePolicy,
  type EffectivePolicy,
  type MethodKind,
  type TriedPolicy,
  triedPolicies,
} from '../policies/index.ts'
import type { Requirement } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'

/** One kind of method, as its owner sees it. */
export interface SecurityInfoEntry {
  kind: MethodKind
  state: 'missing' | 'prefilled' | 'registered'
  method: RecordedMethod | undefined
  /** Whether the person may set it: the policy offers it, and it is not an administrator's to fill in. */
  editable: boolean
  /** Whether the person may take it off the record: what they registered themselves, also where the policy no longer offers it. */
  removable: boolean
}

/** Somebody's security info: what their policy asks for, and what is on record. */
export interface SecurityInfo {
  policy: EffectivePolicy
  /** How many ways the policy asks for; 0 where the person may not reset. */
  required: number
  /** How many gates what is registered can pass. */
  registered: number
  /** Whether it is time to ask if all of it is still right. */
  reconfirmDue: boolean
  /** Every kind that the policy offers, then what the person once registered and it no longer does. */
  entries: SecurityInfoEntry[]
  recorded: RecordedMethod[]
}

/** Reads a user's security info, for the policy that fits now. */
export async function readSecurityInfo(trx: Trx, means: Means, user: User): Promise<SecurityInfo> {
  const { tenantId } = user
  const person = sql`${user.id}::uuid`
  const { rows } = await sql<{ tried: TriedPolicy[]; methods: StoredMethod[] }>`
    select ${triedPolicies(tenantId, person)} as tried, ${storedMethods(tenantId, person)} as methods`.execute(trx)
  const policy = choosePolicy(tenantId, rows[0]?.tried ?? [], { administrator: isAdministrator(user) })
  const { settings } = policy
  const recorded = readMethods(means, user, rows[0]?.methods ?? [])
  const kinds = settings.enabled ? settings.methods : []
  const offered = kinds
    .map((kind): SecurityInfoEntry => {
      const method = recorded.find(one => one.kind === kind)
      const enough = kind !== 'securityQuestions' || (method?.answers ?? 0) >= settings.questionsToReset
      const state = !method || !enough ? 'missing' : method.prefilled ? 'prefilled' : 'registered'
      const editable = methods[kind].selfService
      return {
        kind,
        state,
        method: state === 'missing' ? undefined : method,
        editable,
        removable: editable && state === 'registered',
      }
    })
    // What only an administrator can set, and has not, is nothing that the person could do something about.
    .filter(entry => entry.editable || entry.method)
  const left = recorded
    .filter(({ kind, prefilled }) => !kinds.includes(kind) && !prefilled && methods[kind].selfService)
    .map((method): SecurityInfoEntry => {
      return { kind: method.kind, state: 'registered', method, editable: false, removable: true }
    })
  const registered = offered
    .filter(entry => entry.state === 'registered' && !entry.method?.blockedAt)
    .map(entry => entry.method!)
  const limit = plus(means.now, -settings.reconfirmAfterDays * DAY)
  return {
    policy,
    required: settings.enabled ? settings.gates : 0,
    registered: countGates(registered),
    reconfirmDue:
      settings.reconfirmAfterDays > 0 &&
      registered.some(method => methods[method.kind].selfService && (method.confirmedAt ?? method.createdAt) <= limit),
    entries: [...offered, ...left],
    recorded,
  }
}

/**
 * What proves that security info is changed by its owner: what is registered and can pass a gate of their own policy, not what others filled in.
 * Only where none of that is on record, what the policy no longer offers: else somebody who must prove something could not. Never answers then: no policy would take them.
 */
function guards({ policy: { settings }, entries }: SecurityInfo): RecordedMethod[] {
  const registered = entries.flatMap(entry => (entry.state === 'registered' && entry.method ? [entry.method] : []))
  const offered = registered.filter(({ kind }) => settings.enabled && settings.methods.includes(kind))
  return offered.length > 0 ? offered : registered.filter(({ kind }) => kind !== 'securityQuestions')
}

/** Whether a change of security info needs a proof by the person's own. Blocked methods count too, or a report would open the way to new ones. */
export const mustProve = (info: SecurityInfo) => guards(info).some(({ kind }) => methods[kind].selfService)

/** By which a session's owner can prove that it is still them. Not by what is blocked: somebody else can give that proof. */
export const provable = (info: SecurityInfo) => guards(info).filter(({ blockedAt }) => !blockedAt)

/** What a session of this person must do first, as far as security info goes (self-service password reset, §1.4): register what is missing, else confirm what was filled in for them or has grown old. */
export function requirementOf(info: SecurityInfo): Exclude<Requirement, 'change-password'> | null {
  const { policy, required, registered, recorded } = info
  if (!policy.settings.registrationRequired || required === 0) return null
  if (registered >= required) return info.reconfirmDue ? 'confirm' : null
  // Where all that could be proved is blocked, nothing can be registered either: whoever was asked to would be stuck.
  if (mustProve(info) && provable(info).length === 0) return null
  return countGates(usableMethods(policy, recorded)) >= required ? 'confirm' : 'register'
}

/** The same, read anew: what comes after a step is finished. */
export const nextRequirement = async (trx: Trx, means: Means, user: User) =>
  requirementOf(await readSecurityInfo(trx, means, user))
