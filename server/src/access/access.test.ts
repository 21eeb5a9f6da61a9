// This file is long because it writes the tables of the contracts out a second time, by hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MINUTE, plus } from '../clock.ts'
import { systemRandom } from '../crypto/index.ts'
import { signInPolicy } from '../policies/index.ts'
import { actorOf, type Session } from '../sessions/index.ts'
import { type Action, actions, partnerRights } from './actions.ts'
import type { Actor, SignedIn, Target } from './actor.ts'
import { authorize, demand, mayAny } from './authorize.ts'
import { roles as assignable, isAdministrator, type Role, templateIds } from './roles.ts'

const NOW = new Date('2026-11-26T12:00:00Z')
const [ACME, GLOBEX, PERSON, COLLEAGUE, THING] = Array.from({ length: 5 }, () => systemRandom.uuid(NOW)) as [
  string,
  string,
  string,
  string,
  string,
]

/** The roles as the contracts write them. */
const short: Record<string, Role> = {
  GA: 'Global Administrator',
  PRA: 'Privileged Role Administrator',
  PAA: 'Privileged Authentication Administrator',
  AA: 'Authentication Administrator',
  UA: 'User Administrator',
  HD: 'Helpdesk Administrator',
  PW: 'Password Administrator',
  AP: 'Authentication Policy Administrator',
  GR: 'Groups Administrator',
  DN: 'Domain Name Administrator',
  AD: 'Application Administrator',
  CA: 'Cloud Application Administrator',
  DW: 'Directory Writers',
  GLR: 'Global Reader',
  RR: 'Reports Reader',
  SA: 'Security Administrator',
  SO: 'Security Operator',
  SR: 'Security Reader',
  OB: 'Organizational Branding Administrator',
  VR: 'Verification Reviewer',
}
const longer = (names: string) => names.split(' ').flatMap(name => (name === '' ? [] : [short[name]!]))
const everyRole: readonly Role[] = assignable

/** The tables of the contracts, written out a second time by hand: who may do it to a plain colleague, and the step. */
const expected: Partial<Record<Action, [roles: string, step: 0 | 1 | 2]>> = {
  'self.read': ['nobody', 0],
  'self.write': ['nobody', 0],
  'profile.read': ['everybody', 0],
  'groups.read': ['everybody', 0],
  'domains.read': ['everybody', 0],
  'organization.read': ['everybody', 0],
  'applications.read': ['everybody', 0],
  'contactInfo.read': ['everybody', 0],
  'profile.readAll': ['GA PRA PAA AA UA HD PW AP GR DN AD CA DW GLR RR SA SO SR OB', 0],
  'users.create': ['GA UA DW', 1],
  'users.update': ['GA UA AA PAA DW', 1],
  'users.sensitive': ['GA PAA UA AA', 2],
  'users.rename': ['GA PAA UA AA', 2],
  'users.enable': ['GA PAA UA AA', 2],
  'users.delete': ['GA PAA UA AA', 2],
  'users.restore': ['GA PAA UA AA', 2],
  'users.purge': ['GA PAA UA', 2],
  'passwords.reset': ['GA PAA UA AA HD PW', 2],
  'passwords.write': ['GA PAA UA AA HD PW', 2],
  'sessions.revoke': ['GA PAA UA AA HD PW', 1],
  'blocks.lift': ['GA PAA UA AA HD PW', 1],
  'readiness.read': ['GA PAA UA AA HD PW', 0],
  'methods.read': ['GA PAA GLR AA', 0],
  'methods.write': ['GA PAA AA', 2],
  'methods.remove': ['GA PAA AA', 2],
  'passes.issue': ['GA PAA AA', 2],
  'questions.read': ['nobody', 0],
  'answers.read': ['nobody', 0],
  'personalData.read': ['GA', 2],
  'secrets.read': ['nobody', 0],
  'activity.read': ['nobody', 0],
  'groups.write': ['GA UA GR DW', 1],
  'roleGroups.write': ['GA PRA', 2],
  'roles.read': ['everybody', 0],
  'roles.assign': ['GA PRA', 2],
  'roles.unassign': ['GA PRA', 2],
  'domains.write': ['GA DN', 2],
  'organization.write': ['GA', 1],
  'branding.write': ['GA OB', 1],
  'policies.read': ['GA GLR AP AA PAA SA SR SO', 0],
  'resetPolicies.write': ['GA AP', 2],
  'methodsPolicy.write': ['GA AP', 2],
  'protection.write': ['GA AP SA', 2],
  'signInPolicy.write': ['GA AP', 2],
  'reports.read': ['GA GLR RR SA SR SO AD CA', 0],
  'audit.read': ['GA GLR RR SA SR SO', 0],
  'journeys.read': ['GA GLR RR SA SR SO PAA UA AA HD PW', 0],
  'applications.write': ['GA AD CA', 2],
  'applications.grant': ['GA PRA AD CA', 2],
  'provisioning.write': ['GA UA', 2],
  'scim.use': ['GA UA', 0],
  'cases.read': ['GA UA HD PW', 0],
  'cases.write': ['GA UA HD PW', 2],
  'agents.read': ['GA GLR AP', 0],
  'agents.write': ['GA', 2],
  'partner.account.read': ['GA UA', 0],
  'partner.account.write': ['GA', 2],
  'partner.securityContact.write': ['GA', 2],
  'partner.enroll': ['GA', 2],
  'partner.partnerships.write': ['GA', 2],
  'partner.roles.assign': ['GA', 2],
  'partner.verification.read': ['GA', 0],
  'partner.verification.write': ['GA', 1],
  'partner.activity.read': ['GA', 0],
  'partner.customers.read': ['', 1],
  'partner.customers.write': ['', 1],
  'partner.customers.create': ['', 2],
  'partner.customers.end': ['GA', 2],
  'partner.invite': ['', 2],
  'partner.invitePartner': ['', 2],
  'partner.relationships.read': ['GA UA', 1],
  'partner.relationships.write': ['', 2],
  'partner.assign': ['GA UA', 2],
  'partner.rescues.read': ['', 1],
  'partner.rescue': ['', 2],
  'verifications.read': ['VR', 1],
  'verifications.decide': ['VR', 2],
  'partners.read': ['GA PRA GLR SR SA', 0],
  'partners.decide': ['GA', 2],
}
const all = Object.keys(actions) as Action[]

