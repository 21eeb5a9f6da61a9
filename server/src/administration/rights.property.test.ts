import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { Refusal } from '../refusals.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { addGroup, deleteGroup, restoreGroup } from './groups.ts'
import { giveGroup, joinGroup, leaveGroup, takeGroup } from './members.ts'
import { assignRoleTo, getAssignmentId, unassignRole } from './roles.ts'

const { store, cast } = await stage()
const means = meansAt()

const GA = 'Global Administrator'
/** The roles that the acts of this test depend on, and two that open none of them. */
const tried: readonly Role[] = [
  GA,
  'Privileged Role Administrator',
  'User Administrator',
  'Groups Administrator',
  'Directory Writers',
  'Helpdesk Administrator',
  'Global Reader',
]
const PEOPLE = 4

interface Group {
  id: string
  roleAssignable: boolean
  deleted: boolean
  members: Set<string>
  owners: Set<string>
}

/** A tenant as the contract says that it must be. */
interface Model {
  tenantId: string
  people: string[]
  groups: Group[]
  /** The roles of people and groups, by themselves. */
  given: Map<string, Set<Role>>
}

const heldBy = ({ given, groups }: Model, id: string): Set<Role> => {
  const through = groups.filter(group => group.roleAssignable && !group.deleted && group.members.has(id))
  return new Set([id, ...through.map(group => group.id)].flatMap(holder => [...(given.get(holder) ?? [])]))
}

type Kind = 'assign' | 'unassign' | 'make' | 'makeForRoles' | 'join' | 'leave' | 'give' | 'take' | 'delete' | 'restore'

/** An act. Numbers choose among what there is; `abroad`: the target is of the other tenant. */
interface Try {
  kind: Kind
  actor: number
  group: number
  who: number
  whoIsGroup: boolean
  role: Role
  abroad: boolean
}

const tries: fc.Arbitrary<Try> = fc.record({
  kind: fc.constantFrom<Kind>(
    'assign',
    'assign',
    'unassign',
    'make',
    'makeForRoles',
    'join',
    'join',
    'leave',
    'give',
    'take',
    'delete',
    'restore',
  ),
  actor: fc.nat(PEOPLE - 1),
  group: fc.nat(3),
  who: fc.nat(PEOPLE - 1),
  whoIsGroup: fc.boolean(),
  role: fc.constantFrom(...tried),
  abroad: fc.integer({ min: 0, max: 14 }).map(n => n === 14),
})

const hasAny = (held: Set<Role>, ...names: Role[]) => names.some(name => held.has(name))

/** Whether the contract lets this happen, and then what it changes. Undefined: it must be refused. */
function judge(model: Model, one: Try, actor: string, group: Group | undefined, who: string): (() => void) | undefined {
  const held = heldBy(model, actor)
  const mayRoles = hasAny(held, GA, 'Privileged Role Administrator')
  const mayGroups = hasAny(held, GA, 'User Administrator', 'Groups Administrator', 'Directory Writers')
  const mayWrite = (of: Group) => (of.roleAssignable ? mayRoles : mayGroups || of.owners.has(actor))
  const found = (id: string) =>
    !one.abroad && (model.people.includes(id) || model.groups.some(each => each.id === id && !each.deleted))
  const whoGroup = model.groups.find(each => each.id === who)
  const own = (of: Group | undefined) => of !== undefined && (of.members.has(actor) || of.owners.has(actor))
  const given = model.given.get(who) ?? new Set()
  switch (one.kind) {
    case 'make':
      return mayGroups ? () => {} : undefined
    case 'makeForRoles':
      return mayRoles ? () => {} : undefined
    case 'assign': {
      if (!mayRoles || !found(who) || who === actor || own(whoGroup) || given.has(one.role)) return undefined
      if (whoGroup && !whoGroup.roleAssignable) return undefined
      return () => void model.given.set(who, given.add(one.role))
    }
    case 'unassign': {
      if (!mayRoles || one.abroad || !given.has(one.role)) return undefined
      const isLast = model.people.filter(id => model.given.get(id)?.has(GA)).length === 1
      if (one.role === GA && !whoGroup && (who === actor || isLast)) return undefined
      return () => void given.delete(one.role)
    }
  }
  if (!group || one.abroad || !mayWrite(group) || group.deleted !== (one.kind === 'restore')) return undefined
  switch (one.kind) {
    case 'join':
    case 'give': {
      const set = one.kind === 'join' ? group.members : group.owners
      if (!found(who) || set.has(who) || who === group.id) return undefined
      if (whoGroup && (group.roleAssignable || one.kind === 'give')) return undefined
      if (group.roleAssignable && who === actor) return undefined
      return () => void set.add(who)
    }
    case 'leave':
    case 'take': {
      const set = one.kind === 'leave' ? group.members : group.owners
      return set.has(who) && found(who) ? () => void set.delete(who) : undefined
    }
    case 'delete':
      return () => {
        group.deleted = true
      }
    case 'restore':
      if (group.roleAssignable && own(group)) return undefined
      return () => {
        group.deleted = false
      }
  }
}

