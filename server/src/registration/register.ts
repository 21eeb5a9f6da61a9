import type { Act } from '../act.ts'
import {
  type ChallengeOwner,
  concludeProof,
  issueChallenge,
  judgeProof,
  type ProofOutcome,
  spendProof,
} from '../challenges/index.ts'
import type { Hasher } from '../crypto/index.ts'
import { getTenant, listDomains } from '../directory/index.ts'
import type { Browser } from '../limits/index.ts'
import {
  type Challenge,
  checkAddress,
  isPrefilled,
  newKey,
  otpauthUri,
  type PreparedAnswers,
  prepareAnswers,
  readAddress,
  saveAnswers,
  saveMethod,
} from '../methods/index.ts'
import { type MethodKind, stepKinds } from '../policies/index.ts'
import { familiarityOf, type Session, type SessionProof } from '../sessions/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { readNumber } from '../typing/index.ts'
import {
  advance,
  type Changed,
  checkMayChange,
  getEditable,
  openSecurityInfo,
  openSession,
  ownerOf,
  recordOwn,
  type SecurityInfoSession,
  tellOfChange,
} from './change.ts'
import { refuse } from './errors.ts'
import { isByPassword } from './secondStep.ts'

/** A method to register, which a code has to prove. */
export type NewMethod =
  | { kind: 'mobilePhone'; phoneNumber: string; channel: 'sms' | 'voice' }
  | { kind: 'email'; address: string }
  | { kind: 'authenticatorCode' }

export const registering = (session: Session): ChallengeOwner => ({ purpose: 'register', sessionId: session.id })

/**
 * Begins to register a phone, an address or an app: sends a code to it, or makes the app's key. Nothing is on record until the code has come back.
 * `otpauthUri` sets the app up; shown to its owner alone.
 * Throws the refusals of this room and of methods.
 */
export async function beginRegistration(
  trx: Trx,
  act: Act,
  session: Session,
  asked: NewMethod & { language: string; repeatedWithin?: number | undefined },
): Promise<{ challenge: Challenge; otpauthUri?: string }> {
  const own = await openSecurityInfo(trx, act, session)
  getEditable(own.info, asked.kind)
  checkMayChange(own, act)
  const { user } = own.session
  const { destination, channel } = await readDestination(trx, own, asked)
  const challenge = await issueChallenge(trx, act, {
    owner: registering(session),
    user,
    kind: asked.kind,
    channel,
    method: null,
    destination,
    // A signed-in person is no stranger.
    browser: 'familiar',
    language: asked.language,
    repeatedWithin: asked.repeatedWithin,
  })
  await recordOwn(trx, act, session, {
    activity: 'securityInfo.challenge_issued',
    reason: channel ? `${asked.kind} ${channel}` : asked.kind,
  })
  if (asked.kind !== 'authenticatorCode') return { challenge }
  const tenant = await getTenant(trx, user.tenantId)
  return { challenge, otpauthUri: otpauthUri(destination, tenant.displayName, user.userPrincipalName) }
}

async function readDestination(trx: Trx, { session, info }: SecurityInfoSession, asked: NewMethod) {
  const { user } = session
  if (asked.kind === 'authenticatorCode') return { destination: newKey(), channel: null }
  if (asked.kind === 'mobilePhone') {
    const number = readNumber(asked.phoneNumber)
    if (!number) throw refuse('phone_invalid', { field: 'phoneNumber' })
    return { destination: number, channel: asked.channel }
  }
  const address = readAddress(asked.address)
  const allowed = info.policy.settings.ownDomainEmailAllowed
  checkAddress(address, user, { allowed, domains: await listDomains(trx, user.tenantId) })
  return { destination: address, channel: 'email' as const }
}

/** A registration that was proved, or why it was not. */
export type RegistrationOutcome = ProofOutcome & { changed?: Changed; kind?: MethodKind; methodId?: string }

