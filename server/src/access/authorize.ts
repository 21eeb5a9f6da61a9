import { MINUTE, plus } from '../clock.ts'
import { programRefusals, type Refusal, refusals } from '../refusals.ts'
import { isOver } from '../store/index.ts'
import { type Action, actions, partnerRights, type Rule } from './actions.ts'
import type { Actor, Principal, SignedIn, Target } from './actor.ts'
import { outranks } from './ranks.ts'
import type { PartnerRole, Role } from './roles.ts'

/** The reason of a refusal. `hidden`: the target is another tenant's, and so reads like one that does not exist. */
type Reason =
  | 'forbidden'
  | 'hidden'
  | 'protected_target'
  | 'own_account'
  | 'own_rights'
  | 'takeover_settling'
  | 'not_for_partners'
  | 'step_up'

/** `rolesThatMay`: for a page that says whom to ask. `step`: the step that the next sign-in needs. */
export type Verdict =
  | { allowed: true }
  | { allowed: false; why: Reason; step?: 1 | 2; rolesThatMay: readonly (Role | PartnerRole)[] }

type Partner = Extract<Actor, { kind: 'partner' }>
type Application = Extract<Actor, { kind: 'application' }>

const refuse = refusals({ forbidden: 403, not_found: 404 })

/** The refusals that only administrators and their programs meet. */
const refuseProgram = programRefusals({
  protected_target: { status: 403, message: 'The target holds rights that yours do not reach.' },
  own_rights: { status: 403, message: 'Nobody raises their own rights.' },
  takeover_settling: {
    status: 403,
    message: 'The organization was taken over: for a week nobody acts on those who were there before.',
  },
  own_account: { status: 400, message: 'Somebody else has to do this to your account.' },
  not_for_partners: { status: 403, message: 'A partner cannot do this.' },
  step_up: { status: 401, message: 'This takes a second step; sign in again as WWW-Authenticate says.' },
})

/** How long a second step counts for changes of credentials or rights. */
const STEP_LASTS = 15 * MINUTE

/** Their holders are never a partner's to act on. */
const HIGHEST: readonly Role[] = [
  'Global Administrator',
  'Privileged Role Administrator',
  'Privileged Authentication Administrator',
]

/** They alone decide on what escalates. */
const GRANTERS: readonly Role[] = ['Global Administrator', 'Privileged Role Administrator']

/** Throws where `authorize` refuses: `not_found` for a hidden target, otherwise the reason. Rules call it; routes do not. */
export function demand(act: { actor: Actor; now: Date }, action: Action, target: Target): void {
  const verdict = authorize(act, action, target)
  if (!verdict.allowed) throw refusalOf(verdict)
}

/** Throws where the actor may do none of these to any target: judged before a target is read. */
export function demandAny({ actor }: { actor: Actor }, ...some: readonly Action[]): void {
  const verdicts = some.map(action => mayAny(actor, action))
  const [first] = verdicts
  if (first && !first.allowed && verdicts.every(({ allowed }) => !allowed)) throw refusalOf(first)
}

/** The same act, by a person or an application of the tenant itself. Throws `not_for_partners`. */
export function byOwn<T extends { actor: Actor }>(act: T): T & { actor: Exclude<T['actor'], Partner> } {
  if (act.actor.kind === 'partner') throw refuseProgram('not_for_partners')
  return act as T & { actor: Exclude<T['actor'], Partner> }
}

function refusalOf({ why, step }: Exclude<Verdict, { allowed: true }>): Refusal {
  if (why === 'hidden') return refuse('not_found')
  if (why === 'forbidden') return refuse('forbidden')
  return refuseProgram(why, { more: step ? { step } : {} })
}

/** Whether the actor may do this to some target, by scope and role: judged before a target is read. */
export function mayAny(actor: Actor, action: Action): Verdict {
  const rule = ruleOf(action)
  if (!rule) return no('forbidden')
  switch (actor.kind) {
    case 'operator':
    case 'system':
      return { allowed: true }
    case 'user':
      return hasScope(actor, rule, true) && hasSomeRight(actor, rule) ? { allowed: true } : no('forbidden', rule)
    case 'partner':
      return mayAnyPartner(actor, action, rule)
    case 'application':
      return rule.oneself !== 'only' && hasScope(actor, rule, true) ? { allowed: true } : no('forbidden', rule)
    default: // An actor without a proof, or of an unknown kind.
      return no('forbidden', rule)
  }
}

