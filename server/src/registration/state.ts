import { isAdministrator } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { User, UserRef } from '../directory/index.ts'
import {
  gatesBy,
  isPrefilled,
  isUsable,
  methods,
  methodsOf,
  type RecordedMethod,
  usableMethods,
} from '../methods/index.ts'
import { mustChangeOf } from '../passwords/index.ts'
import {
  canPass,
  choosePolicy,
  type EffectivePolicy,
  isMethodOn,
  type MethodKind,
  type MethodsOn,
  methodKinds,
  type OwnSignInPolicy,
  ownSignInPolicy,
  policiesFor,
  type SignInPolicy,
  signInPolicyOf,
  stepKinds,
} from '../policies/index.ts'
import {
  type RememberedStep,
  type Requirement,
  rememberedStepOf,
  type Session,
  type SessionProof,
  stepAmong,
} from '../sessions/index.ts'
import { askOne, combine, isOver, type Read, type Trx } from '../store/index.ts'
import { registrationAskedOf } from './asked.ts'
import { judgeStep, methodsAfterResetOf, type SecondStep } from './secondStep.ts'

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

/** A person's security info: the requirements of their policy, and the methods on record. */
export interface SecurityInfo {
  policy: EffectivePolicy
  /** How many methods the policy asks for; 0 where the person may not reset, or too few methods are on for them. */
  required: number
  /** How many gates the registered methods can pass. */
  registered: number
  /** Whether the person should confirm it again. */
  reconfirmDue: boolean
  /** When an administrator asked the person to register or confirm it, until they have; null for never. */
  askedAt: Date | null
  /** Every kind that the policy offers, then registered kinds that it no longer offers. */
  entries: SecurityInfoEntry[]
  recorded: RecordedMethod[]
  signIn: OwnSignInPolicy
  step: SecondStep
}

/** A user's security info, for the policies that fit now. */
export const securityInfoOf = (act: Act, user: User): Read<SecurityInfo> => {
  const { sql, read } = infoFor(act, user)
  return { sql, read: json => read(json)(user) }
}

/** The same, judged by a user who may be read beside it. */
const infoFor = (act: Act, ref: UserRef): Read<(user: User) => SecurityInfo> =>
  combine(
    {
      tried: policiesFor(ref.tenantId, ref.id),
      recorded: methodsOf(act, ref),
      signIn: signInPolicyOf(ref.tenantId),
      afterReset: methodsAfterResetOf(ref),
      askedAt: registrationAskedOf(ref),
    },
    ({ tried, recorded, signIn, ...person }) =>
      user => {
        const policy = choosePolicy(user.tenantId, tried, { administrator: isAdministrator(user) })
        return judgeInfo(act, policy, signIn, { recorded, ...person })
      },
  )

/** The security info of these methods under these policies. */
function judgeInfo(
  act: Act,
  policy: EffectivePolicy,
  tenants: SignInPolicy,
  {
    recorded,
    afterReset,
    askedAt,
  }: { recorded: RecordedMethod[]; afterReset: string[] | undefined; askedAt: Date | null },
): SecurityInfo {
  const { settings, methodsOn } = policy
  const signIn = ownSignInPolicy(tenants, methodsOn)
  const resetKinds = settings.enabled ? settings.methods : []
  // Where everyone takes a second step, people can register a way for it, also one by which nobody resets.
  const asked = signIn.secondStep === 'everyone' ? stepKinds(signIn, policy.administrator) : []
  // A passkey signs in by itself, so that everybody can have one.
  const kinds = methodKinds.filter(
    kind => (kind === 'passkey' && isMethodOn(kind, methodsOn)) || resetKinds.includes(kind) || asked.includes(kind),
  )
  const offered = kinds
    .map((kind): SecurityInfoEntry => {
      const method = recorded.find(one => one.kind === kind)
      const enough = kind !== 'securityQuestions' || (method?.answers ?? 0) >= settings.questionsToReset
      const state =
        !method || !enough ? 'missing' : isPrefilled(method, policy.administrator) ? 'prefilled' : 'registered'
      const editable = methods[kind].selfService
      return {
        kind,
        state,
        method: state === 'missing' ? undefined : method,
        editable,
        removable: editable && state === 'registered',
      }
    })
    // The person cannot act on a kind that only an administrator can set, and has not set.
    .filter(entry => entry.editable || entry.method)
  const left = recorded
    .filter(
      method =>
        !kinds.includes(method.kind) && !isPrefilled(method, policy.administrator) && methods[method.kind].selfService,
    )
    .map((method): SecurityInfoEntry => {
      return { kind: method.kind, state: 'registered', method, editable: false, removable: true }
    })
  const registered = offered
    .flatMap(({ state, method }) => (state === 'registered' && method && isUsable(method) ? [method] : []))
    .filter(({ kind }) => resetKinds.includes(kind))
  const days = settings.reconfirmAfterDays
  const isOld = (at: Date) => (days > 0 && at <= plus(act.now, -days * DAY)) || (askedAt !== null && at <= askedAt)
  return {
    policy,
    required: settings.enabled && canPass(settings) ? settings.gates : 0,
    registered: gatesBy(settings, registered),
    reconfirmDue: registered.some(
      method => methods[method.kind].selfService && isOld(method.confirmedAt ?? method.createdAt),
    ),
    askedAt,
    entries: [...offered, ...left],
    recorded,
    signIn,
    step: judgeStep(policy, tenants, recorded, afterReset),
  }
}

/**
 * Whether the second step after a reset rests on a method that the person can replace. A proof by a gate of the reset must
 * not do that, or one stolen phone would be the new password and the second step (decision 47).
 */
export const guardsStep = ({ step }: SecurityInfo) => step.others.some(({ kind }) => methods[kind].selfService)