const everyScope = [...new Set(Object.values(actions).flatMap(({ scopes }) => scopes))].map(name =>
  name.replace('*', ''),
)
const user = (held: SignedIn['roles'] = [], more: Partial<SignedIn> = {}): SignedIn => ({
  kind: 'user',
  id: PERSON,
  tenantId: ACME,
  name: 'person@acme.example',
  roles: held,
  scopes: everyScope,
  proof: { acr: 'mfa', authTime: NOW },
  ...more,
})
type Partner = Extract<Actor, { kind: 'partner' }>
const partner = (held: readonly Role[], more: Partial<Partner> = {}): Partner => ({
  kind: 'partner',
  id: PERSON,
  tenantId: ACME,
  name: 'agent@harbour.example',
  displayName: 'Agent One',
  home: { tenantId: GLOBEX, name: 'Harbour' },
  application: 'Desk',
  applicationId: 'desk',
  relationshipId: THING,
  roles: held,
  scopes: everyScope,
  proof: { acr: 'mfa', authTime: NOW },
  ...more,
})
type Application = Extract<Actor, { kind: 'application' }>
const application = (scopes: readonly string[], more: Partial<Application> = {}): Application => ({
  kind: 'application',
  id: PERSON,
  tenantId: ACME,
  name: 'Import',
  roles: [],
  scopes,
  owners: [],
  ...more,
})
type UserTarget = Extract<Target, { kind: 'user' }>
const person = (held: readonly Role[] = [], more: Partial<UserTarget> = {}): UserTarget => ({
  kind: 'user',
  tenantId: ACME,
  id: COLLEAGUE,
  roles: held,
  roleAssignable: false,
  settlingUntil: null,
  ...more,
})
const oneself = person([], { id: PERSON })
type Group = Extract<Target, { kind: 'group' }>
const group = (more: Partial<Group> = {}): Group => ({
  kind: 'group',
  tenantId: ACME,
  id: THING,
  roleAssignable: false,
  owned: false,
  joined: false,
  adds: undefined,
  ...more,
})
type Owned = {
  kind: 'application' | 'servicePrincipal'
  tenantId: string
  id: string
  owned: boolean
  escalating: boolean
}
const app = (more: Partial<Owned> = {}): Owned => ({
  kind: 'application',
  tenantId: ACME,
  id: THING,
  owned: false,
  escalating: false,
  ...more,
})
const principal = (more: Partial<Owned> = {}) =>
  app({ kind: 'servicePrincipal', ...more }) as Extract<Target, { kind: 'servicePrincipal' }>
