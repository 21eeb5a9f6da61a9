import { isAdministrator } from '../access/index.ts'
import type { User } from '../directory/index.ts'
import { isMethodOn, type MethodKind, type OwnSignInPolicy, stepKinds } from '../policies/index.ts'
import type { Session } from './sessions.ts'

/** A proof by a method, given in a session. */
export interface SessionProof {
  kind: MethodKind
  /** Of several passkeys the one that was used. */
  passkeyId?: string
  /** How the code travelled; null where none did. */
  channel: 'sms' | 'voice' | 'email' | null
  at: Date
  /** Whether it was a second step: by a method that one is asked by. */
  isStep: boolean
  /** Whether the browser shall be remembered for it. */
  remember: boolean
}

/** What a session proves of its owner (single sign-on, §4). */
export interface Strength {
  acr: 'pwd' | 'mfa'
  amr: string[]
  /** The older one of what `acr` claims. */
  since: Date
}

/** The newest second step among proofs, by a way that the tenant takes now. */
export function stepAmong(
  proofs: readonly SessionProof[],
  policy: OwnSignInPolicy,
  user: Pick<User, 'roles'>,
): SessionProof | undefined {
  const kinds = stepKinds(policy, isAdministrator(user))
  const { methodsOn } = policy
  return (
    proofs
      // A sign-in by passkey is a second step though the tenant asks for others after a password.
      .filter(
        ({ isStep, kind }) => isStep && (kinds.includes(kind) || (kind === 'passkey' && isMethodOn(kind, methodsOn))),
      )
      .toSorted((one, other) => other.at.getTime() - one.at.getTime())[0]
  )
}

/**
 * What a session proves: a password, an access pass or a passkey, and a second step where one was taken in it. A remembered
 * browser proves nothing.
 */
export function strengthOf(session: {
  user: User
  policy: OwnSignInPolicy
  signedInBy: Session['signedInBy']
  passwordAt: Date
  proofs: readonly SessionProof[]
}): Strength {
  const { user, policy, signedInBy, passwordAt, proofs } = session
  const step = stepAmong(proofs, policy, user)
  const given = proofs.flatMap(namedIn)
  // It is both factors by itself: a thing that the person has, and their device's proof that it is them.
  const isPasskeyAlone = signedInBy === 'passkey' && proofs.every(({ kind }) => kind === 'passkey')
  return {
    acr: step ? 'mfa' : 'pwd',
    amr: [...new Set([...BEGINNINGS[signedInBy], ...given, ...(step && !isPasskeyAlone ? ['mfa'] : [])])],
    since: step && step.at < passwordAt ? step.at : passwordAt,
  }
}

const PASSKEY = ['hwk', 'user']

/** What a session began with, as `amr` names it. */
const BEGINNINGS = { password: ['pwd'], pass: ['otp'], passkey: PASSKEY }

/** A proof as `amr` names it (RFC 8176). */
function namedIn({ kind, channel }: SessionProof): string[] {
  if (kind === 'passkey') return PASSKEY
  if (kind === 'securityQuestions') return ['kba']
  if (kind === 'officePhone' || channel === 'voice') return ['tel']
  return [channel === 'sms' ? 'sms' : 'otp']
}

/** What an application asks of a session (OpenID Connect Core, §3.1.2.1 and §5.5.1.1). */
export interface AskedStrength {
  /** Whether it prefers a second step. */
  step: boolean
  /** Whether it also takes a password alone. */
  password: boolean
  /** Whether it takes nothing that we know. */
  isUnknown: boolean
}

/** Reads `acr_values`, or `acr` in the claims of the id token: the first value that we know is preferred. */
export function readAskedStrength({
  acr_values = '',
  claims,
}: {
  acr_values?: string | undefined
  claims?: string | undefined
}): AskedStrength {
  const asked = claims === undefined ? undefined : JSON.parse(claims).id_token?.acr
  const values: unknown[] = [asked?.value ?? [], asked?.values ?? [], acr_values.split(' ')].flat()
  const known = values.filter(value => value === 'mfa' || value === 'pwd')
  return {
    step: known[0] === 'mfa',
    password: known.includes('pwd'),
    isUnknown: asked?.essential === true && known.length === 0 && (asked.value ?? asked.values) !== undefined,
  }
}