/**
 * The methods that prove the owner at a change: registered ones that can pass a gate of their policy, not data that
 * others filled in. Without one on record, methods that the policy no longer offers or that are off, but never answers:
 * otherwise a password alone would register others. After a reset,
 * what the second step is asked by; and where the ways of a step that is due are all off, those ways.
 */
function guards(info: SecurityInfo): RecordedMethod[] {
  if (guardsStep(info)) return info.step.others
  if (info.step.isMissing && info.step.off.length > 0) return info.step.off
  const { policy, entries } = info
  const { settings } = policy
  const registered = entries.flatMap(entry => (entry.state === 'registered' && entry.method ? [entry.method] : []))
  // A passkey proves its owner as no other method does, whatever a reset takes.
  const offered = registered.filter(
    ({ kind }) =>
      (kind === 'passkey' && isMethodOn(kind, policy.methodsOn)) ||
      (settings.enabled && settings.methods.includes(kind)),
  )
  return offered.length > 0 ? offered : registered.filter(({ kind }) => kind !== 'securityQuestions')
}

/** Whether a change of security info needs a proof by the person's own methods. Blocked ones count too, or a report would open the way to new ones. */
export const mustProve = (info: SecurityInfo) => guards(info).some(({ kind }) => methods[kind].selfService)

/** The methods by which a session's owner can prove themselves; not the blocked ones, which a stranger can prove. */
export const provable = (info: SecurityInfo) => guards(info).filter(isUsable)

/** The step about security info that a session must do first (self-service password reset, §1.4). It registers missing methods, or confirms ones that were filled in or have grown old. */
export function infoRequirement(info: SecurityInfo): 'register' | 'confirm' | null {
  const { policy, required, registered, recorded, step } = info
  if (step.isMissing) return 'register'
  if ((!policy.settings.registrationRequired && info.askedAt === null) || required === 0) return null
  if (registered >= required) return info.reconfirmDue ? 'confirm' : null
  // Where all provable methods are blocked, none can be registered either: a required step would never end. Nor might it
  // where the one that a reset left is lost.
  if (guardsStep(info) || (mustProve(info) && provable(info).length === 0)) return null
  return gatesBy(policy.settings, usableMethods(policy, recorded)) >= required ? 'confirm' : 'register'
}

/** Whether the person may register or confirm another time: not where the tenant wants a second step that they lack, or an administrator asked them. */
export const mayPutOff = ({ policy, step, askedAt }: SecurityInfo) =>
  policy.settings.registrationMayBePutOff && !step.isMissing && askedAt === null

/**
 * What a session must do first: a second step, a new password, then security info. `isStepped`: a second step was taken
 * in it, or its browser is remembered for one.
 */
export const requirementOf = (
  info: SecurityInfo,
  { isStepped, mustChange }: { isStepped: boolean; mustChange: boolean },
): Requirement | null => {
  if (info.step.isDue && !info.step.isMissing && !isStepped) return 'second-step'
  return mustChange ? 'change-password' : infoRequirement(info)
}

/** What a session shows of a second step: the proofs that were given in it, and its browser. */
export interface Shown {
  proofs: readonly SessionProof[]
  deviceCookie: string | undefined
  /** A person who came by an access pass or a passkey may not know the password, so could not change it. */
  signedInBy?: Session['signedInBy']
}

/**
 * What a session must do first. `remembered`: the second step that its browser is remembered for. `guards`: the methods
 * that prove its owner at a change. `methodsOn`: what the methods policy has on for them.
 */
export interface FirstRequirement {
  requires: Requirement | null
  remembered: RememberedStep | undefined
  guards: RecordedMethod[]
  methodsOn: MethodsOn
}

/** What a session must do first, decided anew from the facts. */
export async function nextRequirement(
  trx: Trx,
  act: Act,
  user: User,
  { deviceCookie, ...shown }: Shown,
): Promise<FirstRequirement> {
  const judge = await askOne(trx, requirementFor(act, user, deviceCookie))
  return judge(user, shown)
}

/** The same, judged by a user who may be read beside the facts. */
export const requirementFor = (
  act: Act,
  ref: UserRef,
  deviceCookie: string | undefined,
): Read<(user: User, shown: Omit<Shown, 'deviceCookie'>) => FirstRequirement> =>
  combine(
    {
      infoOf: infoFor(act, ref),
      mustChange: mustChangeOf(act, ref),
      remembered: rememberedStepOf(act, ref, deviceCookie),
    },
    ({ infoOf, mustChange, remembered }) =>
      (user, { proofs, signedInBy }) => {
        const info = infoOf(user)
        const isStepped =
          stepAmong(proofs, info.signIn, user) !== undefined || isRemembered(remembered, info.signIn, user, act.now)
        const knowsPassword = signedInBy === undefined || signedInBy === 'password'
        const requires = requirementOf(info, { isStepped, mustChange: knowsPassword && mustChange(user) })
        return { requires, remembered, guards: provable(info), methodsOn: info.policy.methodsOn }
      },
  )

/** What a session must do first that a reset begins: its password is new, and no gate is a second step. */
export const requirementAfterReset = (act: Act, user: User): Read<Requirement | null> =>
  combine({ info: securityInfoOf(act, user) }, ({ info }) =>
    requirementOf(info, { isStepped: false, mustChange: false }),
  )

/** Whether a browser need not be asked again, by the days and the methods that the tenant has chosen now. */
const isRemembered = (
  remembered: RememberedStep | undefined,
  policy: OwnSignInPolicy,
  user: User,
  now: Date,
): boolean => {
  const days = policy.secondStepRememberDays * DAY
  if (!remembered || days === 0 || isOver(plus(remembered.at, days), now, days)) return false
  return stepKinds(policy, isAdministrator(user)).includes(remembered.kind)
}
