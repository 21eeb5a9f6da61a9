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
import { getTenant, listDomains, type User } from '../directory/index.ts'
import type { Browser } from '../limits/index.ts'
import {
  type Challenge,
  channelsOf,
  checkAddress,
  isPrefilled,
  keepMethod,
  markPasskeys,
  newKey,
  newSheet,
  otpauthUri,
  type PreparedAnswers,
  type Proof,
  prepareAnswers,
  readAddress,
  removeMethods,
  saveAnswers,
  saveCodes,
  saveMethod,
  type Verifiers,
} from '../methods/index.ts'
import {
  addPasskey,
  type CreationOptions,
  challengeValue,
  creationOptions,
  listPasskeys,
  type NewPasskey,
  PASSKEYS_AT_MOST,
  type RelyingParty,
  removePasskeys,
  rpIdOf,
} from '../passkeys/index.ts'
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
import { ownerOfPasskeys } from './passkeysOf.ts'
import { isByPassword } from './secondStep.ts'

/** A method to register, which a code or the passkey itself has to prove. */
export type NewMethod =
  | { kind: 'mobilePhone'; phoneNumber: string; channel: 'sms' | 'voice' }
  | { kind: 'email'; address: string }
  | { kind: 'authenticatorCode' }
  | { kind: 'passkey' }

export const registering = (session: Session): ChallengeOwner => ({ purpose: 'register', sessionId: session.id })

/**
 * Begins to register a phone, an address, an app or a passkey: sends a code, or makes the app's key. Nothing is on record
 * until it is proved. `otpauthUri` sets the app up; shown to its owner alone.
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
  checkMayChange(own, act, asked.kind)
  const { user } = own.session
  if (asked.kind === 'passkey') await checkRoom(trx, user)
  const { destination, channel } = await readDestination(trx, own, asked)
  const challenge = await issueChallenge(trx, act, {
    owner: registering(session),
    user,
    kind: asked.kind,
    channel,
    method: null,
    ...(destination !== undefined && { destination }),
    // A signed-in person is no stranger.
    browser: 'familiar',
    language: asked.language,
    repeatedWithin: asked.repeatedWithin,
  })
  await recordOwn(trx, act, session, {
    activity: 'securityInfo.challenge_issued',
    reason: channel ? `${asked.kind} ${channel}` : asked.kind,
  })
  if (asked.kind !== 'authenticatorCode' || destination === undefined) return { challenge }
  const tenant = await getTenant(trx, user.tenantId)
  return { challenge, otpauthUri: otpauthUri(destination, tenant.displayName, user.userPrincipalName) }
}

/** Throws `passkeys_full` where the person has as many as they may. */
async function checkRoom(trx: Trx, user: User) {
  const passkeys = await listPasskeys(trx, ownerOfPasskeys(user))
  if (passkeys.length >= PASSKEYS_AT_MOST) throw refuse('passkeys_full')
}

/** What the browser is asked to make for this challenge. */
export async function findCreationOptions(
  trx: Trx,
  act: Act,
  party: RelyingParty,
  { user, challenge }: { user: User; challenge: Challenge },
): Promise<CreationOptions> {
  const { displayName: organization } = await getTenant(trx, user.tenantId)
  return creationOptions(party, challengeValue(act, challenge), {
    owner: ownerOfPasskeys(user),
    organization,
    username: user.userPrincipalName,
    displayName: user.displayName,
    existing: await listPasskeys(trx, ownerOfPasskeys(user)),
  })
}

async function readDestination(trx: Trx, { session, info }: SecurityInfoSession, asked: NewMethod) {
  const { user } = session
  if (asked.kind === 'passkey') return { destination: undefined, channel: null }
  if (asked.kind === 'authenticatorCode') return { destination: newKey(), channel: null }
  if (asked.kind === 'mobilePhone') {
    const number = readNumber(asked.phoneNumber)
    if (!number) throw refuse('phone_invalid', { field: 'phoneNumber' })
    if (!channelsOf('mobilePhone', info.policy.methodsOn).includes(asked.channel))
      throw refuse('method_unavailable', { field: 'channel' })
    return { destination: number, channel: asked.channel }
  }
  const address = readAddress(asked.address)
  const allowed = info.policy.settings.ownDomainEmailAllowed
  checkAddress(address, user, { allowed, domains: await listDomains(trx, user.tenantId) })
  return { destination: address, channel: 'email' as const }
}

/** A registration that was proved, or why it was not. `recordId`: of the method, or of the one passkey. */
export type RegistrationOutcome = ProofOutcome & { changed?: Changed; kind?: MethodKind; recordId?: string }

