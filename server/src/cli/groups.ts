import type { Act } from '../act.ts'
import type { Trx } from '../store/index.ts'
import {
  type CommandGroup,
  checkName,
  columns,
  flag,
  inTenantOf,
  modules,
  needed,
  readTenantOf,
  show,
  text,
  UsageError,
  type Values,
} from './command.ts'
import { cellOf, readRows } from './lists.ts'

const load = () => modules('administration', 'directory', 'odata', 'store')
type On = Awaited<ReturnType<typeof load>>

async function listGroups({ json, deleted }: Values, domain: string) {
  const on = await load()
  if (deleted) return listDeleted(on, json, domain)
  const groups = await readTenantOf(on, domain, trx => on.administration.listGroups(trx))
  show(json, groups, () =>
    columns(
      groups.map(({ displayName, isAssignableToRole, id }) => [
        displayName,
        isAssignableToRole ? 'can hold roles' : '',
        id,
      ]),
    ),
  )
}

async function listDeleted(on: On, json: Values[string], domain: string) {
  const groups = await inTenantOf(on, domain, (trx, act) =>
    readRows(on, trx, act, {
      entity: on.directory.deletedGroupEntity(trx.tenantId),
      select: ['id', 'displayName', 'deletedDateTime'],
    }),
  )
  show(json, groups, () =>
    columns(
      groups.map(({ id, displayName, deletedDateTime }) => [
        cellOf(displayName),
        `deleted ${cellOf(deletedDateTime).slice(0, 10)}`,
        cellOf(id),
      ]),
    ),
  )
}

async function updateGroup({ json, name, description }: Values, domain: string, group: string) {
  const changes = {
    ...(typeof name === 'string' && { displayName: checkName(name, '--name') }),
    ...(typeof description === 'string' && { description: checkName(description, '--description') }),
  }
  if (Object.keys(changes).length === 0) throw new UsageError('It takes --name or --description.')
  const on = await load()
  const id = await inTenantOf(on, domain, async (trx, act) => {
    const found = await on.administration.getGroupId(trx, group)
    await on.administration.updateGroup(trx, act, { id: found, changes })
    return found
  })
  show(json, { id }, () => [`The group ${group} was changed.`])
}

/** A command that does something to a deleted group, which only its id names. */
const onDeleted =
  (done: (id: string) => string, change: (on: On, trx: Trx, act: Act, id: string) => Promise<void>) =>
  async ({ json }: Values, domain: string, id: string) => {
    const on = await load()
    await inTenantOf(on, domain, (trx, act) => change(on, trx, act, id.toLowerCase()))
    show(json, { id }, () => [done(id)])
  }

const restoreGroup = onDeleted(
  id => `The group ${id} is back, with its members and roles.`,
  ({ administration }, trx, act, id) => administration.restoreGroup(trx, act, id),
)

const purgeGroup = onDeleted(
  id => `The group ${id} was erased for ever.`,
  ({ administration }, trx, act, id) => administration.purgeGroup(trx, act, id),
)

async function createGroup({ json, ...values }: Values, domain: string) {
  const displayName = checkName(needed(values.name, '--name'), '--name')
  const description =
    typeof values.description === 'string' ? checkName(values.description, '--description') : undefined
  const on = await load()
  const isRoleAssignable = values['can-hold-roles'] === true
  const group = { displayName, ...(description !== undefined && { description }), isRoleAssignable }
  const id = await inTenantOf(on, domain, (trx, act) => on.administration.addGroup(trx, act, group))
  show(json, { id, displayName }, () => [`The group ${displayName} was created. Its id is ${id}`])
}

async function listMembers({ json }: Values, domain: string, group: string) {
  const on = await load()
  const members = await readTenantOf(on, domain, async trx =>
    on.administration.listMembers(trx, await on.administration.getGroupId(trx, group)),
  )
  show(json, members, () =>
    columns(
      members.map(({ kind, displayName, userPrincipalName, id }) => [userPrincipalName ?? displayName, kind, id]),
    ),
  )
}