const assignment = (role: Role, to: Extract<Target, { kind: 'roleAssignment' }>['principal'] = person()): Target => ({
  kind: 'roleAssignment',
  tenantId: ACME,
  role,
  principal: to,
})
const grant = (escalating: boolean, to: Extract<Target, { kind: 'grant' }>['principal'] = person()): Target => ({
  kind: 'grant',
  tenantId: ACME,
  escalating,
  principal: to,
})

/** A target of the kind that the action takes, of no rank. */
const plainTarget = (action: Action): Target => {
  const kinds = actions[action].on
  if (kinds?.includes('roleAssignment')) return assignment('Reports Reader')
  if (kinds?.includes('grant')) return grant(false)
  if (kinds?.includes('application')) return app() as Target
  if (kinds?.includes('relationship')) return { kind: 'tenant', tenantId: ACME }
  return kinds?.includes('group') ? group({ roleAssignable: action === 'roleGroups.write' }) : person()
}

/** `yes`, or why not. */
const answer = (actor: Actor, action: Action, target: Target, now = NOW): string => {
  const verdict = authorize({ actor, now }, action, target)
  return verdict.allowed ? 'yes' : verdict.why
}

/** The actions that change nothing. */
const reads = all.filter(action => /\.read(All)?$/.test(action))

test('each role that may write something makes an administrator', () => {
  for (const action of all.filter(each => !reads.includes(each) && !each.startsWith('partner'))) {
    const { roles, ranked }: (typeof actions)[Action] = actions[action]
    const named = [...(roles === 'everybody' ? [] : roles), ...(ranked?.roles ?? [])] as Role[]
    for (const role of named) assert.ok(isAdministrator({ roles: [role] }), `${role} by ${action}`)
  }
  for (const role of ['Global Reader', 'Reports Reader', 'Security Reader', 'Security Operator'] as const)
    assert.equal(isAdministrator({ roles: [role] }), false, role)
})

test('each action is open to the roles that the contracts name, and to no other', () => {
  assert.deepEqual(Object.keys(expected).sort(), [...all].sort(), 'every action stands in the table of this test')
  for (const action of all) {
    const [names] = expected[action]!
    const open: readonly Role[] = names === 'everybody' ? everyRole : names === 'nobody' ? [] : longer(names)
    assert.equal(answer(user(), action, plainTarget(action)), names === 'everybody' ? 'yes' : 'forbidden', action)
    for (const role of everyRole)
      assert.equal(
        answer(user([role]), action, plainTarget(action)),
        open.includes(role) ? 'yes' : 'forbidden',
        `${action}, ${role}`,
      )
  }
})

test('agents and partner administrators may do what their columns say', () => {
  const columns: Partial<Record<Action, string>> = {
    'partner.account.read': 'ag hg sg ac mp',
    'partner.account.write': 'ac',
    'partner.roles.assign': 'ac',
    'partner.verification.read': 'ac mp',
    'partner.verification.write': 'ac mp',
    'partner.activity.read': 'ag',
    'partner.customers.read': 'ag hg sg',
    'partner.customers.write': 'ag hg',
    'partner.customers.create': 'ag',
    'partner.invite': 'ag sg',
    'partner.invitePartner': 'ag',
    'partner.relationships.read': 'ag',
    'partner.relationships.write': 'ag',
    'partner.assign': 'ag',
    'partner.rescues.read': 'ag',
    'partner.rescue': 'ag',
  }
  const named = {
    ag: 'Admin agent',
    hg: 'Helpdesk agent',
    sg: 'Sales agent',
    ac: 'Account admin',
    mp: 'Membership admin',
  } as const
  const isOpenToAll = (action: Action) => expected[action]![0] === 'everybody'
  for (const action of all)
    for (const [name, role] of Object.entries(named)) {
      const may = isOpenToAll(action) || columns[action]?.split(' ').includes(name)
      assert.equal(answer(user([role]), action, plainTarget(action)), may ? 'yes' : 'forbidden', `${action}, ${role}`)
    }
})

