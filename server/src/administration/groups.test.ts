import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { createApplication } from '../applications/index.ts'
import type { User } from '../directory/index.ts'
import { addPolicy, resetPolicy } from '../policies/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { meansAt, newTrail, readNotices, stage } from '../testing/people.ts'
import { addGroup, deleteGroup, purgeGroup, restoreGroup, updateGroup } from './groups.ts'
import { giveGroup, joinGroup, leaveGroup, takeGroup } from './members.ts'
import { assignRoleTo, getAssignmentId, unassignRole } from './roles.ts'

const { store, cast } = await stage()
const means = meansAt()
const acme = await cast.tenant('acme.example')
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)

const GA = 'Global Administrator'
const ada = await cast.person(acme, 'ada@acme.example', { roles: [GA], preferredLanguage: 'fr' })
const grace = await cast.person(acme, 'grace@acme.example', { roles: [GA] })
const plain = await cast.person(acme, 'plain@acme.example', { password: false })

const by = ({ id, tenantId, userPrincipalName, roles }: User): Act => ({
  ...means,
  trail: newTrail(),
  actor: {
    kind: 'user',
    id,
    tenantId,
    name: userPrincipalName,
    roles,
    scopes: ['Directory.AccessAsUser.All'],
    proof: { acr: 'mfa', authTime: means.now },
  },
})
const person = (name: string, ...roles: Role[]) => cast.person(acme, `${name}@acme.example`, { password: false, roles })
const group = (displayName: string, isRoleAssignable = false) =>
  inside(trx => addGroup(trx, by(ada), { displayName, isRoleAssignable }))
const refused = (work: Promise<unknown>, code: string, status: number) => assert.rejects(work, { code, status })

/** The events of an act, each as its activity and what it was done to and how. */
async function eventsOf({ trail }: Act) {
  const rows = await inside(trx =>
    trx
      .selectFrom('audit_events')
      .select(['activity', 'actor_name as actor', 'target_name as target', 'details'])
      .where('tenant_id', '=', acme)
      .where('correlation_id', '=', trail.correlationId)
      .execute(),
  )
  return rows.map(({ details, ...row }) => ({ ...row, ...details }))
}

test('the event of a change tells each old and new value', async () => {
  const act = by(ada)
  const id = await inside(trx => addGroup(trx, act, { displayName: 'Sales', members: [plain.id] }))
  assert.deepEqual(await eventsOf(act), [
    {
      activity: 'group.created',
      actor: 'ada@acme.example',
      target: 'Sales',
      changes: '{"displayName":[null,"Sales"]}',
      members: JSON.stringify([{ id: plain.id, name: 'plain@acme.example' }]),
      owners: JSON.stringify([{ id: ada.id, name: 'ada@acme.example' }]),
    },
  ])
  const change = by(grace)
  const changes = { displayName: 'Sales EMEA', description: 'Europe' }
  await refused(
    inside(trx => updateGroup(trx, change, { id, changes, ifMatch: 'W/"2"' })),
    'resource_modified',
    412,
  )
  await inside(trx => updateGroup(trx, change, { id, changes, ifMatch: 'W/"1"' }))
  assert.deepEqual(await eventsOf(change), [
    {
      activity: 'group.changed',
      actor: 'grace@acme.example',
      target: 'Sales EMEA',
      changes: '{"displayName":["Sales","Sales EMEA"],"description":[null,"Europe"]}',
    },
  ])
})

