import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAdministrator } from '../access/index.ts'
import { DAY } from '../clock.ts'
import { addPolicy, resetPolicy } from '../policies/index.ts'
import { askOne, inTenant, removeDue, type Trx } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { findAccount } from './accounts.ts'
import { deleteUser, eraseUser, lockDeletedUser, restoreUser } from './deletedUsers.ts'
import { addMember, addOwner, createGroup, removeMember, setGroupDeleted } from './groups.ts'
import { deletedGroups, formerMembers } from './jobs.ts'
import { findHelpers, findOtherAdministrators, giveRole, hasHelpers } from './roles.ts'
import { targetOf } from './users.ts'

const { store, cast } = await stage()
const means = meansAt()
const acme = await cast.tenant('acme.example')
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
const person = (name: string) => cast.person(acme, `${name}@acme.example`, { password: false })
const groupFor = (displayName: string, isRoleAssignable = true) =>
  inside(trx => createGroup(trx, means, acme, { displayName, isRoleAssignable }))

test('a group gives its roles to its members, while it stands', async () => {
  const [member, owner, plain] = [await person('member'), await person('owner'), await person('plain')]
  const group = await groupFor('Help desk')
  await inside(async trx => {
    assert.ok(await giveRole(trx, means, { kind: 'group', id: group }, 'Helpdesk Administrator'))
    assert.equal(await giveRole(trx, means, { kind: 'group', id: group }, 'Helpdesk Administrator'), undefined)
    assert.equal(await askOne(trx, hasHelpers(acme)), false, 'nobody is in it yet')
    assert.equal(await addMember(trx, acme, group, { kind: 'user', id: member.id }), true)
    assert.equal(await addMember(trx, acme, group, { kind: 'user', id: member.id }), false)
    assert.equal(await addOwner(trx, group, { kind: 'user', id: owner.id }), true)
  })
  const held = async () =>
    Promise.all([member, owner, plain].map(async user => targetOf(await cast.again(user)))).then(targets =>
      targets.map(({ roles, roleAssignable }) => [...roles, roleAssignable]),
    )
  const helpers = () => inside(async trx => (await findHelpers(trx, acme)).map(({ id }) => id))
  assert.deepEqual(await held(), [['Helpdesk Administrator', true], [true], [false]])
  assert.deepEqual(await helpers(), [member.id])
  assert.equal(await inside(trx => askOne(trx, hasHelpers(acme))), true)
  assert.ok(isAdministrator(await cast.again(member)))

  await inside(trx => setGroupDeleted(trx, group, means.now))
  assert.deepEqual(await held(), [[true], [true], [false]], 'its roles sleep, and would come back with it')
  assert.deepEqual(await helpers(), [])
  assert.equal(await inside(trx => askOne(trx, hasHelpers(acme))), false)

  const { securityEpoch } = await cast.again(member)
  await inside(trx => setGroupDeleted(trx, group, null))
  assert.equal(
    (await cast.again(member)).securityEpoch,
    securityEpoch + 1,
    'no earlier session becomes an administrator’s',
  )
  assert.deepEqual(await held(), [['Helpdesk Administrator', true], [true], [false]])

  await inside(trx => removeMember(trx, means, group, member.id))
  assert.deepEqual((await held())[0], [false])
})

test('a member who gets a role through a group signs in anew', async () => {
  const [first, second] = [await person('first'), await person('second')]
  const group = await groupFor('Managers')
  const epochs = async () => Promise.all([first, second].map(async user => (await cast.again(user)).securityEpoch))
  const before = await epochs()
  await inside(trx => addMember(trx, acme, group, { kind: 'user', id: first.id }))
  assert.deepEqual(await epochs(), before, 'it has no role yet')
  await inside(trx => giveRole(trx, means, { kind: 'group', id: group }, 'Global Administrator'))
  assert.deepEqual(await epochs(), [before[0]! + 1, before[1]])
  await inside(trx => addMember(trx, acme, group, { kind: 'user', id: second.id }))
  assert.deepEqual(await epochs(), [before[0]! + 1, before[1]! + 1])
  const others = await inside(trx => findOtherAdministrators(trx, acme, first.id))
  assert.deepEqual(
    others.map(({ id }) => id),
    [second.id],
  )
})