test('who may reset whose password: all 108 cells', () => {
  const columns = longer('PW HD AA UA PAA GA')
  const table: [UserTarget, string][] = [
    [person(), 'YYYYYY'],
    [person(['Directory Readers']), 'YYYYYY'],
    [person(['Guest Inviter']), 'YYYYYY'],
    [person(['Password Administrator']), 'YYYYYY'],
    [person(['Message Center Reader']), '-YYYYY'],
    [person(['Reports Reader']), '-YYYYY'],
    [person(['User Experience Success Manager']), '-YYYYY'],
    [person(['Usage Summary Reports Reader']), '-YYYYY'],
    [person(['Helpdesk Administrator']), '-Y-YYY'],
    [person(['Authentication Administrator']), '--Y-YY'],
    [person(['Groups Administrator']), '---YYY'],
    [person(['User Administrator']), '---YYY'],
    [person(['Global Administrator']), '----YY'],
    [person(['Privileged Authentication Administrator']), '----YY'],
    [person(['Privileged Role Administrator']), '----YY'],
    [person([], { roleAssignable: true }), '----YY'],
    [person(['Restricted Unit Keeper' as Role]), '----YY'],
    [person(['Billing Administrator']), '----YY'],
  ]
  assert.equal(table.length * columns.length, 108)
  for (const action of [
    'passwords.reset',
    'passwords.write',
    'sessions.revoke',
    'blocks.lift',
    'readiness.read',
  ] as const)
    for (const [target, cells] of table)
      for (const [place, role] of columns.entries())
        assert.equal(
          answer(user([role]), action, target),
          cells[place] === 'Y' ? 'yes' : 'protected_target',
          `${action}: ${role} on ${target.roles.join()} ${target.roleAssignable}`,
        )
})

test('what opens a reset or ends an account follows the second table', () => {
  const columns = longer('AA UA PAA GA')
  const table: [Role[], string][] = [
    [[], 'YYYY'],
    [['Directory Readers'], 'YYYY'],
    [['Guest Inviter'], 'YYYY'],
    [['Message Center Reader'], 'YYYY'],
    [['Password Administrator'], 'YYYY'],
    [['Reports Reader'], 'YYYY'],
    [['User Experience Success Manager'], 'YYYY'],
    [['Usage Summary Reports Reader'], 'YYYY'],
    [['Authentication Administrator'], 'Y-YY'],
    [['Groups Administrator'], '-YYY'],
    [['Helpdesk Administrator'], '-YYY'],
    [['User Administrator'], '-YYY'],
    [['Global Administrator'], '--YY'],
    [['Exchange Administrator'], '--YY'],
  ]
  for (const action of ['users.sensitive', 'users.rename', 'users.enable', 'users.delete', 'users.restore'] as const)
    for (const [held, cells] of table)
      for (const [place, role] of columns.entries())
        assert.equal(
          answer(user([role]), action, person(held)),
          cells[place] === 'Y' ? 'yes' : 'protected_target',
          `${action}: ${role} on ${held}`,
        )
  for (const role of longer('HD PW')) assert.equal(answer(user([role]), 'users.sensitive', person()), 'forbidden')
})

test('every role of the target counts, and the best column of the actor', () => {
  const held: Role[] = ['Reports Reader', 'Groups Administrator']
  assert.equal(answer(user(longer('HD')), 'passwords.reset', person(held)), 'protected_target')
  assert.equal(answer(user(longer('HD UA')), 'passwords.reset', person(held)), 'yes')
  // The administrator's own rank lends nothing to another role of theirs.
  assert.equal(answer(user(longer('AA PRA')), 'methods.write', person(longer('GA'))), 'protected_target')
  assert.equal(answer(user(longer('AA UA')), 'methods.read', person(longer('UA'))), 'protected_target')
})

test('somebody of another tenant may nothing, not even with the same id and every role and scope', () => {
  for (const action of all)
    for (const tenantId of [GLOBEX, ACME]) {
      const target = { ...plainTarget(action), tenantId } as Target
      const foreign = { tenantId: tenantId === ACME ? GLOBEX : ACME, roles: everyRole, id: COLLEAGUE }
      for (const actor of [user([], foreign), partner([], foreign), application(everyScope, foreign)])
        assert.notEqual(answer(actor, action, target), 'yes', `${action} as ${actor.kind}`)
    }
  assert.equal(answer(user(longer('GA'), { tenantId: GLOBEX }), 'users.delete', person()), 'hidden')
  assert.equal(answer(user(['Directory Readers'], { tenantId: GLOBEX }), 'users.delete', person()), 'forbidden')
})

