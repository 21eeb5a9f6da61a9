/** The built-in roles whose holders count as administrators: they always need two proofs (self-service password reset, §2.9). */
const ADMINISTRATORS = [
  'Application Administrator',
  'Authentication Administrator',
  'Billing Administrator',
  'Cloud Device Administrator',
  'Compliance Administrator',
  'Directory Synchronization Accounts',
  'Directory Writers',
  'Dynamics 365 Administrator',
  'Exchange Administrator',
  'Global Administrator',
  'Helpdesk Administrator',
  'Intune Administrator',
  'Microsoft Entra Joined Device Local Administrator',
  'Partner Tier1 Support',
  'Partner Tier2 Support',
  'Password Administrator',
  'Power Platform Administrator',
  'Privileged Authentication Administrator',
  'Privileged Role Administrator',
  'Security Administrator',
  'Service Support Administrator',
  'SharePoint Administrator',
  'Skype for Business Administrator',
  'Teams Administrator',
  'Teams Communications Administrator',
  'Teams Devices Administrator',
  'User Administrator',
] as const

/** Built-in roles that let their holders see or organize something, without making administrators of them. */
const OTHERS = [
  'Directory Readers',
  'Global Reader',
  'Groups Administrator',
  'Guest Inviter',
  'Message Center Reader',
  'Reports Reader',
  'Security Operator',
  'Security Reader',
] as const

/** Roles that the tables of access/ name and that nobody can be assigned yet. */
const UNASSIGNED = [
  'Authentication Policy Administrator',
  'Cloud Application Administrator',
  'Domain Name Administrator',
  'Organizational Branding Administrator',
  'Usage Summary Reports Reader',
  'User Experience Success Manager',
] as const

export type Role = (typeof ADMINISTRATORS)[number] | (typeof OTHERS)[number] | (typeof UNASSIGNED)[number]

/** The roles of a partner's people at home: the agents are three groups, the others are assigned. */
export type PartnerRole = 'Admin agent' | 'Helpdesk agent' | 'Sales agent' | 'Account admin' | 'Membership admin'

/** Every role that can be assigned. */
export const roles: readonly Role[] = [...ADMINISTRATORS, ...OTHERS]

export const isAdministrator = (holder: { roles: readonly Role[] }) =>
  holder.roles.some(role => (ADMINISTRATORS as readonly Role[]).includes(role))