/** Judges the code, and puts what it proves on record. Throws the refusals of this room. */
export async function finishRegistration(
  db: Db,
  act: Act,
  hasher: Hasher,
  given: { session: Session; challenge: string; code: string; deviceCookie: string | undefined },
): Promise<RegistrationOutcome> {
  const { session } = given
  const input = {
    user: session.user,
    browser: await browserOf(db, act, session, given.deviceCookie),
    owner: registering(session),
    challengeId: given.challenge,
    proof: { code: given.code },
    failure: { activity: 'proof.failed', target: ownerOf(session) },
  } as const
  return inTenant(db, session.tenantId, async trx => {
    await openSession(trx, act, session)
    const spent = await spendProof(trx, act, input)
    const verdict = await judgeProof(act, hasher, spent)
    const outcome = await concludeProof(trx, act, spent, verdict)
    if (outcome.outcome !== 'accepted') return outcome
    const { challenge, step } = outcome
    const { kind } = challenge
    const own = await openSecurityInfo(trx, act, session)
    getEditable(own.info, kind)
    checkMayChange(own, act)
    const { recorded, policy } = own.info
    const replaces = recorded.some(one => one.kind === kind && !isPrefilled(one, policy.administrator))
    const methodId = await saveMethod(trx, act, own.session.user, {
      kind,
      source: 'person',
      value: challenge.destination,
      provedAt: act.now,
      ...(step !== undefined && { usedStep: step }),
      byPassword: isByPassword(own.session, own.info.step, act.now),
    })
    // A person who registers the first way, with nothing but a password, need not take the step by it once more.
    const { step: asked, signIn } = own.info
    const isFirst = asked.isAsked && (asked.isMissing || !asked.isDue)
    const isStep = isFirst && stepKinds(signIn, policy.administrator).includes(kind)
    const proof = { kind, channel: challenge.channel, at: act.now, isStep, remember: false }
    const { deviceCookie } = given
    const changed = await saved(trx, act, own, { kind, replaces, deviceCookie, ...(isStep && { proof }) })
    return { ...outcome, changed, kind, methodId }
  })
}

/** Registers answers to security questions, all at once. Throws the refusals of this room and of methods. */
export async function registerQuestions(
  db: Db,
  act: Act,
  hasher: Hasher,
  given: {
    session: Session
    answers: readonly { question: string; answer: string }[]
    deviceCookie: string | undefined
  },
): Promise<{ changed: Changed; methodId: string }> {
  const { session } = given
  const look = async (trx: Trx) => {
    const own = await openSecurityInfo(trx, act, session)
    getEditable(own.info, 'securityQuestions')
    checkMayChange(own, act)
    return own
  }
  const { info } = await inTenant(db, session.tenantId, look)
  const prepared: PreparedAnswers = await prepareAnswers(hasher, info.policy.settings, given.answers)
  return inTenant(db, session.tenantId, async trx => {
    const own = await look(trx)
    const { user } = own.session
    const replaces = own.info.recorded.some(one => one.kind === 'securityQuestions')
    await saveAnswers(trx, act, user, prepared)
    const byPassword = isByPassword(own.session, own.info.step, act.now)
    const saving = { kind: 'securityQuestions', source: 'person', value: null, byPassword } as const
    const methodId = await saveMethod(trx, act, user, saving)
    const change = { kind: 'securityQuestions', replaces, deviceCookie: given.deviceCookie } as const
    return { changed: await saved(trx, act, own, change), methodId }
  })
}

async function saved(
  trx: Trx,
  act: Act,
  own: SecurityInfoSession,
  {
    kind,
    replaces,
    ...given
  }: { kind: MethodKind; replaces: boolean; deviceCookie: string | undefined; proof?: SessionProof },
) {
  await recordOwn(trx, act, own.session, { activity: 'securityInfo.saved', reason: kind })
  const template = replaces ? 'security_info_changed' : 'security_info_added'
  await tellOfChange(trx, act, own, { template, kind })
  return advance(trx, act, own, given)
}

export const browserOf = (db: Db, act: Act, session: Session, deviceCookie: string | undefined): Promise<Browser> =>
  inTenant(db, session.tenantId, trx => askOne(trx, familiarityOf(act, session.user, deviceCookie)))