/** Does it. Returns the id of what was made. */
function attempt(trx: Trx, act: Act, one: Try, groupId: string, who: string): Promise<unknown> {
  const membership = { groupId, id: who }
  const acts: Record<Kind, () => Promise<unknown>> = {
    assign: () => assignRoleTo(trx, act, who, one.role),
    unassign: async () => unassignRole(trx, act, await getAssignmentId(trx, who, one.role)),
    make: () => addGroup(trx, act, { displayName: 'A group' }),
    makeForRoles: () => addGroup(trx, act, { displayName: 'A group', isRoleAssignable: true }),
    join: () => joinGroup(trx, act, membership),
    leave: () => leaveGroup(trx, act, membership),
    give: () => giveGroup(trx, act, membership),
    take: () => takeGroup(trx, act, membership),
    delete: () => deleteGroup(trx, act, groupId),
    restore: () => restoreGroup(trx, act, groupId),
  }
  return acts[one.kind]()
}

let tenants = 0
async function makeTenant(initial: readonly (readonly Role[])[]): Promise<Model> {
  const domain = `t${++tenants}.example`
  const tenantId = await cast.tenant(domain)
  const model: Model = { tenantId, people: [], groups: [], given: new Map() }
  for (const [n, roles] of [[GA] as const, ...initial].entries()) {
    const { id } = await cast.person(tenantId, `p${n}@${domain}`, { roles })
    model.people.push(id)
    model.given.set(id, new Set(roles))
  }
  return model
}

const countEvents = async () => {
  const { rows } = await store.pool.query('select count(*)::int as count from latchkey.audit_events')
  return rows[0].count as number
}

/** The roles that everybody of a tenant has in truth. */
const stateOf = async ({ tenantId, people }: Model) => {
  const users = await Promise.all(people.map(id => cast.again({ tenantId, id } as Parameters<typeof cast.again>[0])))
  return users.map(({ roles }) => [...roles].sort())
}

const runs = process.env.PROOF === 'long' ? 400 : 25

test('no sequence of acts gives anybody a right that the table does not give, nor reaches another tenant', async t => {
  const counts = { allowed: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.subarray([...tried], { minLength: 1, maxLength: 3 }), {
        minLength: PEOPLE - 1,
        maxLength: PEOPLE - 1,
      }),
      fc.array(tries, { minLength: 10, maxLength: 25 }),
      async (initial, sequence) => {
        const [model, other] = [await makeTenant(initial), await makeTenant([[]])]
        const others = await stateOf(other)
        for (const one of sequence) {
          const actor = model.people[one.actor]!
          const from = one.abroad ? other : model
          const group = from.groups[one.group % Math.max(1, from.groups.length)]
          const groupId = group?.id ?? model.tenantId
          const who =
            one.whoIsGroup && from.groups.length > 0
              ? from.groups[one.who % from.groups.length]!.id
              : from.people[one.who % from.people.length]!
          const act: Act = {
            ...means,
            actor: {
              kind: 'user',
              id: actor,
              tenantId: model.tenantId,
              name: 'somebody',
              roles: [...heldBy(model, actor)],
              scopes: ['Directory.AccessAsUser.All'],
              proof: { acr: 'mfa', authTime: means.now },
            },
          }
          const before = await countEvents()
          const change = judge(model, one, actor, group, who)
          const outcome = await inTenant(store, model.tenantId, trx => attempt(trx, act, one, groupId, who)).then(
            id => ({ id }),
            error => {
              if (!(error instanceof Refusal)) throw error
              return { error }
            },
          )
          const what = `${JSON.stringify(one)}: ${'error' in outcome ? outcome.error.code : 'done'}`
          assert.equal('id' in outcome, change !== undefined, what)
          assert.equal(await countEvents(), before + ('id' in outcome ? 1 : 0), what)
          change?.()
          counts[change ? 'allowed' : 'refused']++
          if ('id' in outcome && (one.kind === 'make' || one.kind === 'makeForRoles'))
            model.groups.push({
              id: outcome.id as string,
              roleAssignable: one.kind === 'makeForRoles',
              deleted: false,
              members: new Set(),
              owners: new Set(one.kind === 'make' ? [actor] : []),
            })
          assert.deepEqual(
            await stateOf(model),
            model.people.map(id => [...heldBy(model, id)].sort()),
            what,
          )
        }
        assert.deepEqual(await stateOf(other), others, 'another tenant')
      },
    ),
    { numRuns: runs },
  )
  assert.ok(counts.allowed > runs && counts.refused > runs, JSON.stringify(counts))
  t.diagnostic(JSON.stringify(counts))
})
