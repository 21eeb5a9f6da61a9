// A long file: the one table of who may do what.

import type { Target } from './actor.ts'
import { resetRanks, sensitiveRanks } from './ranks.ts'
import type { PartnerRole, Role } from './roles.ts'

/** Who may do one thing: a scope, a role, the target and a fresh second step must all allow it. */
export interface Rule {
  /** Any of these opens it. `*`: as an application's own permission too. */
  scopes: readonly string[]
  /** These open it only for the actor or the actor's own objects. */
  ownScopes?: readonly string[]
  /** The roles that may do it to any target. */
  roles: 'everybody' | readonly (Role | PartnerRole)[]
  /** The roles that may do it to users below them. */
  ranked?: { roles: readonly Role[]; by: typeof resetRanks }
  /** `only`: nobody but the person; `too`: the person beside the roles; `never`: not even with a role. */
  oneself?: 'only' | 'too' | 'never'
  /** The owners of the target may do it too. */
  owners?: true
  /** The kinds of target that it takes, where rules depend on them; with `oneself` or `ranked` users alone. */
  on?: readonly Target['kind'][]
  /** 1: signed in with a second step. 2: within the last fifteen minutes. */
  step: 0 | 1 | 2
}

const GLOBAL = 'Global Administrator'
const PRIVILEGED_ROLES = 'Privileged Role Administrator'
const PRIVILEGED_METHODS = 'Privileged Authentication Administrator'
const METHODS = 'Authentication Administrator'
const USERS = 'User Administrator'
const HELPDESK = 'Helpdesk Administrator'
const PASSWORDS = 'Password Administrator'
const METHOD_POLICY = 'Authentication Policy Administrator'
const GROUPS = 'Groups Administrator'
const DOMAINS = 'Domain Name Administrator'
const APPLICATIONS = ['Application Administrator', 'Cloud Application Administrator'] as const
const WRITERS = 'Directory Writers'
const READER = 'Global Reader'
const SECURITY = ['Security Administrator', 'Security Reader', 'Security Operator'] as const
const AUDITORS = [GLOBAL, READER, 'Reports Reader', ...SECURITY] as const

// The whole directory by one scope.
const WRITE_ALL = 'Directory.ReadWrite.All*'
const READ_ALL = ['Directory.Read.All*', WRITE_ALL] as const

const byReset = { roles: [GLOBAL, PRIVILEGED_METHODS, USERS, METHODS, HELPDESK, PASSWORDS], by: resetRanks } as const
const byMethods = { roles: [METHODS], by: resetRanks } as const
const bySensitive = { roles: [GLOBAL, PRIVILEGED_METHODS, USERS, METHODS], by: sensitiveRanks } as const

const assigning = {
  scopes: ['RoleManagement.ReadWrite.Directory*'],
  roles: [GLOBAL, PRIVILEGED_ROLES],
  on: ['roleAssignment'],
  step: 2,
} as const