test('without a scope that opens it no role helps, and a read scope opens no write', () => {
  for (const action of all)
    assert.equal(answer(user(everyRole, { scopes: [] }), action, plainTarget(action)), 'forbidden')
  const reading = { scopes: everyScope.filter(name => !/Write|Enable|Restore|Revoke|Profile/.test(name)) }
  const writes = all.filter(
    action =>
      actions[action].step > 0 && !/relationships\.read|customers\.read|verifications\.read|personalData/.test(action),
  )
  for (const action of writes)
    assert.equal(answer(user(everyRole, reading), action, plainTarget(action)), 'forbidden', action)
  const anything = { scopes: ['Directory.AccessAsUser.All'] }
  assert.equal(answer(user(longer('GA'), anything), 'users.delete', person()), 'yes')
  assert.equal(answer(application(anything.scopes), 'users.delete', person()), 'forbidden', 'delegated alone')
})

test('a scope for one’s own opens nothing of others', () => {
  const own = { scopes: ['UserAuthenticationMethod.Read'] }
  assert.equal(answer(user([], own), 'methods.read', oneself), 'yes')
  assert.equal(answer(user(longer('GA'), own), 'methods.read', person()), 'forbidden')
  const owned = { scopes: ['Application.ReadWrite.OwnedBy'] }
  for (const actor of [user(longer('GA'), owned), application(owned.scopes)]) {
    assert.equal(answer(actor, 'applications.write', app({ owned: true }) as Target), 'yes')
    assert.equal(answer(actor, 'applications.write', app() as Target), 'forbidden')
  }
})

test('what a session opens: one’s own, and of colleagues the directory, whatever roles are held', () => {
  const session = (held: Role[]): SignedIn =>
    actorOf({
      user: { id: PERSON, tenantId: ACME, userPrincipalName: 'person@acme.example', roles: held },
      signedInBy: 'password',
      passwordAt: NOW,
      provedAt: NOW,
      proofs: [],
      policy: signInPolicy.defaults,
    } as unknown as Session)
  const own = ['self.read', 'self.write', 'activity.read', 'methods.read', 'questions.read']
  const everybodys = ['profile.read', 'contactInfo.read']
  for (const held of [[], ...everyRole.map(role => [role])])
    for (const action of all) {
      const mine = own.includes(action) || everybodys.includes(action) || action === 'profile.readAll'
      const theirs = everybodys.includes(action)
      if (actions[action].oneself || everybodys.includes(action) || /\.read$/.test(action))
        assert.equal(answer(session(held), action, oneself) === 'yes', mine, `${action}, oneself, ${held}`)
      if (action !== 'profile.readAll')
        assert.equal(answer(session(held), action, plainTarget(action)) === 'yes', theirs, `${action}, ${held}`)
    }
})

test('a fresh second step is asked for where the contracts say, and for partners always', () => {
  for (const action of all) {
    const [, step] = expected[action]!
    const roles = [...everyRole, 'Admin agent', 'Account admin'] as SignedIn['roles']
    const by = (acr: 'pwd' | 'mfa', minutes: number) =>
      authorize(
        { actor: user(roles, { proof: { acr, authTime: plus(NOW, -minutes * MINUTE) } }), now: NOW },
        action,
        actions[action].oneself === 'only' ? oneself : plainTarget(action),
      )
    assert.equal(actions[action].step, step, action)
    if (!by('mfa', 0).allowed) continue
    assert.deepEqual(
      [by('pwd', 0), by('mfa', 16), by('mfa', 14)].map(verdict => verdict.allowed),
      [step === 0, step < 2, true],
      action,
    )
  }
  const verdict = authorize(
    { actor: user(longer('GA'), { proof: { acr: 'pwd', authTime: NOW } }), now: NOW },
    'users.create',
    { kind: 'tenant', tenantId: ACME },
  )
  assert.deepEqual(verdict, { allowed: false, why: 'step_up', step: 1, rolesThatMay: longer('GA UA DW') })
  const weak = partner(['Directory Readers'], { proof: { acr: 'pwd', authTime: NOW } })
  assert.equal(answer(weak, 'profile.read', person()), 'step_up')
  // A clock that had jumped ahead made this moment.
  const ahead = user(longer('GA'), { proof: { acr: 'mfa', authTime: plus(NOW, 365 * 24 * 60 * MINUTE) } })
  assert.equal(answer(ahead, 'users.delete', person()), 'step_up')
})