test('who makes a plain group owns it, and may change it; nobody owns a group for roles by making it', async () => {
  const maker = await person('maker', 'User Administrator')
  const id = await inside(trx => addGroup(trx, by(maker), { displayName: 'Mine' }))
  const former = { ...by(maker), actor: { ...by(maker).actor, roles: [] } } as Act
  await inside(trx => joinGroup(trx, former, { groupId: id, id: plain.id }))
  await inside(trx => takeGroup(trx, former, { groupId: id, id: maker.id }))
  await refused(
    inside(trx => leaveGroup(trx, former, { groupId: id, id: plain.id })),
    'forbidden',
    403,
  )
  await refused(
    inside(trx => addGroup(trx, by(maker), { displayName: 'Roles', isRoleAssignable: true })),
    'forbidden',
    403,
  )
  const special = by(ada)
  await inside(trx => addGroup(trx, special, { displayName: 'Roles', isRoleAssignable: true }))
  assert.equal('owners' in (await eventsOf(special))[0]!, false)
  await refused(
    inside(trx => addGroup(trx, by(ada), { displayName: 'Own', isRoleAssignable: true, owners: [ada.id] })),
    'own_rights',
    403,
  )
})

test('a group that a policy names stays; others can be restored, or erased for ever', async () => {
  const id = await group('Named')
  const policy = { displayName: 'For the named', priority: 1, settings: resetPolicy.defaults }
  await inside(trx => addPolicy(trx, means, acme, { ...policy, includedGroups: [], excludedGroups: [id] }))
  await refused(
    inside(trx => deleteGroup(trx, by(ada), id)),
    'in_use',
    400,
  )
  const other = await group('Other')
  const act = by(ada)
  await inside(trx => deleteGroup(trx, act, other))
  for (const again of [
    deleteGroup,
    (trx: Trx, by: Act, id: string) => joinGroup(trx, by, { groupId: id, id: plain.id }),
  ])
    await refused(
      inside(trx => again(trx, act, other)),
      'not_found',
      404,
    )
  await inside(trx => restoreGroup(trx, act, other))
  await refused(
    inside(trx => purgeGroup(trx, act, other)),
    'not_found',
    404,
  )
  await inside(trx => deleteGroup(trx, act, other))
  await inside(trx => purgeGroup(trx, act, other))
  await refused(
    inside(trx => restoreGroup(trx, act, other)),
    'not_found',
    404,
  )
  const activities = (await eventsOf(act)).map(({ activity }) => activity)
  assert.deepEqual(activities.sort(), ['group.deleted', 'group.deleted', 'group.erased', 'group.restored'])
})

test('who would get roles by it restores no group', async () => {
  const member = await person('sleeper', 'Privileged Role Administrator')
  const id = await group('Sleepers', true)
  await inside(trx => joinGroup(trx, by(ada), { groupId: id, id: member.id }))
  await inside(trx => deleteGroup(trx, by(ada), id))
  await refused(
    inside(trx => restoreGroup(trx, by(member), id)),
    'own_rights',
    403,
  )
  await inside(trx => restoreGroup(trx, by(ada), id))
})

test('a membership that cannot be is refused by its reason', async () => {
  const [outer, inner, special] = [await group('Outer'), await group('Inner'), await group('Special', true)]
  const { principalId } = await inside(trx =>
    createApplication(trx, means, acme, { displayName: 'Import', addresses: { web: ['https://import.example/back'] } }),
  )
  const join = (groupId: string, id: string) => inside(trx => joinGroup(trx, by(ada), { groupId, id }))
  for (const id of [plain.id, inner, principalId]) {
    await join(outer, id)
    await refused(join(outer, id), 'ObjectConflict', 400)
  }
  await refused(join(outer, outer), 'member_invalid', 400)
  await refused(join(special, inner), 'member_invalid', 400)
  await refused(join(special, ada.id), 'own_rights', 403)
  for (const id of [randomUUID(), 'nobody', '']) {
    await refused(join(outer, id), 'not_found', 404)
    await refused(join(id, plain.id), 'not_found', 404)
  }
  const globex = await cast.tenant('globex.example')
  const stranger = await cast.person(globex, 'stranger@globex.example', { password: false })
  await refused(join(outer, stranger.id), 'not_found', 404)
  await refused(
    inside(trx => leaveGroup(trx, by(ada), { groupId: inner, id: plain.id })),
    'not_found',
    404,
  )
  const give = (id: string) => inside(trx => giveGroup(trx, by(ada), { groupId: outer, id }))
  await refused(give(inner), 'member_invalid', 400)
  await refused(give(ada.id), 'ObjectConflict', 400)
  await give(principalId)
})