/** The actions in a tenant, and who may do them (administration on the wire, §3.1; decision 70). An action that is not named here is refused. */
const tenantActions = {
  'self.read': { scopes: ['User.Read', 'User.ReadWrite'], roles: 'everybody', oneself: 'only', step: 0 },
  'self.write': { scopes: ['User.ReadWrite'], roles: 'everybody', oneself: 'only', step: 0 },
  /** Names, primary address and language: what a directory is for. */
  'profile.read': { scopes: ['User.ReadBasic.All', 'User.Read.All*', ...READ_ALL], roles: 'everybody', step: 0 },
  'groups.read': { scopes: ['Group.Read.All*', 'GroupMember.Read.All*', ...READ_ALL], roles: 'everybody', step: 0 },
  'domains.read': { scopes: ['Domain.Read.All*', ...READ_ALL], roles: 'everybody', step: 0 },
  'organization.read': { scopes: ['Organization.Read.All*', ...READ_ALL], roles: 'everybody', step: 0 },
  'applications.read': { scopes: ['Application.Read.All*', ...READ_ALL], roles: 'everybody', step: 0 },
  /** Mobile phone, office phone and alternate email that were filled in for the person. */
  'contactInfo.read': { scopes: ['User.Read.All*', ...READ_ALL], roles: 'everybody', step: 0 },
  /** Times of sign-ins and password changes. Open to every role that this table names. */
  'profile.readAll': { scopes: ['User.Read.All*'], roles: [], oneself: 'too', step: 0 },
  'users.create': { scopes: ['User.ReadWrite.All*', WRITE_ALL], roles: [GLOBAL, USERS, WRITERS], step: 1 },
  'users.update': {
    scopes: ['User.ReadWrite.All*', WRITE_ALL],
    roles: [GLOBAL, USERS, METHODS, PRIVILEGED_METHODS, WRITERS],
    step: 1,
  },
  /** Phones and addresses, which open resets. */
  'users.sensitive': { scopes: ['User.ReadWrite.All*'], roles: [], ranked: bySensitive, step: 2 },
  'users.rename': { scopes: ['User.ReadWrite.All*'], roles: [], ranked: bySensitive, step: 2 },
  'users.enable': {
    scopes: ['User.ReadWrite.All*', 'User.EnableDisableAccount.All*'],
    roles: [],
    ranked: bySensitive,
    oneself: 'never',
    step: 2,
  },
  'users.delete': {
    scopes: ['User.ReadWrite.All*', 'User.DeleteRestore.All*'],
    roles: [],
    ranked: bySensitive,
    oneself: 'never',
    step: 2,
  },
  'users.restore': {
    scopes: ['User.ReadWrite.All*', 'User.DeleteRestore.All*'],
    roles: [],
    ranked: bySensitive,
    oneself: 'never',
    step: 2,
  },
  'users.purge': {
    scopes: ['User.DeleteRestore.All*'],
    roles: [],
    ranked: { roles: [GLOBAL, PRIVILEGED_METHODS, USERS], by: sensitiveRanks },
    oneself: 'never',
    step: 2,
  },
  'passwords.reset': {
    scopes: ['UserAuthenticationMethod.ReadWrite.All'],
    roles: [],
    ranked: byReset,
    oneself: 'never',
    step: 2,
  },
  /** The same by a change of the user, which programs may make. */
  'passwords.write': {
    scopes: ['User-PasswordProfile.ReadWrite.All*'],
    roles: [],
    ranked: byReset,
    oneself: 'never',
    step: 2,
  },
  'sessions.revoke': { scopes: ['User.RevokeSessions.All*'], roles: [], ranked: byReset, oneself: 'too', step: 1 },
  'blocks.lift': { scopes: ['UserAuthenticationMethod.ReadWrite.All*'], roles: [], ranked: byReset, step: 1 },
  'readiness.read': { scopes: ['UserAuthenticationMethod.Read.All*'], roles: [], ranked: byReset, step: 0 },
  /** Phone, email and app that the person registered. They never appear in the directory. */
  'methods.read': {
    scopes: ['UserAuthenticationMethod.Read.All*'],
    ownScopes: ['UserAuthenticationMethod.Read'],
    roles: [GLOBAL, PRIVILEGED_METHODS, READER],
    ranked: byMethods,
    oneself: 'too',
    step: 0,
  },
  'methods.write': {
    scopes: ['UserAuthenticationMethod.ReadWrite.All*'],
    roles: [GLOBAL, PRIVILEGED_METHODS],
    ranked: byMethods,
    oneself: 'never',
    step: 2,
  },
  'methods.remove': {
    scopes: ['UserAuthenticationMethod.ReadWrite.All*'],
    roles: [GLOBAL, PRIVILEGED_METHODS],
    ranked: byMethods,
    oneself: 'never',
    step: 2,
  },
  'passes.issue': {
    scopes: ['UserAuthenticationMethod.ReadWrite.All*'],
    roles: [GLOBAL, PRIVILEGED_METHODS],
    ranked: byMethods,
    oneself: 'never',
    step: 2,
  },
  /** Which security questions were chosen. */
  'questions.read': { scopes: ['UserAuthenticationMethod.Read'], roles: 'everybody', oneself: 'only', step: 0 },
  /** Shown to nobody again, not even to the person who typed them. */
  'answers.read': { scopes: [], roles: [], step: 0 },
  /** Passwords, codes, keys and hashes. */
  'secrets.read': { scopes: [], roles: [], step: 0 },
  /** All that is kept about a person, as the law has them ask for it. */
  'personalData.read': { scopes: ['User.Export.All'], roles: [GLOBAL], oneself: 'too', step: 2 },
  /** The person's own events, as "my account" shows them. */
  'activity.read': { scopes: ['User.Read', 'User.ReadWrite'], roles: 'everybody', oneself: 'only', step: 0 },
  'groups.write': {
    scopes: ['Group.ReadWrite.All*', 'GroupMember.ReadWrite.All*', WRITE_ALL],
    roles: [GLOBAL, USERS, GROUPS, WRITERS],
    owners: true,
    on: ['group', 'tenant'],
    step: 1,
  },
  /** Groups that can hold roles: `groups.write` to one of them is this. */
  'roleGroups.write': {
    scopes: ['Group.ReadWrite.All*', 'GroupMember.ReadWrite.All*', WRITE_ALL],
    roles: [GLOBAL, PRIVILEGED_ROLES],
    on: ['group', 'tenant'],
    step: 2,
  },
  'roles.read': { scopes: ['RoleManagement.Read.Directory*'], roles: 'everybody', step: 0 },
  'roles.assign': assigning,
  'roles.unassign': assigning,
  'domains.write': { scopes: ['Domain.ReadWrite.All*'], roles: [GLOBAL, DOMAINS], step: 2 },
  'organization.write': { scopes: ['Organization.ReadWrite.All*'], roles: [GLOBAL], step: 1 },
  'branding.write': {
    scopes: ['OrganizationalBranding.ReadWrite.All*'],
    roles: [GLOBAL, 'Organizational Branding Administrator'],
    step: 1,
  },
  'policies.read': {
    scopes: ['Policy.Read.All*'],
    roles: [GLOBAL, READER, METHOD_POLICY, METHODS, PRIVILEGED_METHODS, ...SECURITY],
    step: 0,
  },
  'resetPolicies.write': { scopes: ['Policy.ReadWrite.PasswordReset*'], roles: [GLOBAL, METHOD_POLICY], step: 2 },
  'methodsPolicy.write': {
    scopes: ['Policy.ReadWrite.AuthenticationMethod*'],
    roles: [GLOBAL, METHOD_POLICY],
    step: 2,
  },
  'protection.write': {
    scopes: ['Policy.ReadWrite.PasswordProtection*'],
    roles: [GLOBAL, METHOD_POLICY, 'Security Administrator'],
    step: 2,
  },
  'signInPolicy.write': { scopes: ['Policy.ReadWrite.Authorization*'], roles: [GLOBAL, METHOD_POLICY], step: 2 },
  'reports.read': { scopes: ['AuditLog.Read.All*'], roles: [...AUDITORS, ...APPLICATIONS], step: 0 },
  'audit.read': { scopes: ['AuditLog.Read.All*'], roles: AUDITORS, step: 0 },
  'journeys.read': {
    scopes: ['AuditLog.Read.All*'],
    roles: AUDITORS,
    ranked: { roles: [PRIVILEGED_METHODS, USERS, METHODS, HELPDESK, PASSWORDS], by: resetRanks },
    on: ['user', 'tenant'],
    step: 0,
  },
  'applications.write': {
    scopes: ['Application.ReadWrite.All*'],
    ownScopes: ['Application.ReadWrite.OwnedBy*'],
    roles: [GLOBAL, ...APPLICATIONS],
    owners: true,
    on: ['application', 'servicePrincipal', 'tenant'],
    step: 2,
  },
  'applications.grant': {
    scopes: ['AppRoleAssignment.ReadWrite.All*', 'DelegatedPermissionGrant.ReadWrite.All*'],
    roles: [GLOBAL, PRIVILEGED_ROLES, ...APPLICATIONS],
    on: ['grant'],
    step: 2,
  },
  'provisioning.write': { scopes: ['Synchronization.ReadWrite.All'], roles: [GLOBAL, USERS], step: 2 },
  /** What opens `/scim/v2`: users and groups, as a User Administrator keeps them. */
  'scim.use': { scopes: ['Scim.ReadWrite.All*'], roles: [GLOBAL, USERS], step: 0 },
  /** Recovery cases of people who have no way in: those who are asked for help (self-service password reset, §7.4). */
  'cases.read': {
    scopes: ['RecoveryCase.Read.All', 'RecoveryCase.ReadWrite.All'],
    roles: [GLOBAL, USERS, HELPDESK, PASSWORDS],
    step: 0,
  },
  'cases.write': {
    scopes: ['RecoveryCase.ReadWrite.All'],
    roles: [GLOBAL, USERS, HELPDESK, PASSWORDS],
    step: 2,
  },
  'agents.read': { scopes: ['OnPremises.Read.All'], roles: [GLOBAL, READER, METHOD_POLICY], step: 0 },
  'agents.write': { scopes: ['OnPremises.ReadWrite.All'], roles: [GLOBAL], step: 2 },
} as const satisfies Record<string, Rule>