/** A command that changes one group and says so. */
const changing =
  (
    done: (group: string, member: string) => string,
    change: (on: On, trx: Trx, act: Act, asked: { groupId: string; member: string }) => Promise<void>,
  ) =>
  async ({ json }: Values, domain: string, group: string, member = '') => {
    const on = await load()
    const groupId = await inTenantOf(on, domain, async (trx, act) => {
      const id = await on.administration.getGroupId(trx, group)
      await change(on, trx, act, { groupId: id, member })
      return id
    })
    show(json, { group: groupId }, () => [done(group, member)])
  }

const addMember = changing(
  (group, member) => `${member} was put into ${group}.`,
  async ({ administration }, trx, act, { groupId, member }) =>
    administration.joinGroup(trx, act, { groupId, id: await administration.getObjectId(trx, member) }),
)

const removeMember = changing(
  (group, member) => `${member} was taken out of ${group}.`,
  async ({ administration }, trx, act, { groupId, member }) =>
    administration.leaveGroup(trx, act, { groupId, id: await administration.getObjectId(trx, member) }),
)

const deleteGroup = changing(
  group => `The group ${group} was deleted. For thirty days latchkey groups restore brings it back.`,
  ({ administration }, trx, act, { groupId }) => administration.deleteGroup(trx, act, groupId),
)

const json = flag

export const groupCommands: CommandGroup = {
  about: 'groups and their members. GROUP is a name or an id, MEMBER a sign-in name, a group or an id.',
  commands: {
    list: {
      usage: 'DOMAIN [--deleted] [--json]',
      about: 'every group, or those that can be restored',
      options: { deleted: flag, json },
      takes: ['DOMAIN'],
      run: listGroups,
    },
    create: {
      usage: 'DOMAIN --name NAME [--description TEXT] [--can-hold-roles] [--json]',
      about: 'make a group; only one that can hold roles gives them to its members',
      options: { name: text, description: text, 'can-hold-roles': flag, json },
      takes: ['DOMAIN'],
      run: createGroup,
    },
    update: {
      usage: 'DOMAIN GROUP [--name NAME] [--description TEXT] [--json]',
      about: 'give a group another name or description',
      options: { name: text, description: text, json },
      takes: ['DOMAIN', 'GROUP'],
      run: updateGroup,
    },
    members: {
      usage: 'DOMAIN GROUP [--json]',
      about: 'who is in a group, without those who are in through another group',
      options: { json },
      takes: ['DOMAIN', 'GROUP'],
      run: listMembers,
    },
    add: {
      usage: 'DOMAIN GROUP MEMBER [--json]',
      about: 'put somebody into a group; roles of the group end their sessions',
      options: { json },
      takes: ['DOMAIN', 'GROUP', 'MEMBER'],
      run: addMember,
    },
    remove: {
      usage: 'DOMAIN GROUP MEMBER [--json]',
      about: 'take somebody out of a group',
      options: { json },
      takes: ['DOMAIN', 'GROUP', 'MEMBER'],
      run: removeMember,
    },
    delete: {
      usage: 'DOMAIN GROUP [--json]',
      about: 'delete a group that no policy names',
      options: { json },
      takes: ['DOMAIN', 'GROUP'],
      run: deleteGroup,
    },
    restore: {
      usage: 'DOMAIN ID [--json]',
      about: 'restore a deleted group with its members and roles',
      options: { json },
      takes: ['DOMAIN', 'ID'],
      run: restoreGroup,
    },
    purge: {
      usage: 'DOMAIN ID [--json]',
      about: 'erase a deleted group for ever',
      options: { json },
      takes: ['DOMAIN', 'ID'],
      run: purgeGroup,
    },
  },
  examples: [
    ['Every group', 'groups list acme.example'],
    ['A group for those who may reset', "groups create acme.example --name 'Reset users'"],
    ['Another name', "groups update acme.example 'Reset users' --name 'May reset'"],
    ['Somebody joins it', "groups add acme.example 'Reset users' new@acme.example"],
    ['And leaves it', "groups remove acme.example 'Reset users' new@acme.example"],
    ['Its members, for a script', "groups members acme.example 'Reset users' --json"],
    ['Delete it for thirty days', "groups delete acme.example 'Reset users'"],
    ['Bring it back by the id that groups list --deleted shows', 'groups restore acme.example ID'],
    ['Or erase it', 'groups purge acme.example ID'],
  ],
}
