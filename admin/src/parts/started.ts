/** The steps of a new company, in the order in which they are led through. */
export const steps = ['domain', 'administrator', 'policy', 'pilot', 'announce', 'registered'] as const
export type Step = (typeof steps)[number]

/** What the steps are read from: nobody ticks anything by hand. */
export interface Facts {
  domains: readonly { isVerified: boolean; isInitial: boolean }[]
  /** Who holds the role of a Global Administrator, directly. */
  globalAdministrators: number
  policies: readonly { isDefault?: boolean; includedGroups?: string[]; settings?: { enabled: boolean } }[]
  /** Whether people were asked by mail to register. */
  wasAnnounced: boolean
  /** How many could reset their password today. */
  capable: number
}

/** Which steps are done. The first domain of a company whose server gives none counts as its own. */
export function doneOf({ domains, globalAdministrators, policies, wasAnnounced, capable }: Facts): Set<Step> {
  const proven = domains.filter(({ isVerified }) => isVerified)
  const isOn = (isDefault: boolean) =>
    policies.some(policy => policy.settings?.enabled === true && (policy.isDefault ?? false) === isDefault)
  const isPiloted = policies.some(
    ({ settings, includedGroups = [] }) => settings?.enabled === true && includedGroups.length > 0,
  )
  const done: Record<Step, boolean> = {
    domain: proven.some(({ isInitial }) => !isInitial) || (proven.length > 0 && domains.length === proven.length),
    administrator: globalAdministrators >= 2,
    policy: isOn(true) || isPiloted,
    // Who has turned it on for everybody needs no pilot any more.
    pilot: isPiloted || isOn(true),
    announce: wasAnnounced,
    registered: capable > 0,
  }
  return new Set(steps.filter(step => done[step]))
}

/** Three beginnings for the settings of reset, from the most guarded to the easiest. */
export const presets = {
  careful: {
    enabled: true,
    gates: 2,
    methods: ['passkey', 'authenticatorCode', 'email', 'mobilePhone'],
    registrationRequired: true,
    registrationMayBePutOff: false,
    notifyUsers: true,
    notifyAdministrators: true,
    callerCheckRequired: true,
  },
  balanced: {
    enabled: true,
    gates: 1,
    methods: ['passkey', 'authenticatorCode', 'email', 'mobilePhone'],
    registrationRequired: true,
    registrationMayBePutOff: true,
    notifyUsers: true,
    notifyAdministrators: true,
    callerCheckRequired: true,
  },
  easy: {
    enabled: true,
    gates: 1,
    methods: ['passkey', 'authenticatorCode', 'email', 'mobilePhone', 'officePhone'],
    registrationRequired: true,
    registrationMayBePutOff: true,
    notifyUsers: true,
    notifyAdministrators: false,
    callerCheckRequired: false,
  },
} as const
export type Preset = keyof typeof presets
