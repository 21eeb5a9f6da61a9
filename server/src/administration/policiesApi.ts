import { type TObject, type TSchema, Type } from 'typebox'
import type { Act } from '../act.ts'
import { type Api, answerList, type Call, LIST_OPTIONS, listAnswer, readRow, rowAnswer } from '../api/index.ts'
import { rowSchema } from '../odata/index.ts'
import { listBannedWords } from '../passwords/index.ts'
import { resetPolicy, resetPolicyEntity, whichPolicy } from '../policies/index.ts'
import { refusals } from '../refusals.ts'
import { inTenant, type Trx } from '../store/index.ts'
import {
  addResetPolicy,
  allowWords,
  banWords,
  changeResetPolicy,
  changeTenantPolicy,
  deleteResetPolicy,
  readEffectivePolicies,
  readTenantPolicy,
  tenantPolicies,
} from './policies.ts'
import { getUserAsked } from './userAsked.ts'

const refuseMissing = refusals({ not_found: 404 })

const RESET = '/policies/passwordResetPolicies'
const PROTECTION = '/policies/passwordProtectionPolicy'

const Exactly = { additionalProperties: false }
const Groups = Type.Array(Type.String({ format: 'uuid', maxLength: 36 }), { maxItems: 50 })
const changes = {
  priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  includedGroups: Type.Optional(Groups),
  excludedGroups: Type.Optional(Groups),
  settings: Type.Optional(Type.Partial(resetPolicy.schema)),
}
const Name = Type.String({ minLength: 1, maxLength: 256 })
const NewPolicy = Type.Object({ displayName: Name, ...changes }, { ...Exactly, title: 'newPasswordResetPolicy' })
const PolicyChanges = Type.Object(
  { displayName: Type.Optional(Name), ...changes },
  { ...Exactly, title: 'passwordResetPolicyChanges' },
)
const Policy = rowAnswer(rowSchema(resetPolicyEntity), 'passwordResetPolicy')
/** What the rule judges itself, to name the setting and its range. */
const Loose = Type.Record(Type.String(), Type.Unknown())
const judged = (schema: TObject) => Type.Object({ ...schema.properties, settings: Type.Optional(Loose) }, Exactly)
const Words = Type.Object(
  { words: Type.Array(Type.String({ maxLength: 256 }), { minItems: 1, maxItems: 1_000 }) },
  Exactly,
)
const Added = Type.Object({
  added: Type.Array(Type.String()),
  present: Type.Array(Type.String()),
  refused: Type.Array(Type.Object({ line: Type.Integer(), word: Type.String(), why: Type.String() })),
})
const Removed = Type.Object({ removed: Type.Array(Type.String()) })
const readOnly = ['id', 'isDefault', 'updatedDateTime']

/** Policies on the wire (administration on the wire, §2.5). */
export function policiesApi(api: Api) {
  api.add({
    method: 'GET',
    path: RESET,
    action: 'policies.read',
    summary: 'List reset policies in the order in which they are tried',
    context: 'policies/passwordResetPolicies',
    options: LIST_OPTIONS,
    answer: listAnswer(rowSchema(resetPolicyEntity), 'passwordResetPolicies'),
    status: 200,
    handle: call => answerList(call, resetPolicyEntity),
  })
  api.add({
    method: 'POST',
    path: RESET,
    action: 'resetPolicies.write',
    summary: 'Add a reset policy for some groups',
    body: NewPolicy,
    judged: judged(NewPolicy),
    readOnly,
    context: 'policies/passwordResetPolicies/$entity',
    answer: Policy,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, body } = call
      return inTenant(db, tenantId, async trx => {
        const id = await addResetPolicy(trx, act, body)
        return { ...(await readPolicy(trx, call, id)), location: `${RESET}/${id}` }
      })
    },
  })
  for (const path of [`${RESET}/{id}`, '/policies/passwordResetPolicy']) policyResources(api, path)
  tenantResources(api)
  wordResources(api)
  personResource(api)
  api.add({
    method: 'GET',
    path: '/policies/authorizationPolicy',
    action: 'policies.read',
    summary: 'Read what people may do by themselves',
    context: 'policies/authorizationPolicy/$entity',
    answer: Type.Object({ id: Type.String(), displayName: Type.String(), allowedToUseSSPR: Type.Boolean() }),
    status: 200,
    // Administrators can always reset their own password (self-service password reset, §2.9).
    handle: async () => ({
      json: { id: 'authorizationPolicy', displayName: 'Authorization Policy', allowedToUseSSPR: true },
    }),
  })
}

