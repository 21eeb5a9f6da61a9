import type { components } from '../../api/schema.d.ts'

type Schemas = components['schemas']
export type ResetSettings = NonNullable<Schemas['passwordResetPolicy']['settings']>
export type ProtectionSettings = Omit<Schemas['passwordProtectionPolicy'], 'id' | '@odata.context' | '@odata.etag'>
export type SignInSettings = Omit<Schemas['signInPolicy'], 'id' | '@odata.context' | '@odata.etag'>
export type MethodName = ResetSettings['methods'][number]
export type Question = ResetSettings['questions'][number]

/** How a setting is chosen, and what it may be. The server judges it again. */
export type Control =
  | { kind: 'switch' }
  | { kind: 'choice'; options: readonly (string | number)[] }
  | { kind: 'number'; least: number; most: number; unit: Unit }
  | { kind: 'methods'; options: readonly MethodName[] }
  | { kind: 'questions' }
  | { kind: 'address' }
  | { kind: 'groups' }
  | { kind: 'name' }
export type Unit =
  | 'percent'
  | 'days'
  | 'hours'
  | 'minutes'
  | 'seconds'
  | 'questions'
  | 'times'
  | 'messages'
  | 'passwords'

const toggle = { kind: 'switch' } as const
const choice = (...options: (string | number)[]) => ({ kind: 'choice', options }) as const
const count = (unit: Unit, least: number, most: number) => ({ kind: 'number', unit, least, most }) as const

/** The ways to prove who one is, the strongest first. */
const METHODS: readonly MethodName[] = [
  'passkey',
  'authenticatorCode',
  'email',
  'mobilePhone',
  'officePhone',
  'recoveryCode',
  'securityQuestions',
]

/** Every setting of every policy: one name means one thing. */
export const controls = {
  displayName: { kind: 'name' },
  includedGroups: { kind: 'groups' },
  excludedGroups: { kind: 'groups' },
  enabled: toggle,
  signInAfterReset: toggle,
  gates: choice(1, 2),
  methods: { kind: 'methods', options: METHODS },
  passkeyIsEnough: toggle,
  coolingOffHours: count('hours', 0, 720),
  prefilledDataCounts: toggle,
  ownDomainEmailAllowed: toggle,
  questionsToRegister: count('questions', 3, 5),
  questionsToReset: count('questions', 3, 5),
  questions: { kind: 'questions' },
  registrationRequired: toggle,
  registrationMayBePutOff: toggle,
  reconfirmAfterDays: count('days', 0, 730),
  registrationGoal: count('percent', 1, 100),
  notifyUsers: toggle,
  notifyAdministrators: toggle,
  helpdesk: { kind: 'address' },
  callerCheckRequired: toggle,
  unlockAllowed: toggle,

  lockoutThreshold: count('times', 1, 50),
  lockoutSeconds: count('seconds', 5, 18_000),
  concealAccounts: toggle,
  passwordHistory: count('passwords', 0, 24),
  passwordMinimumAgeDays: count('days', 0, 30),
  passwordMaximumAgeDays: count('days', 0, 730),
  temporaryPasswordHours: count('hours', 1, 2_160),
  breachedPasswordsUnreachable: choice('allow', 'refuse'),
  customBannedWordsEnforced: toggle,
  messagesPerDay: count('messages', 1, 10_000_000),
  phoneMessagesPerCountryPerDay: count('messages', 1, 10_000_000),
  auditRetentionDays: count('days', 30, 3_650),

  secondStep: choice('off', 'administrators', 'everyone'),
  secondStepMethods: { kind: 'methods', options: METHODS },
  secondStepRememberDays: count('days', 0, 90),
  staySignedIn: choice('ask', 'never'),
  staySignedInDays: count('days', 1, 90),
  sessionIdleMinutes: count('minutes', 15, 1_440),
  sessionMaxHours: count('hours', 1, 24),
  userConsent: choice('none', 'low', 'all'),
  refreshIdleDays: count('days', 1, 90),
  refreshMaxDays: count('days', 1, 365),
} as const satisfies Record<string, Control>

export type SettingName = keyof typeof controls

/** The six pages of a reset policy (self-service password reset, §3.1–§3.6), each with its settings from top to bottom. */
export const resetTabs = {
  who: ['displayName', 'enabled', 'includedGroups', 'excludedGroups', 'signInAfterReset'],
  methods: [
    'gates',
    'methods',
    'passkeyIsEnough',
    'questions',
    'questionsToRegister',
    'questionsToReset',
    'coolingOffHours',
    'prefilledDataCounts',
    'ownDomainEmailAllowed',
  ],
  registration: ['registrationRequired', 'registrationMayBePutOff', 'reconfirmAfterDays', 'registrationGoal'],
  notices: ['notifyUsers', 'notifyAdministrators'],
  helpLink: ['helpdesk', 'callerCheckRequired'],
  onPremises: ['unlockAllowed'],
} as const satisfies Record<string, readonly SettingName[]>

export type ResetTab = keyof typeof resetTabs

/** What the company measures itself by: one for all, in the default policy. */
const OF_COMPANY: readonly SettingName[] = ['registrationGoal']

/** Settings that the default policy does not have: it fits everybody whom no other fits. */
const OF_GROUPS: readonly SettingName[] = ['displayName', 'includedGroups', 'excludedGroups']

/** The settings of a page that make sense beside what is chosen. */
export function shownOn(tab: ResetTab, values: Partial<ResetSettings>, isDefault: boolean): readonly SettingName[] {
  const asksQuestions = values.methods?.includes('securityQuestions') ?? false
  return resetTabs[tab].filter(name => {
    if ((isDefault ? OF_GROUPS : OF_COMPANY).includes(name)) return false
    if (name.startsWith('questions')) return asksQuestions
    if (name === 'passkeyIsEnough') return values.gates === 2
    return name !== 'registrationMayBePutOff' && name !== 'reconfirmAfterDays' ? true : values.registrationRequired
  })
}

/** The settings of password protection, in groups with a heading of their own. */
export const protectionGroups = {
  locks: ['lockoutThreshold', 'lockoutSeconds', 'concealAccounts'],
  passwords: [
    'passwordHistory',
    'passwordMinimumAgeDays',
    'passwordMaximumAgeDays',
    'temporaryPasswordHours',
    'breachedPasswordsUnreachable',
    'customBannedWordsEnforced',
  ],
  messages: ['messagesPerDay', 'phoneMessagesPerCountryPerDay'],
  log: ['auditRetentionDays'],
} as const satisfies Record<string, readonly (keyof ProtectionSettings)[]>

/** How people sign in, in groups with a heading of their own. */
export const signInGroups = {
  step: ['secondStep', 'secondStepMethods', 'secondStepRememberDays'],
  sessions: ['staySignedIn', 'staySignedInDays', 'sessionIdleMinutes', 'sessionMaxHours'],
  applications: ['userConsent', 'refreshIdleDays', 'refreshMaxDays'],
} as const satisfies Record<string, readonly (keyof SignInSettings)[]>
