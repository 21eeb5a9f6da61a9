import { type Static, Type } from 'typebox'
import { administratorKinds, type MethodKind, methodKinds } from './kinds.ts'
import { type Settings, tenantSettings } from './settings.ts'

/** How a tenant's people sign in (single sign-on, §1 and §3), with the range of each setting. */
const Schema = Type.Object(
  {
    /** Who is asked for a second step: administrators once a method is on record, everyone, or nobody. */
    secondStep: Type.Enum(['off', 'administrators', 'everyone']),
    secondStepMethods: Type.Array(Type.Enum([...methodKinds]), { minItems: 1, uniqueItems: true }),
    /** Days that a browser can be remembered for, so that it is not asked again; 0: never. */
    secondStepRememberDays: Type.Integer({ minimum: 0, maximum: 90 }),
    /** Whether people are asked to stay signed in after the browser closes. */
    staySignedIn: Type.Enum(['ask', 'never']),
    staySignedInDays: Type.Integer({ minimum: 1, maximum: 90 }),
    /** Minutes without a request that end a session, and hours that end any; both of those who do not stay signed in. */
    sessionIdleMinutes: Type.Integer({ minimum: 15, maximum: 1_440 }),
    sessionMaxHours: Type.Integer({ minimum: 1, maximum: 24 }),
    /** What people agree to for themselves: nothing, their own profile, or all that needs no administrator. */
    userConsent: Type.Enum(['none', 'low', 'all']),
    /** Days without use that end a refresh token, and days that end its whole family. */
    refreshIdleDays: Type.Integer({ minimum: 1, maximum: 90 }),
    refreshMaxDays: Type.Integer({ minimum: 1, maximum: 365 }),
  },
  { additionalProperties: false },
)
export type SignInPolicy = Static<typeof Schema>

export const signInPolicy: Settings<SignInPolicy> = {
  schema: Schema,
  defaults: {
    secondStep: 'administrators',
    secondStepMethods: methodKinds.filter(kind => kind !== 'securityQuestions'),
    secondStepRememberDays: 30,
    staySignedIn: 'ask',
    staySignedInDays: 30,
    sessionIdleMinutes: 720,
    sessionMaxHours: 12,
    userConsent: 'low',
    refreshIdleDays: 30,
    refreshMaxDays: 90,
  },
  conflict({ secondStepMethods }) {
    // Where a step is asked of everyone, everyone must have one that they can register themselves, and that lasts.
    const lasting: MethodKind[] = administratorKinds.filter(kind => kind !== 'recoveryCode')
    if (!secondStepMethods.some(kind => lasting.includes(kind)))
      return `secondStepMethods: at least one of ${lasting.join(', ')}`
    return undefined
  },
}

/** The ways by which a person takes the second step. */
export const stepKinds = ({ secondStepMethods }: SignInPolicy, administrator: boolean): MethodKind[] =>
  secondStepMethods.filter(kind => !administrator || administratorKinds.includes(kind))

export const { of: signInPolicyOf, change: changeSignInPolicy } = tenantSettings('sign_in_policy', signInPolicy)
