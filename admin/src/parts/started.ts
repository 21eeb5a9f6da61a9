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

/** How a step stands that is no longer to do. */
export type Settled = 'done' | 'notNeeded'

/** The steps that are no longer to do. The first domain of a company whose server gives none counts as its own. */
export function doneOf({ domains, globalAdministrators, policies, wasAnnounced, capable }: Facts): Map<Step, Settled> {
  const proven = domains.filter(({ isVerified }) => isVerified)
  const isOn = (isDefault: boolean) =>
    policies.some(policy => policy.settings?.enabled === true && (policy.isDefault ?? false) === isDefault)
  const isPiloted = policies.some(
    ({ settings, includedGroups = [] }) => settings?.enabled === true && includedGroups.length > 0,
  )
  const settled: Record<Step, Settled | boolean> = {
    domain: proven.some(({ isInitial }) => !isInitial) || (proven.length > 0 && domains.length === proven.length),
    administrator: globalAdministrators >= 2,
    policy: isOn(true) || isPiloted,
    pilot: isPiloted || (isOn(true) && 'notNeeded'),
    announce: wasAnnounced,
    registered: capable > 0,
  }
  return new Map(
    steps.flatMap(step => {
      const how = settled[step]
      return how === false ? [] : [[step, how === true ? 'done' : how]]
    }),
  )
}

/** How many of the steps that are needed are done. */
export function progressOf(settled: ReadonlyMap<Step, Settled>): { done: number; all: number } {
  const done = [...settled.values()].filter(how => how === 'done').length
  return { done, all: steps.length - (settled.size - done) }
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