test('nobody raises their own rights', () => {
  const highest = user(longer('GA PRA'))
  for (const to of [oneself, group({ owned: true }), group({ joined: true }), principal({ owned: true })]) {
    assert.equal(answer(highest, 'roles.assign', assignment('Reports Reader', to)), 'own_rights', to.kind)
    assert.equal(answer(highest, 'applications.grant', grant(false, to)), 'own_rights', to.kind)
  }
  const roleGroup = (adds: string | undefined) => group({ roleAssignable: true, adds })
  for (const action of ['groups.write', 'roleGroups.write'] as const) {
    assert.equal(answer(highest, action, roleGroup(PERSON)), 'own_rights')
    assert.equal(answer(highest, action, roleGroup(COLLEAGUE)), 'yes')
  }
  assert.equal(answer(user(longer('UA')), 'groups.write', roleGroup(PERSON)), 'forbidden')
  assert.equal(answer(user(longer('UA')), 'groups.write', group({ adds: PERSON })), 'yes')
  assert.equal(answer(user([], {}), 'groups.write', group({ owned: true, roleAssignable: true })), 'forbidden')
  assert.equal(answer(user(), 'groups.write', group({ owned: true })), 'yes', 'an owner')
  for (const own of [{ owned: true }, { joined: true }])
    assert.equal(answer(user(longer('GA')), 'partner.assign', group(own)), 'own_rights')
  // An application is its own principal, and its owners would gain what it gains.
  const scopes = ['RoleManagement.ReadWrite.Directory', 'AppRoleAssignment.ReadWrite.All', 'Group.ReadWrite.All']
  const program = application(scopes, { owners: [COLLEAGUE], roles: longer('GA') })
  for (const to of [principal({ id: PERSON }), principal({ owned: true }), person()])
    assert.equal(answer(program, 'roles.assign', assignment('Reports Reader', to)), 'own_rights', to.kind)
  assert.equal(answer(program, 'roleGroups.write', roleGroup(COLLEAGUE)), 'own_rights')
  assert.equal(answer(program, 'roles.assign', assignment('Reports Reader', person([], { id: THING }))), 'yes')
})

test('what escalates is granted, and its credentials changed, by two roles alone', () => {
  for (const role of everyRole) {
    const may = longer('GA PRA').includes(role)
    assert.equal(answer(user([role]), 'applications.grant', grant(true)) === 'yes', may, role)
    const written = answer(user([role]), 'applications.write', app({ escalating: true }) as Target)
    assert.equal(written === 'yes', role === short.GA, role)
  }
  assert.equal(answer(user(longer('AD')), 'applications.grant', grant(true)), 'protected_target')
  assert.equal(
    answer(user(), 'applications.write', app({ owned: true, escalating: true }) as Target),
    'protected_target',
  )
  const program = application(['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'])
  assert.equal(answer(program, 'applications.write', app({ escalating: true }) as Target), 'protected_target')
  assert.equal(answer(program, 'applications.grant', grant(true)), 'protected_target')
  assert.equal(answer(program, 'applications.grant', grant(false)), 'yes')
})

test('nobody does to their own account what administrators do to others', () => {
  const never: readonly Action[] = [
    'users.enable',
    'users.delete',
    'users.restore',
    'users.purge',
    'passwords.reset',
    'passwords.write',
    'methods.write',
    'methods.remove',
    'passes.issue',
    'partner.roles.assign',
  ]
  for (const action of all)
    assert.equal(answer(user(everyRole), action, oneself) === 'own_account', never.includes(action), action)
  assert.equal(answer(user(), 'users.delete', oneself), 'forbidden', 'without a role it is not even said')
  assert.equal(answer(user(longer('GA')), 'roles.unassign', assignment(short.GA!, oneself)), 'own_account')
  assert.equal(answer(user(longer('GA')), 'roles.unassign', assignment(short.RR!, oneself)), 'yes')
  for (const action of ['sessions.revoke', 'methods.read', 'profile.readAll', 'self.write'] as const)
    assert.equal(answer(user(), action, oneself), 'yes', action)
})