/** Whether the actor may do this to targets that are not their own: a role opens it, for some of them at least. */
export function mayByRole(actor: Actor, action: Action): boolean {
  const rule = ruleOf(action)
  if (!rule || !mayAny(actor, action).allowed) return false
  return actor.kind !== 'user' || hasRole(actor, rule.roles) || hasRole(actor, rule.ranked?.roles)
}

/** Whether the actor may do this to this target now. The one place that decides it; an action that no table names is refused. */
export function authorize({ actor, now }: { actor: Actor; now: Date }, named: Action, target: Target): Verdict {
  const action = target.kind === 'group' && target.roleAssignable ? actionOnRoles(named) : named
  const first = mayAny(actor, action)
  const rule = ruleOf(action)
  if (!first.allowed || !rule || actor.kind === 'operator' || actor.kind === 'system') return first
  if (actor.kind === 'anyone') return no('forbidden', rule)
  // Judged before the id: an id that stands in two tenants (after an import) does not make one person of them.
  if (target.tenantId !== actor.tenantId) return no('hidden')
  if (isSettling(actor, action, target, now)) return no('takeover_settling', rule)
  const why = whyNot(actor, action, rule, target)
  if (why) return no(why, rule)
  return actor.kind === 'application' ? first : judgeStep(actor, rule, now)
}

/** What an action on a group is judged as where the group can hold roles. */
export const actionOnRoles = (action: Action): Action => (action === 'groups.write' ? 'roleGroups.write' : action)

const ruleOf = (action: Action): Rule | undefined => (Object.hasOwn(actions, action) ? actions[action] : undefined)

function no(why: Reason, rule?: Rule, step?: 1 | 2): Verdict {
  const roles = rule && rule.roles !== 'everybody' ? rule.roles : []
  return { allowed: false, why, ...(step && { step }), rolesThatMay: [...roles, ...(rule?.ranked?.roles ?? [])] }
}

/** `own`: whether scopes count that open only the actor's own objects. */
function hasScope(actor: SignedIn | Partner | Application, rule: Rule, own: boolean): boolean {
  const names = own ? [...rule.scopes, ...(rule.ownScopes ?? [])] : rule.scopes
  const held = names.filter(name => actor.scopes.includes(name.replace('*', '')))
  if (actor.kind === 'application') return held.some(name => name.endsWith('*'))
  return held.length > 0 || actor.scopes.includes('Directory.AccessAsUser.All')
}

const hasRole = (actor: { roles: readonly string[] }, roles: Rule['roles'] = []) =>
  roles === 'everybody' || roles.some(role => actor.roles.includes(role))

const hasSomeRight = (actor: SignedIn, { roles, ranked, oneself, owners }: Rule) =>
  hasRole(actor, roles) || hasRole(actor, ranked?.roles) || oneself === 'too' || owners === true

function mayAnyPartner(actor: Partner, action: Action, rule: Rule): Verdict {
  const roles = (Object.keys(partnerRights) as Role[]).filter(role => partnerRights[role]?.includes(action))
  if (roles.length === 0) return no('not_for_partners')
  const allowed = hasScope(actor, rule, false) && hasRole(actor, roles)
  return allowed ? { allowed } : { allowed, why: 'forbidden', rolesThatMay: roles }
}

/** Scope, role and target together, and the rules that no role lifts (administration on the wire, §3.2). */
function whyNot(
  actor: SignedIn | Partner | Application,
  action: Action,
  rule: Rule,
  target: Target,
): Reason | undefined {
  if (!takes(rule, target)) return 'forbidden'
  const self = isSelf(actor, target)
  if (rule.oneself === 'only' && !self) return 'forbidden'
  if (!hasScope(actor, rule, self || isOwned(target) || target.kind === 'tenant')) return 'forbidden'
  if (raisesOwnRights(actor, action, target)) return 'own_rights'
  if (self && rule.oneself === 'never') return 'own_account'
  if (endsOwnGlobalRole(actor, action, target)) return 'own_account'
  if (escalates(action, target) && !hasRole(actor, GRANTERS)) return 'protected_target'
  if (actor.kind === 'partner') return whyNotPartner(actor, action, rule, target)
  if (actor.kind === 'application' && !isRanked(target)) return undefined
  if (self && rule.oneself === 'too') return undefined
  if (hasRole(actor, rule.roles) || (rule.owners && isOwned(target))) return undefined
  const above = actor.roles.filter(role => rule.ranked?.roles.some(one => one === role)) as Role[]
  if (rule.ranked && target.kind === 'user' && outranks(rule.ranked.by, above, target)) return undefined
  return above.length > 0 || actor.kind === 'application' ? 'protected_target' : 'forbidden'
}