/** Judges the proof, and puts what it proves on record. Throws the refusals of this room. */
export async function finishRegistration(
  db: Db,
  act: Act,
  verifiers: Verifiers,
  given: {
    session: Session
    challenge: string
    proof: Proof
    name?: string | undefined
    deviceCookie: string | undefined
  },
): Promise<RegistrationOutcome> {
  const { session } = given
  const input = {
    user: session.user,
    browser: await browserOf(db, act, session, given.deviceCookie),
    owner: registering(session),
    challengeId: given.challenge,
    proof: given.proof,
    failure: { activity: 'proof.failed', target: ownerOf(session) },
  } as const
  return inTenant(db, session.tenantId, async trx => {
    await openSession(trx, act, session)
    const spent = await spendProof(trx, act, input)
    const verdict = await judgeProof(act, verifiers, spent)
    const outcome = await concludeProof(trx, act, spent, verdict)
    if (outcome.outcome !== 'accepted') return outcome
    const { challenge, step, made } = outcome
    const { kind } = challenge
    const own = await openSecurityInfo(trx, act, session)
    getEditable(own.info, kind)
    checkMayChange(own, act, kind)
    const { recorded, policy } = own.info
    const replaces = recorded.some(one => one.kind === kind && !isPrefilled(one, policy.administrator))
    const byPassword = isByPassword(own.session, own.info.step, act.now)
    const recordId = made
      ? await savePasskey(trx, act, own, {
          ...made,
          rpId: rpIdOf(verifiers),
          name: given.name ?? null,
          byPassword,
        })
      : await saveMethod(trx, act, own.session.user, {
          kind,
          source: 'person',
          value: challenge.destination,
          provedAt: act.now,
          ...(step !== undefined && { usedStep: step }),
          byPassword,
        })
    // A person who registers the first way, with nothing but a password, need not take the step by it once more.
    const { step: asked, signIn } = own.info
    const isFirst = asked.isAsked && (asked.isMissing || !asked.isDue)
    const isStep = isFirst && stepKinds(signIn, policy.administrator).includes(kind)
    const passkeyId = made && { passkeyId: recordId }
    const proof = { kind, ...passkeyId, channel: challenge.channel, at: act.now, isStep, remember: false }
    const { deviceCookie } = given
    const changed = await saved(trx, act, own, {
      kind,
      replaces: replaces && !made,
      ...passkeyId,
      deviceCookie,
      ...(isStep && { proof }),
    })
    return { ...outcome, changed, kind, recordId }
  })
}

/** Puts a passkey on record. One that its owner reported goes with all others: a stranger used one of them. Throws `passkey_known`, `passkeys_full`. */
async function savePasskey(
  trx: Trx,
  act: Act,
  { session: { user }, info }: SecurityInfoSession,
  made: NewPasskey & { rpId: string; name: string | null; byPassword: boolean },
): Promise<string> {
  const owner = ownerOfPasskeys(user)
  if (info.recorded.some(({ kind, blockedAt }) => kind === 'passkey' && blockedAt)) {
    await removeMethods(trx, user, 'passkey', 'person')
    await removePasskeys(trx, owner)
  }
  await checkRoom(trx, user)
  const id = await addPasskey(trx, act, owner, made)
  if (id === undefined) throw refuse('passkey_known')
  await keepMethod(trx, act, user, 'passkey')
  await markPasskeys(trx, user)
  return id
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
    checkMayChange(own, act, 'securityQuestions')
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

/** Makes a new sheet of recovery codes, which ends the older one. The codes are shown to their owner once. Throws the refusals of this room. */
export async function makeRecoveryCodes(
  trx: Trx,
  act: Act,
  session: Session,
  deviceCookie: string | undefined,
): Promise<{ changed: Changed; methodId: string; codes: string[] }> {
  const own = await openSecurityInfo(trx, act, session)
  getEditable(own.info, 'recoveryCode')
  checkMayChange(own, act, 'recoveryCode')
  const { user } = own.session
  const replaces = own.info.recorded.some(one => one.kind === 'recoveryCode')
  const sheet = newSheet(act)
  const methodId = await saveMethod(trx, act, user, {
    kind: 'recoveryCode',
    source: 'person',
    value: sheet.key,
    // Handed to a person who has just proved who they are.
    provedAt: act.now,
    byPassword: isByPassword(own.session, own.info.step, act.now),
  })
  await saveCodes(trx, { tenantId: user.tenantId, id: methodId }, sheet)
  const changed = await saved(trx, act, own, { kind: 'recoveryCode', replaces, deviceCookie })
  return { changed, methodId, codes: sheet.codes }
}

async function saved(
  trx: Trx,
  act: Act,
  own: SecurityInfoSession,
  {
    kind,
    replaces,
    passkeyId,
    ...given
  }: {
    kind: MethodKind
    replaces: boolean
    passkeyId?: string
    deviceCookie: string | undefined
    proof?: SessionProof
  },
) {
  const details = passkeyId && { passkey: passkeyId }
  await recordOwn(trx, act, own.session, { activity: 'securityInfo.saved', reason: kind, ...(details && { details }) })
  const template = replaces ? 'security_info_changed' : 'security_info_added'
  await tellOfChange(trx, act, own, { template, kind })
  return advance(trx, act, own, given)
}

export const browserOf = (db: Db, act: Act, session: Session, deviceCookie: string | undefined): Promise<Browser> =>
  inTenant(db, session.tenantId, trx => askOne(trx, familiarityOf(act, session.user, deviceCookie)))