test('an application acts on users without a role, on others as the roles of its principal say', () => {
  const scopes = everyScope
  assert.equal(answer(application(scopes), 'users.enable', person()), 'yes')
  assert.equal(answer(application(scopes), 'users.enable', person(longer('HD'))), 'protected_target')
  assert.equal(answer(application(scopes), 'users.enable', person([], { roleAssignable: true })), 'protected_target')
  assert.equal(answer(application(scopes, { roles: longer('UA') }), 'users.enable', person(longer('HD'))), 'yes')
  assert.equal(
    answer(application(scopes, { roles: longer('UA') }), 'users.enable', person(longer('GA'))),
    'protected_target',
  )
  assert.equal(answer(application(scopes), 'groups.write', group({ roleAssignable: true })), 'protected_target')
  assert.equal(
    answer(application(scopes), 'roles.unassign', assignment(short.RR!, person(longer('RR')))),
    'protected_target',
  )
  // Names of the delegated kind alone.
  for (const action of [
    'passwords.reset',
    'personalData.read',
    'provisioning.write',
    'partners.decide',
    'agents.write',
    'self.read',
  ] as const)
    assert.equal(answer(application(scopes), action, plainTarget(action)), 'forbidden', action)
})

test('a partner’s person has what the relationship’s roles open, and no more', () => {
  for (const action of all)
    for (const role of everyRole) {
      const open = partnerRights[role]?.includes(action)
      const anyRole = Object.values(partnerRights).some(list => list?.includes(action))
      // A customer's roles are not given on: the relationship has to hold them.
      const target = action.startsWith('roles.') && action !== 'roles.read' ? assignment(role) : plainTarget(action)
      const got = answer(partner([role]), action, target)
      if (!anyRole) assert.equal(got, 'not_for_partners', `${action}, ${role}`)
      else if (!open) assert.equal(got, 'forbidden', `${action}, ${role}`)
    }
  const closed: readonly Action[] = [
    'users.sensitive',
    'users.purge',
    'personalData.read',
    'methods.read',
    'methods.write',
    'passes.issue',
    'roleGroups.write',
    'domains.write',
    'applications.write',
    'applications.grant',
    'provisioning.write',
    'signInPolicy.write',
    'resetPolicies.write',
    'agents.read',
    'partners.read',
    'partners.decide',
    'self.read',
    'sessions.revoke',
  ]
  for (const action of closed.filter(action => action !== 'sessions.revoke'))
    assert.equal(answer(partner(everyRole), action, plainTarget(action)), 'not_for_partners', action)
  assert.equal(answer(partner([]), 'profile.read', person()), 'forbidden', 'nothing is everybody’s')
  assert.equal(answer(partner(longer('HD')), 'passwords.reset', person(longer('HD'))), 'yes')
  assert.equal(answer(partner(longer('HD')), 'passwords.reset', person(longer('UA'))), 'protected_target')
  assert.equal(answer(partner(longer('UA')), 'users.delete', person(longer('AA'))), 'protected_target')
  for (const target of [...longer('GA PRA PAA').map(role => person([role])), person([], { roleAssignable: true })])
    assert.equal(answer(partner(everyRole), 'passwords.reset', target), 'not_for_partners')
  assert.equal(answer(partner(everyRole), 'groups.write', group({ roleAssignable: true })), 'not_for_partners')
  assert.equal(answer(partner(longer('PRA')), 'roles.assign', assignment(short.RR!)), 'not_for_partners')
  assert.equal(answer(partner(longer('PRA RR')), 'roles.assign', assignment(short.RR!)), 'yes')
  assert.equal(answer(partner(longer('PRA GA')), 'roles.assign', assignment(short.GA!)), 'not_for_partners')
})

test('operators and jobs may everything that there is, and people who proved nothing may nothing', () => {
  for (const action of all) {
    for (const kind of ['operator', 'system'] as const)
      assert.equal(answer({ kind }, action, plainTarget(action)), 'yes')
    for (const actor of [{ kind: 'anyone' }, { kind: 'anyone', name: 'person@acme.example', id: PERSON }] as const)
      assert.equal(answer(actor, action, action.startsWith('self') ? oneself : plainTarget(action)), 'forbidden')
  }
})