/** The actions of a firm as a partner, in its own tenant, and a customer's decisions about partners (partners on the wire, §6). */
const partnerActions = {
  'partner.account.read': {
    scopes: ['PartnerAccount.Read.All', 'PartnerAccount.ReadWrite.All'],
    roles: ['Admin agent', 'Helpdesk agent', 'Sales agent', 'Account admin', 'Membership admin', GLOBAL, USERS],
    step: 0,
  },
  'partner.account.write': { scopes: ['PartnerAccount.ReadWrite.All'], roles: [GLOBAL, 'Account admin'], step: 2 },
  'partner.securityContact.write': { scopes: ['PartnerAccount.ReadWrite.All'], roles: [GLOBAL], step: 2 },
  'partner.enroll': { scopes: ['PartnerAccount.ReadWrite.All'], roles: [GLOBAL], step: 2 },
  'partner.partnerships.write': { scopes: ['PartnerAccount.ReadWrite.All'], roles: [GLOBAL], step: 2 },
  'partner.roles.assign': {
    scopes: ['PartnerAccount.ReadWrite.All'],
    roles: [GLOBAL, 'Account admin'],
    oneself: 'never',
    step: 2,
  },
  'partner.verification.read': {
    scopes: ['PartnerVerification.Read.All', 'PartnerVerification.ReadWrite.All'],
    roles: [GLOBAL, 'Account admin', 'Membership admin'],
    step: 0,
  },
  'partner.verification.write': {
    scopes: ['PartnerVerification.ReadWrite.All'],
    roles: [GLOBAL, 'Account admin', 'Membership admin'],
    step: 1,
  },
  'partner.activity.read': {
    scopes: ['PartnerAccount.Read.All', 'PartnerAccount.ReadWrite.All'],
    roles: ['Admin agent', GLOBAL],
    step: 0,
  },
  'partner.customers.read': {
    scopes: ['PartnerCustomer.Read.All', 'PartnerCustomer.ReadWrite.All'],
    roles: ['Admin agent', 'Helpdesk agent', 'Sales agent'],
    step: 1,
  },
  'partner.customers.write': {
    scopes: ['PartnerCustomer.ReadWrite.All'],
    roles: ['Admin agent', 'Helpdesk agent'],
    step: 1,
  },
  'partner.customers.create': { scopes: ['PartnerCustomer.ReadWrite.All'], roles: ['Admin agent'], step: 2 },
  'partner.customers.end': { scopes: ['PartnerCustomer.ReadWrite.All'], roles: [GLOBAL], step: 2 },
  'partner.invite': { scopes: ['PartnerCustomer.ReadWrite.All'], roles: ['Admin agent', 'Sales agent'], step: 2 },
  'partner.invitePartner': { scopes: ['PartnerCustomer.ReadWrite.All'], roles: ['Admin agent'], step: 2 },
  'partner.relationships.read': {
    scopes: ['DelegatedAdminRelationship.Read.All', 'DelegatedAdminRelationship.ReadWrite.All'],
    roles: ['Admin agent', GLOBAL, USERS],
    step: 1,
  },
  'partner.relationships.write': {
    scopes: ['DelegatedAdminRelationship.ReadWrite.All'],
    roles: ['Admin agent'],
    step: 2,
  },
  'partner.assign': {
    scopes: ['DelegatedAdminRelationship.ReadWrite.All'],
    roles: [GLOBAL, USERS, 'Admin agent'],
    on: ['group'],
    step: 2,
  },
  'partner.rescues.read': {
    scopes: ['PartnerRescue.Read.All', 'PartnerRescue.ReadWrite.All'],
    roles: ['Admin agent'],
    step: 1,
  },
  'partner.rescue': { scopes: ['PartnerRescue.ReadWrite.All'], roles: ['Admin agent'], step: 2 },
  'verifications.read': {
    scopes: ['PartnerVerification.Read.All', 'PartnerVerification.ReadWrite.All'],
    roles: ['Verification Reviewer'],
    step: 1,
  },
  'verifications.decide': {
    scopes: ['PartnerVerification.ReadWrite.All'],
    roles: ['Verification Reviewer'],
    step: 2,
  },
  'partners.read': {
    scopes: ['Partners.Read.All', 'Partners.ReadWrite.All'],
    roles: [GLOBAL, PRIVILEGED_ROLES, READER, 'Security Reader', 'Security Administrator'],
    step: 0,
  },
  'partners.decide': {
    scopes: ['Partners.ReadWrite.All'],
    roles: [GLOBAL],
    on: ['tenant', 'relationship'],
    step: 2,
  },
} as const satisfies Record<string, Rule>

