/** The ways to prove who one is that a policy can allow. */
export const methodKinds = [
  'passkey',
  'mobilePhone',
  'officePhone',
  'email',
  'securityQuestions',
  'authenticatorCode',
  'recoveryCode',
] as const
export type MethodKind = (typeof methodKinds)[number]

/**
 * The ways by which administrators prove who they are: answers never do. Nor does the office phone: a colleague fills it
 * in, and could put their own number there to take a stronger account over.
 */
export const administratorKinds: MethodKind[] = ['passkey', 'mobilePhone', 'email', 'authenticatorCode', 'recoveryCode']

/** Fewer recovery codes left than this: it is time for new ones. */
export const FEW_CODES = 3