test('what is unknown is refused: actions, actors, kinds of targets', () => {
  const actors: Actor[] = [
    user(everyRole),
    partner(everyRole),
    application(everyScope, { roles: everyRole }),
    { kind: 'operator' },
    { kind: 'system' },
    { kind: 'anyone' },
  ]
  const targets = [...new Set(all.map(plainTarget)), oneself, { kind: 'tenant', tenantId: ACME } as const]
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.constantFrom('__proto__', 'constructor', 'toString', 'users', 'users.*', 'users.Delete'),
      ),
      fc.constantFrom(...actors),
      fc.constantFrom(...targets),
      (action, actor, target) => {
        fc.pre(!(all as string[]).includes(action))
        assert.equal(mayAny(actor, action as Action).allowed, false)
        assert.equal(authorize({ actor, now: NOW }, action as Action, target).allowed, false)
      },
    ),
  )
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...all), fc.constantFrom(...targets), (kind, action, target) => {
      fc.pre(!['user', 'partner', 'application', 'operator', 'system', 'anyone'].includes(kind))
      assert.equal(answer({ ...user(everyRole), kind } as unknown as Actor, action, target), 'forbidden')
    }),
  )
  // Credentials and rights are judged by the target: one of another kind tells nothing of them.
  const bound = all.filter(action => actions[action].oneself || actions[action].on || actions[action].ranked)
  fc.assert(
    fc.property(
      fc.constantFrom(...bound),
      fc.constantFrom('policy', 'domain', 'relationship', 'device'),
      (action, kind) => {
        fc.pre(!actions[action].on?.some(one => one === kind))
        const target = { kind, tenantId: ACME, id: PERSON } as Target
        for (const actor of actors.slice(0, 3))
          assert.notEqual(answer(actor, action, target), 'yes', `${action} ${kind}`)
      },
    ),
  )
})

test('whatever is allowed was allowed before the target was read, in the actor’s own tenant', () => {
  const roles = fc.subarray([...everyRole])
  const scopes = fc.subarray(everyScope)
  const held = fc.record({
    acr: fc.constantFrom('pwd', 'mfa'),
    authTime: fc.constantFrom(NOW, plus(NOW, -16 * MINUTE)),
  })
  const actor = fc.oneof(
    fc.record({ roles, scopes, proof: held }).map(more => user([], more as Partial<SignedIn>)),
    fc.record({ roles, scopes, proof: held }).map(more => partner([], more as Partial<Partner>)),
    fc.record({ roles, scopes }).map(({ roles, scopes }) => application(scopes, { roles })),
  )
  const target = fc.oneof(
    fc
      .record({ roles, roleAssignable: fc.boolean(), id: fc.constantFrom(PERSON, COLLEAGUE) })
      .map(more => person([], more)),
    fc.record({ roleAssignable: fc.boolean(), owned: fc.boolean(), joined: fc.boolean() }).map(more => group(more)),
    fc.constantFrom(...all.map(plainTarget)),
  )
  fc.assert(
    fc.property(actor, fc.constantFrom(...all), target, (by, action, to) => {
      const verdict = authorize({ actor: by, now: NOW }, action, to)
      if (!verdict.allowed) return
      assert.ok(mayAny(by, action).allowed)
      assert.equal(answer(by, action, { ...to, tenantId: GLOBEX } as Target), 'hidden')
      assert.notEqual(answer({ ...by, scopes: [] }, action, to), 'yes')
    }),
    { numRuns: 2_000 },
  )
})

test('a rule that demands throws alike for what is hidden and for what is not there', () => {
  const act = (actor: Actor) => ({ actor, now: NOW })
  demand(act(user(longer('GA'))), 'users.delete', person())
  assert.throws(() => demand(act(user(longer('GA'), { tenantId: GLOBEX })), 'users.delete', person()), {
    name: 'Refusal',
    code: 'not_found',
    status: 404,
  })
  for (const actor of [user(), user(longer('HD'))])
    assert.throws(() => demand(act(actor), 'users.delete', person()), {
      name: 'Refusal',
      code: 'forbidden',
      status: 403,
    })
  const weak = user(longer('GA'), { proof: { acr: 'pwd', authTime: NOW } })
  assert.throws(() => demand(act(weak), 'users.delete', person()), { code: 'step_up', status: 401, more: { step: 2 } })
  const high = person(longer('GA'))
  assert.throws(() => demand(act(user(longer('UA'))), 'users.delete', high), { code: 'protected_target', status: 403 })
  assert.throws(() => demand(act(user(longer('GA'))), 'users.delete', oneself), { code: 'own_account', status: 400 })
})

test('each role has a template id of its own', () => {
  for (const [name, role] of Object.entries(short)) assert.ok(assignable.includes(role), name)
  assert.equal(new Set(Object.values(templateIds)).size, assignable.length)
  for (const id of Object.values(templateIds)) assert.match(id, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
})
