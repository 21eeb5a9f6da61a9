/** The ways to prove who one is that a policy can allow. */
export const methodKinds = ['mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'] as const
export type MethodKind = (typeof methodKinds)[number]
