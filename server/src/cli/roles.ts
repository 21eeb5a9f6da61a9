import { type CommandGroup, columns, flag, inTenantOf, modules, readTenantOf, show, type Values } from './command.ts'

const load = () => modules('administration', 'directory', 'store')

async function listRoles({ json }: Values, domain: string) {
  const on = await load()
  const held = await readTenantOf(on, domain, trx => on.administration.listRoleHolders(trx))
  show(json, held, () =>
    columns(
      held.map(({ role, kind, displayName, userPrincipalName }) => [role, userPrincipalName ?? displayName, kind]),
    ),
  )
}

async function assignRole({ json }: Values, domain: string, holder: string, named: string) {
  const on = await load()
  const role = on.directory.getRole(named)
  const id = await inTenantOf(on, domain, async (trx, act) =>
    on.administration.assignRoleTo(trx, act, await on.administration.getObjectId(trx, holder), role),
  )
  show(json, { id, role }, () => [`${holder} is ${role} now, and has to sign in again.`])
}

async function unassignRole({ json }: Values, domain: string, holder: string, named: string) {
  const on = await load()
  const { administration } = on
  const role = on.directory.getRole(named)
  const id = await inTenantOf(on, domain, async (trx, act) => {
    const assignment = await administration.getAssignmentId(trx, await administration.getObjectId(trx, holder), role)
    await administration.unassignRole(trx, act, assignment)
    return assignment
  })
  show(json, { id, role }, () => [`${holder} is no longer ${role}.`])
}

const json = flag
const takes = ['DOMAIN', 'HOLDER', 'ROLE']

export const roleCommands: CommandGroup = {
  about: 'who administers what. HOLDER is a sign-in name, a group that can hold roles, or an id.',
  commands: {
    list: {
      usage: 'DOMAIN [--json]',
      about: 'who has which role',
      options: { json },
      takes: ['DOMAIN'],
      run: listRoles,
    },
    assign: {
      usage: 'DOMAIN HOLDER ROLE [--json]',
      about: 'give a role, which ends the sessions of those who get it',
      options: { json },
      takes,
      run: assignRole,
    },
    unassign: {
      usage: 'DOMAIN HOLDER ROLE [--json]',
      about: 'take a role away; the last Global Administrator who can sign in keeps theirs',
      options: { json },
      takes,
      run: unassignRole,
    },
  },
  examples: [
    ['Who has which role', 'roles list acme.example'],
    ['Somebody helps others', "roles assign acme.example new@acme.example 'Helpdesk Administrator'"],
    ['And no longer', "roles unassign acme.example new@acme.example 'Helpdesk Administrator'"],
  ],
}
