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
  type Values,
} from './command.ts'

const load = () => modules('administration', 'directory', 'store')
type On = Awaited<ReturnType<typeof load>>

async function listGroups({ json }: Values, domain: string) {
  const on = await load()
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
  group => `The group ${group} was deleted. For thirty days an administrator can restore it.`,
  ({ administration }, trx, act, { groupId }) => administration.deleteGroup(trx, act, groupId),
)

const json = flag

export const groupCommands: CommandGroup = {
  about: 'groups and their members. GROUP is a name or an id, MEMBER a sign-in name, a group or an id.',
  commands: {
    list: { usage: 'DOMAIN [--json]', about: 'every group', options: { json }, takes: ['DOMAIN'], run: listGroups },
    create: {
      usage: 'DOMAIN --name NAME [--description TEXT] [--can-hold-roles] [--json]',
      about: 'make a group; only one that can hold roles gives them to its members',
      options: { name: text, description: text, 'can-hold-roles': flag, json },
      takes: ['DOMAIN'],
      run: createGroup,
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
  },
  examples: [
    ['A group for those who may reset', "groups create acme.example --name 'Reset users'"],
    ['Somebody joins it', "groups add acme.example 'Reset users' new@acme.example"],
    ['Its members, for a script', "groups members acme.example 'Reset users' --json"],
  ],
}