export type Action = keyof typeof tenantActions | keyof typeof partnerActions

export const actions: Readonly<Record<Action, Rule>> = {
  ...tenantActions,
  ...partnerActions,
  'profile.readAll': { ...tenantActions['profile.readAll'], roles: namedIn(tenantActions) },
}

/** The roles that a table names. */
function namedIn(table: Record<string, Rule>): readonly (Role | PartnerRole)[] {
  const named = Object.values(table).flatMap(({ roles, ranked }) => [
    ...(roles === 'everybody' ? [] : roles),
    ...(ranked?.roles ?? []),
  ])
  return [...new Set(named)]
}

/** The actions in a tenant that a role opens, for some targets at least. */
export const actionsOf = (role: Role): Action[] =>
  (Object.keys(tenantActions) as (keyof typeof tenantActions)[]).filter(name => {
    const { roles, ranked }: Rule = actions[name]
    return roles !== 'everybody' && (roles.includes(role) || ranked?.roles.includes(role))
  })

/** The actions that somebody can do to a user, whatever their rights. */
export const userActions = (Object.keys(tenantActions) as Action[]).filter(
  name =>
    name !== 'users.create' &&
    /^(users|passwords|sessions|blocks|readiness|methods|passes|journeys|profile|contactInfo|personalData)\./.test(
      name,
    ),
)