/** Rank and ownership depend on the kind of target, so another kind is refused. */
const takes = ({ on, oneself, ranked }: Rule, target: Target) =>
  on ? on.includes(target.kind) : !(oneself || ranked) || target.kind === 'user'

/** What would open, change or end the account of somebody who can still undo a takeover (work accounts on the wire, §2). */
export const SETTLING: readonly Action[] = [
  'users.sensitive',
  'users.rename',
  'users.enable',
  'users.delete',
  'users.purge',
  'passwords.reset',
  'passwords.write',
  'methods.write',
  'methods.remove',
  'passes.issue',
  // Whoever lost their role could undo nothing.
  'roles.unassign',
]

function isSettling(actor: SignedIn | Partner | Application, action: Action, target: Target, now: Date): boolean {
  const whose = target.kind === 'roleAssignment' ? target.principal : target
  if (!('settlingUntil' in whose) || !whose.settlingUntil || whose.settlingUntil <= now.getTime()) return false
  return whose.kind === 'tenant' || (SETTLING.includes(action) && !isSelf(actor, whose))
}

/** The person themselves, or the principal of the application that acts. */
const isSelf = (actor: SignedIn | Partner | Application, target: Target): boolean =>
  (actor.kind === 'user' && target.kind === 'user' && target.id === actor.id) ||
  (actor.kind === 'application' && target.kind === 'servicePrincipal' && target.id === actor.id)

const isOwned = (target: Target) => 'owned' in target && target.owned

/** Nobody raises their own rights, or the rights of a group that they are in or own, or of a principal that they own. */
function raisesOwnRights(actor: SignedIn | Partner | Application, action: Action, target: Target): boolean {
  if ((action === 'roles.assign' || action === 'applications.grant') && 'principal' in target)
    return isOwn(actor, target.principal)
  if (action === 'partner.assign') return isOwn(actor, target)
  if (action === 'roleGroups.write' && target.kind === 'group' && target.adds !== undefined)
    return target.adds === actor.id || isOwner(actor, target.adds)
  return false
}

function isOwn(actor: SignedIn | Partner | Application, target: Target): boolean {
  if (isSelf(actor, target) || isOwned(target)) return true
  return target.kind === 'user' ? isOwner(actor, target.id) : target.kind === 'group' && target.joined
}

const isOwner = (actor: SignedIn | Partner | Application, id: string) =>
  actor.kind === 'application' && actor.owners.includes(id)

const endsOwnGlobalRole = (actor: SignedIn | Partner | Application, action: Action, target: Target) =>
  action === 'roles.unassign' &&
  target.kind === 'roleAssignment' &&
  target.role === 'Global Administrator' &&
  isSelf(actor, target.principal)

/** Whether it grants an escalating right, or changes the credentials of a principal that holds one. */
const escalates = (action: Action, target: Target) =>
  (action === 'applications.write' || action === 'applications.grant') && 'escalating' in target && target.escalating

/** Whether the target holds rights itself. */
function isRanked(target: Target): boolean {
  if ('principal' in target) return isRanked(target.principal)
  if (target.kind === 'user') return target.roles.length > 0 || target.roleAssignable
  return target.kind === 'group' && target.roleAssignable
}

/** The refusals that no role of a relationship lifts for a partner (partners on the wire, §3). */
function whyNotPartner(actor: Partner, action: Action, { ranked }: Rule, target: Target): Reason | undefined {
  if (isHighest(target)) return 'not_for_partners'
  if (target.kind === 'roleAssignment' && !actor.roles.includes(target.role)) return 'not_for_partners'
  if (!ranked) return undefined
  const roles = actor.roles.filter(role => partnerRights[role]?.includes(action))
  return target.kind === 'user' && outranks(ranked.by, roles, target) ? undefined : 'protected_target'
}

function isHighest(target: Target | Principal): boolean {
  if (target.kind === 'roleAssignment' && HIGHEST.includes(target.role)) return true
  if ('principal' in target) return isHighest(target.principal)
  if (target.kind === 'user') return target.roleAssignable || target.roles.some(role => HIGHEST.includes(role))
  return target.kind === 'group' && target.roleAssignable
}

function judgeStep(actor: SignedIn | Partner, rule: Rule, now: Date): Verdict {
  const step = actor.kind === 'partner' && rule.step === 0 ? 1 : rule.step
  const { acr, authTime } = actor.proof
  if (step === 0) return { allowed: true }
  const fresh = step === 1 || !isOver(plus(authTime, STEP_LASTS), now, STEP_LASTS)
  return acr === 'mfa' && fresh ? { allowed: true } : no('step_up', rule, step)
}