test('no role reaches anybody through a plain group or a group in a group', async () => {
  const plain = await groupFor('Everybody', false)
  const special = await groupFor('Few')
  const refused = (work: (trx: Trx) => Promise<unknown>, code: string) => assert.rejects(inside(work), { code })
  await refused(trx => giveRole(trx, means, { kind: 'group', id: plain }, 'Global Administrator'), '23503')
  await refused(trx => addMember(trx, acme, special, { kind: 'group', id: plain }), '23514')
  await refused(
    trx => trx.updateTable('groups').set({ is_role_assignable: true }).where('id', '=', plain).execute(),
    '42501',
  )
})

test('a deleted group counts for no policy', async () => {
  const user = await person('inner')
  const [inner, outer] = [await groupFor('Inner', false), await groupFor('Outer', false)]
  await inside(async trx => {
    await addMember(trx, acme, inner, { kind: 'user', id: user.id })
    await addMember(trx, acme, outer, { kind: 'group', id: inner })
  })
  const policy = { displayName: 'Outer', priority: 1, includedGroups: [outer], excludedGroups: [] }
  const id = await inside(trx => addPolicy(trx, means, acme, { ...policy, settings: resetPolicy.defaults }))
  const fits = async () => (await inside(trx => findAccount(trx, { id: user.id }))).policy.id === id
  assert.equal(await fits(), true)
  await inside(trx => setGroupDeleted(trx, inner, means.now))
  assert.equal(await fits(), false)
})

test('thirty days later a deleted group is gone, and so is who left a group', async () => {
  const user = await person('leaver')
  const [kept, gone] = [await groupFor('Kept', false), await groupFor('Gone', false)]
  await inside(async trx => {
    for (const id of [kept, gone]) await addMember(trx, acme, id, { kind: 'user', id: user.id })
    await removeMember(trx, means, kept, user.id)
    await setGroupDeleted(trx, gone, means.now)
  })
  const left = async (days: number) => {
    await removeDue(store, meansAt(days * DAY), [deletedGroups, formerMembers])
    const { rows } = await store.pool.query(
      `select (select count(*) from latchkey.groups where id = $1)::int as groups,
        (select count(*) from latchkey.group_members where group_id = $1)::int as members,
        (select count(*) from latchkey.former_members where group_id = $2)::int as former`,
      [gone, kept],
    )
    return rows[0]
  }
  assert.deepEqual(await left(29), { groups: 1, members: 1, former: 1 })
  assert.deepEqual(await left(30), { groups: 0, members: 0, former: 0 })
})

test('a group counts as changed when a member is deleted, restored or erased', async () => {
  const user = await person('followed')
  const group = await groupFor('Followed', false)
  await inside(trx => addMember(trx, acme, group, { kind: 'user', id: user.id }))
  const changes = async (work: (trx: Trx) => Promise<unknown>) => {
    const read = async () =>
      (await store.pool.query('select changed_in from latchkey.groups where id = $1', [group])).rows[0].changed_in
    const before = await read()
    await inside(work)
    return (await read()) !== before
  }
  assert.ok(await changes(trx => deleteUser(trx, means, user)))
  assert.ok(await changes(async trx => restoreUser(trx, (await lockDeletedUser(trx, user.id))!)))
  assert.ok(await changes(trx => deleteUser(trx, means, user)))
  assert.ok(await changes(async trx => eraseUser(trx, (await lockDeletedUser(trx, user.id))!)))
  const { rows } = await store.pool.query('select member_id from latchkey.former_members where group_id = $1', [group])
  assert.deepEqual(rows, [{ member_id: user.id }])
})