test('of a new holder of a highest role every Global Administrator is told, in their language', async () => {
  const [user, special] = [await person('new'), await group('Chiefs', true)]
  const mails = async () => (await readNotices(store, acme)).filter(({ template }) => template === 'new_administrator')
  const since = (await mails()).length
  await inside(trx => assignRoleTo(trx, by(grace), user.id, 'Helpdesk Administrator'))
  assert.equal((await mails()).length, since, 'of another role nobody is')
  await inside(trx => assignRoleTo(trx, by(grace), special, 'Privileged Role Administrator'))
  await inside(trx => joinGroup(trx, by(grace), { groupId: special, id: user.id }))
  const told = (await mails()).slice(since)
  assert.deepEqual(
    told
      .map(({ to, language, variables: { kind, name, group, role, actor } }) =>
        [to, language, kind, name, group, role, actor].join(),
      )
      .sort(),
    [
      ['ada@acme.example', 'fr'],
      ['grace@acme.example', 'en'],
    ]
      .flatMap(reader => [
        [...reader, 'group', 'Chiefs', undefined, 'Privileged Role Administrator', 'grace@acme.example'].join(),
        [
          ...reader,
          'member',
          'new@acme.example',
          'Chiefs',
          'Privileged Role Administrator',
          'grace@acme.example',
        ].join(),
      ])
      .sort(),
  )
})

test('a role is taken away without an end of tokens, also from somebody who sleeps', async () => {
  const user = await person('holder', 'Reports Reader')
  const { securityEpoch } = await cast.again(user)
  const take = (act: Act, id: string, role: Role) =>
    inside(async trx => unassignRole(trx, act, await getAssignmentId(trx, id, role)))
  const act = by(ada)
  await take(act, user.id, 'Reports Reader')
  assert.deepEqual(await eventsOf(act), [
    {
      activity: 'role.unassigned',
      actor: 'ada@acme.example',
      target: 'holder@acme.example',
      role: 'Reports Reader',
      kind: 'user',
    },
  ])
  assert.equal((await cast.again(user)).securityEpoch, securityEpoch)
  await refused(take(act, user.id, 'Reports Reader'), 'not_found', 404)
  await refused(
    inside(async trx =>
      assignRoleTo(trx, by(grace), await addGroup(trx, by(ada), { displayName: 'P' }), 'Reports Reader'),
    ),
    'principal_invalid',
    400,
  )

  const special = await group('Sleeping', true)
  await inside(trx => assignRoleTo(trx, by(ada), special, 'Reports Reader'))
  await refused(
    inside(trx => assignRoleTo(trx, by(ada), special, 'Reports Reader')),
    'ObjectConflict',
    400,
  )
  await inside(trx => deleteGroup(trx, by(ada), special))
  await take(by(ada), special, 'Reports Reader')
})

test('nobody takes their own role of Global Administrator, and nobody the last one', async () => {
  const tenant = await cast.tenant('lone.example')
  const [first, second] = [
    await cast.person(tenant, 'first@lone.example', { roles: [GA] }),
    await cast.person(tenant, 'second@lone.example', { roles: [GA] }),
  ]
  const take = (actor: User, from: User) =>
    inTenant(store, tenant, async trx => unassignRole(trx, by(actor), await getAssignmentId(trx, from.id, GA)))
  await refused(take(first, first), 'own_account', 400)
  await take(first, second)
  await refused(take(first, first), 'last_global_administrator', 400)
  const helper = await cast.person(tenant, 'helper@lone.example', { roles: ['Privileged Role Administrator'] })
  await refused(take(helper, first), 'last_global_administrator', 400)
  const plain = await cast.person(tenant, 'plain@lone.example')
  await refused(take(plain, first), 'forbidden', 403)
})