/** What holds for one person. */
function personResource(api: Api) {
  const settings = ({ kind }: { kind: { schema: TObject } }) => kind.schema
  api.add({
    method: 'GET',
    path: '/users/{id}/effectivePolicies',
    action: 'policies.read',
    summary: 'Read the policies that hold for a user',
    context: "users('{id}')/effectivePolicies",
    answer: Type.Object(
      {
        passwordResetPolicy: Type.Object({
          id: Type.String({ format: 'uuid' }),
          displayName: Type.String(),
          settings: resetPolicy.schema,
        }),
        isAdministrator: Type.Boolean(),
        passwordProtectionPolicy: settings(tenantPolicies.passwordProtectionPolicy),
        signInPolicy: settings(tenantPolicies.signInPolicy),
      },
      { title: 'effectivePolicies' },
    ),
    status: 200,
    handle: call =>
      inTenant(call.db, call.tenantId, async trx => ({
        json: { ...(await readEffectivePolicies(trx, call.act, await getUserAsked(trx, call))) },
      })),
  })
}

/** A policy by its id; without one, the default. */
function policyResources(api: Api, path: string) {
  const context = 'policies/passwordResetPolicies/$entity'
  api.add({
    method: 'GET',
    path,
    action: 'policies.read',
    summary: path === RESET ? 'Read a reset policy' : 'Read the default reset policy',
    context,
    options: ['$select'],
    answer: Policy,
    status: 200,
    handle: call => inTenant(call.db, call.tenantId, trx => readPolicy(trx, call, call.params.id)),
  })
  api.add({
    method: 'PATCH',
    path,
    action: 'resetPolicies.write',
    summary: 'Change a reset policy; settings that are left out stay',
    body: PolicyChanges,
    judged: judged(PolicyChanges),
    readOnly,
    status: 204,
    async handle({ db, act, tenantId, params, body, headers }) {
      const change = { id: params.id, changes: body, ifMatch: headers['if-match'] }
      await inTenant(db, tenantId, trx => changeResetPolicy(trx, act, change))
      return {}
    },
  })
  if (!path.includes('{id}')) return
  api.add({
    method: 'DELETE',
    path,
    action: 'resetPolicies.write',
    summary: 'Remove a reset policy',
    status: 204,
    async handle({ db, act, tenantId, params, headers }) {
      await inTenant(db, tenantId, trx => deleteResetPolicy(trx, act, params.id ?? '', headers['if-match']))
      return {}
    },
  })
}

async function readPolicy(trx: Trx, call: Call, id: string | undefined) {
  const found = await readRow(trx, call, resetPolicyEntity, { where: whichPolicy(id) })
  if (!found) throw refuseMissing('not_found')
  return found
}

/** Policies that a tenant has one of. */
function tenantResources(api: Api) {
  for (const name of Object.keys(tenantPolicies) as (keyof typeof tenantPolicies)[]) {
    const { kind, action } = tenantPolicies[name]
    const path = `/policies/${name}`
    api.add({
      method: 'GET',
      path,
      action: 'policies.read',
      summary: `Read the ${name}`,
      context: `policies/${name}`,
      answer: rowAnswer(Type.Object({ id: Type.String(), ...kind.schema.properties }), name),
      status: 200,
      async handle({ db, tenantId }) {
        const { settings, version } = await inTenant(db, tenantId, trx => readTenantPolicy(trx, name))
        const etag = `W/"${version}"`
        return { json: { '@odata.etag': etag, id: name, ...settings }, etag }
      },
    })
    api.add({
      method: 'PATCH',
      path,
      action,
      summary: `Change the ${name}; settings that are left out stay`,
      body: Type.Partial(kind.schema),
      judged: Loose,
      status: 204,
      async handle({ db, act, tenantId, body: changes, headers }) {
        const change = { name, changes: changes as object, ifMatch: headers['if-match'] }
        await inTenant(db, tenantId, trx => changeTenantPolicy(trx, act, change))
        return {}
      },
    })
  }
}

/** The tenant's own banned words. */
function wordResources(api: Api) {
  const path = `${PROTECTION}/bannedWords`
  api.add({
    method: 'GET',
    path,
    action: 'policies.read',
    summary: 'List the words that passwords of the tenant may not be made of',
    context: 'Collection(Edm.String)',
    answer: listAnswer(Type.String(), 'bannedWords'),
    status: 200,
    handle: async ({ db, tenantId }) => ({
      json: { value: await inTenant(db, tenantId, trx => listBannedWords(trx, tenantId)) },
    }),
  })
  const add = (
    name: 'add' | 'remove',
    summary: string,
    answer: TSchema,
    run: (trx: Trx, act: Act, words: string[]) => Promise<object>,
  ) =>
    api.add({
      method: 'POST',
      path: `${path}/${name}`,
      action: 'protection.write',
      summary,
      body: Words,
      answer,
      status: 200,
      handle: async ({ db, act, tenantId, body }) => ({
        json: { ...(await inTenant(db, tenantId, trx => run(trx, act, body.words))) },
      }),
    })
  add('add', 'Ban words; each is reported by its place', Added, banWords)
  add('remove', 'Take words off the list', Removed, async (trx, act, words) => ({
    removed: await allowWords(trx, act, words),
  }))
}
