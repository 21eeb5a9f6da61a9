import type { Resource } from './resource.ts'

/** The ids that stand in examples, each for a thing that the caller’s company has. */
export const exampleIds = {
  user: '5d0f8b3a-61c2-4f0e-9a57-3d1e7c9b2a46',
  group: '0b7c1e94-8d35-4a6f-b2e1-94f6a0c8d752',
  application: '7e2a9c60-4f1b-4d83-8c3d-5a6b0e9f1d27',
  appId: 'c4b6f2d8-93e0-4b57-a1f9-2e8d7c5b6a30',
  principal: '91d3e7a5-2c68-4e9b-8f04-b6a1c5d2e983',
  /** Of a User Administrator. */
  role: 'fe930be7-5e62-47db-91af-98c3a49a38b1',
  /** Of a secret. */
  key: '3f8e6d1c-7b52-4a09-9e34-d0c7b8a5f162',
} as const

const { user, group, appId, principal, role, key } = exampleIds
const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` })
/** What everybody has who may use an application that has no roles. */
const DEFAULT_ROLE = '00000000-0000-0000-0000-000000000000'
const toUse = (principalId: string) => ({ principalId, resourceId: principal, appRoleId: DEFAULT_ROLE })
const looks = { backgroundColor: '#1D4ED8', signInPageText: 'Call 555 0100 for help.' }

/** `/v1.0` itself, and the permission `User.Read.All` of an application. */
const API = '00000003-0000-0000-c000-000000000000'
const READ_USERS = 'df021288-bdef-4463-88db-98f22de89214'

/** A body of each resource that takes one, by its method and the end of its path. */
const BODIES: Record<string, object> = {
  'POST /users': {
    accountEnabled: true,
    displayName: 'Nora Field',
    mailNickname: 'nora',
    userPrincipalName: 'nora.field@acme.example',
    passwordProfile: { password: 'Kestrel over marsh 43', forceChangePasswordNextSignIn: true },
  },
  'PATCH /users/{id}': { department: 'Field', jobTitle: 'Engineer' },
  'PATCH /me': { preferredLanguage: 'fr' },
  'POST /me/changePassword': { currentPassword: 'Demo-passphrase-2026!', newPassword: 'Kestrel over marsh 43' },
  'POST /authentication/phoneMethods': { phoneNumber: '+1 2065550123', phoneType: 'mobile' },
  'PATCH /authentication/phoneMethods/{methodId}': { phoneNumber: '+1 2065550199' },
  'POST /authentication/emailMethods': { emailAddress: 'nora@mail.example' },
  'PATCH /authentication/emailMethods/{methodId}': { emailAddress: 'field@mail.example' },
  'POST /resetPassword': {},
  'POST /authentication/resetLink': { kind: 'mail' },
  'POST /authentication/temporaryAccessPassMethods': { lifetimeInMinutes: 60, isUsableOnce: true },
  'POST /authentication/unblock': { kinds: ['password', 'proofs'] },
  'POST /authentication/requireRegistration': { keepMethods: true },
  'POST /exportPersonalData': { language: 'en' },
  'POST /callerChecks': { means: 'inPerson' },
  'PATCH /callerChecks/{callerCheckId}': { outcome: 'resolved' },
  'POST /getMemberGroups': { securityEnabledOnly: true },
  'POST /getMemberObjects': { securityEnabledOnly: true },
  'POST /checkMemberGroups': { groupIds: [group] },
  'POST /directoryObjects/getByIds': { ids: [user, group], types: ['user', 'group'] },
  'POST /cases': { userId: user, address: 'caller@mail.example', text: 'Lost her phone, and has no second method.' },
  'POST /cases/{number}/messages': { text: 'We call you at 10 on the number that we have of you.' },
  'POST /cases/{number}/close': { result: 'resolved' },
  'POST /helpDesk/lookups': { query: 'registered' },
  'POST /groups': { displayName: 'Field staff', mailEnabled: false, mailNickname: 'field', securityEnabled: true },
  'PATCH /groups/{id}': { description: 'Everybody who works outside' },
  'POST /members/$ref': reference(user),
  'POST /owners/$ref': reference(user),
  'POST /directoryRoles': { roleTemplateId: role },
  'POST /roleManagement/directory/roleAssignments': {
    principalId: user,
    roleDefinitionId: role,
    directoryScopeId: '/',
  },
  'POST /directory/deletedItems/{id}/restore': { newUserPrincipalName: 'nora.again@acme.example' },
  'POST /applications': {
    displayName: 'Field reports',
    web: { redirectUris: ['https://field.acme.example/callback'] },
  },
  'PATCH /applications/{id}': { displayName: 'Field reports' },
  'POST /addPassword': { passwordCredential: { displayName: 'of the build' } },
  'POST /removePassword': { keyId: key },
  'POST /servicePrincipals': { appId, appRoleAssignmentRequired: true },
  'PATCH /servicePrincipals/{id}': { appRoleAssignmentRequired: true },
  'POST /users/{id}/appRoleAssignments': toUse(user),
  'POST /groups/{id}/appRoleAssignments': toUse(group),
  'POST /servicePrincipals/{id}/appRoleAssignments': { principalId: principal, resourceId: API, appRoleId: READ_USERS },
  'POST /appRoleAssignedTo': toUse(user),
  'POST /oauth2PermissionGrants': {
    clientId: principal,
    consentType: 'AllPrincipals',
    resourceId: API,
    scope: 'User.Read',
  },
  'PATCH /oauth2PermissionGrants/{id}': { scope: 'User.Read profile' },
  'POST /scimTokens': { displayName: 'HR' },
  'POST /domains': { id: 'field.acme.example' },
  'PATCH /domains/{id}': { isDefault: true },
  'POST /domains/{id}/forceDelete': { disableUserAccounts: true },
  'PATCH /organization/{id}': { displayName: 'Acme', technicalNotificationMails: ['it@acme.example'] },
  'PATCH /branding': looks,
  'PUT /organization/{id}/supportContacts': {
    version: 1,
    contacts: [
      {
        ...{ id: 'field', countries: ['US'], kinds: ['technical'], languages: ['en'], zone: 'America/New_York' },
        phones: [{ number: '+12025550150' }],
        hours: [{ days: ['mon', 'tue'], from: '09:00', to: '17:00' }],
      },
    ],
  },
  'POST /branding/localizations': { id: 'fr-FR', ...looks },
  'PATCH /branding/localizations/{locale}': looks,
  'POST /branding/previews': { id: '0', ...looks },
  'PATCH /notices/{kind}': { isOn: false },
  'PUT /wordings/{language}': { opening: 'Somebody unlocked {username}.', closing: 'Questions? Ask the service desk.' },
  'POST /notices/{kind}/previews': { language: 'en', closing: 'Questions? Ask the service desk.' },
  'PATCH /policies/passwordProtectionPolicy': { lockoutThreshold: 8 },
  'PATCH /policies/signInPolicy': { secondStep: 'everyone' },
  'PATCH /policies/writebackPolicy': { unlockWithoutReset: true },
  'POST /onPremises/agentTokens': {},
  'POST /bannedWords/add': { words: ['rocket'] },
  'POST /bannedWords/remove': { words: ['rocket'] },
  'POST /policies/passwordResetPolicies': { displayName: 'Field staff', includedGroups: [group] },
  'PATCH /policies/passwordResetPolicies/{id}': { settings: { coolingOffHours: 24 } },
  'PATCH /policies/passwordResetPolicy': { settings: { coolingOffHours: 24 } },
  'PATCH /policies/authenticationMethodsPolicy': { reconfirmationInDays: 180 },
  'PATCH /authenticationMethodConfigurations/{name}': { state: 'enabled' },
  'POST /policies/previews': {
    method: 'PATCH',
    url: '/policies/passwordResetPolicy',
    body: { settings: { gates: 2 } },
  },
  'POST /announcements': { kind: 'register', groupId: group, dryRun: true },
  'POST /subscriptions': {
    changeType: 'created,updated,deleted',
    resource: 'users',
    notificationUrl: 'https://field.acme.example/changes',
    expirationDateTime: '2027-01-01T00:00:00Z',
  },
  'POST /partner/enrollments': {
    program: 'membership',
    legalProfile: { companyName: 'Acme Trading', street: '1 Quay Street', city: 'Seattle', country: 'US' },
    primaryContact: { givenName: 'Nora', surname: 'Field', mail: 'nora@mail.example' },
  },
  'POST /partner/enrollments/{id}/sign': { version: '2026-11' },
  'PATCH /partner': { securityContact: { givenName: 'Nora', surname: 'Field', mail: 'security@mail.example' } },
  'POST /partner/verification/stages/{stage}/fix': {
    documents: [],
    comment: 'The address is the one in the register now.',
  },
  'POST /verification/cases/{id}/decide': {
    ...{ stage: 'business', verdict: 'ask', reason: 'document_old' },
    ...{ text: 'Please send an extract of this year.', requiredDocuments: ['businessRegistration'] },
  },
  'POST /partner/rescues/{id}/take': { checked: 'calledKnownNumber', note: 'Called the number of the contract.' },
  'POST /partner/rescues/{id}/refuse': { reason: 'Nobody answered at the number that we know.' },
  'PATCH /partner/customers/{customerTenantId}': { tags: ['gold', 'north'] },
  'POST /partner/customers': {
    ...{ displayName: 'Field Trading', label: 'field-trading', country: 'US', mail: 'nora@mail.example' },
    administrator: { givenName: 'Nora', surname: 'Field', userName: 'nora' },
  },
  'POST /partner/customers/{customerTenantId}/administratorInvitation': {
    mail: 'nora@mail.example',
    administrator: { givenName: 'Nora', surname: 'Field', userName: 'nora' },
  },
  'POST /partner/invitations': { kind: 'reseller', dap: true },
  'PATCH /tenantRelationships/dap/{partnerTenantId}': { awake: true },
  'PUT /tenantRelationships/rescueAgreement': {
    ...{ providers: [], coolingOffHours: 48, acts: ['newPassword'], dns: true, tell: ['owner@mail.example'] },
    refused: false,
  },
  'POST /partner/roleAssignments': { principalId: user, role: 'accountAdmin' },
  'POST /tenantRelationships/delegatedAdminRelationships': {
    displayName: 'Customer care',
    duration: 'P180D',
    customer: { tenantId: group, displayName: 'Field' },
    accessDetails: { unifiedRoles: [{ roleDefinitionId: role }] },
    autoExtendDuration: 'P180D',
  },
  'PATCH /delegatedAdminRelationships/{id}': { duration: 'P90D' },
  'POST /requests': { action: 'lockForApproval' },
  'POST /accessAssignments': {
    accessContainer: { accessContainerId: key, accessContainerType: 'securityGroup' },
    accessDetails: { unifiedRoles: [{ roleDefinitionId: role }] },
  },
  'PATCH /accessAssignments/{assignmentId}': { accessDetails: { unifiedRoles: [{ roleDefinitionId: role }] } },
  'POST /partnerRequests/{id}/approve': { unifiedRoles: [{ roleDefinitionId: role }], duration: 'P90D' },
  'POST /partnerRequests/{id}/reject': {},
  'PATCH /partnerRelationships/{id}': { autoExtendDuration: 'PT0S' },
  'PATCH /subscriptions/{id}': { expirationDateTime: '2027-01-01T00:00:00Z' },
}

/** A body as a program would send it: that of the longest end of the path that has one. */
export function exampleOf({ method, path }: Pick<Resource, 'method' | 'path'>): object | undefined {
  const words = path.replace(/\(\w+='\{id\}'\)/g, '/{id}').split('/')
  for (let at = 1; at < words.length; at++) {
    const found = BODIES[`${method} /${words.slice(at).join('/')}`]
    if (found) return found
  }
  return undefined
}