/** Every action in a tenant. */
export const everyAction = Object.keys(tenantActions) as Action[]

/** Every action of a firm as a partner in its own tenant, with and without a customer's decisions about partners. */
export const everyActionOnPartners = Object.keys(partnerActions) as Action[]
export const everyPartnerAction = everyActionOnPartners.filter(name => name.startsWith('partner.'))

const REPORTS: readonly Action[] = ['reports.read', 'audit.read']
const RESETS: readonly Action[] = [
  'passwords.reset',
  'passwords.write',
  'sessions.revoke',
  'blocks.lift',
  'readiness.read',
  'journeys.read',
]
const DIRECTORY: readonly Action[] = [
  'profile.read',
  'groups.read',
  'domains.read',
  'organization.read',
  'applications.read',
]
const READS: readonly Action[] = [...DIRECTORY, 'profile.readAll', 'policies.read', ...REPORTS]
const WRITES: readonly Action[] = ['users.create', 'users.update', 'groups.write']
const ACCOUNTS: readonly Action[] = [
  ...RESETS,
  'users.create',
  'users.delete',
  'users.restore',
  'users.enable',
  'users.rename',
]
const ASSIGNS: readonly Action[] = ['roles.assign', 'roles.unassign']
const METHOD_RESETS: readonly Action[] = ['passwords.reset', 'passwords.write', 'methods.remove']

/** The actions that each role of a relationship opens to a partner's people in a customer's tenant (partners on the wire, §6), and no others. */
export const partnerRights: Partial<Record<Role, readonly Action[]>> = {
  'Directory Readers': DIRECTORY,
  'Global Reader': READS,
  'Directory Writers': WRITES,
  'Helpdesk Administrator': RESETS,
  'Password Administrator': RESETS,
  'Authentication Administrator': RESETS,
  'User Administrator': ACCOUNTS,
  'Privileged Authentication Administrator': METHOD_RESETS,
  'Privileged Role Administrator': ASSIGNS,
  'Groups Administrator': ['groups.write'],
  'Reports Reader': REPORTS,
  'Security Reader': REPORTS,
  'Security Operator': REPORTS,
  'Global Administrator': [...new Set([...READS, ...WRITES, ...ACCOUNTS, ...METHOD_RESETS, ...ASSIGNS])],
}
