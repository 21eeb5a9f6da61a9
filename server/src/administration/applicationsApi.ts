import { type Static, Type } from 'typebox'
import { type Api, type ApiAnswer, answerCount, answerList, type Call, LIST_OPTIONS, readRow } from '../api/index.ts'
import {
  API,
  applicationEntity,
  applicationLacks,
  applicationOwnersEntity,
  principalEntity,
  principalLacks,
} from '../applications/index.ts'
import { DAY, plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { type Entity, rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { ApplicationBody, NewApplicationBody, readApplicationBody } from './applicationInput.ts'
import {
  type ApplicationKey,
  addApplication,
  addPassword,
  deleteApplication,
  getAppId,
  giveApplication,
  removePassword,
  takeApplication,
  told,
  updateApplication,
} from './applications.ts'
import { refuse, refuseMissing } from './errors.ts'
import { ofKinds, rowOf } from './lists.ts'
import { readReference } from './references.ts'

const closed = { additionalProperties: false } as const
const Time = Type.String({ format: 'date-time' })
const Reference = Type.Object({ '@odata.id': Type.String({ maxLength: 2_048 }) }, closed)

const NewPassword = Type.Object(
  {
    passwordCredential: Type.Optional(
      Type.Object(
        {
          displayName: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()])),
          startDateTime: Type.Optional(Type.Union([Time, Type.Null()])),
          endDateTime: Type.Optional(Type.Union([Time, Type.Null()])),
        },
        closed,
      ),
    ),
  },
  closed,
)

const PrincipalBody = Type.Object(
  {
    accountEnabled: Type.Optional(Type.Literal(true)),
    appRoleAssignmentRequired: Type.Optional(Type.Boolean()),
    notes: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 1_024 }), Type.Null()])),
  },
  closed,
)

const readOnly = [
  'id',
  'appId',
  'createdDateTime',
  'deletedDateTime',
  'passwordCredentials',
  'servicePrincipalNames',
  'appDisplayName',
  'appOwnerOrganizationId',
]

/** One of the two objects that an application is, and how it is found. */
interface Kind {
  path: string
  one: string
  entity(tenantId: string): Entity
  keys: Record<string, ApplicationKey['by']>
}

const applications: Kind = {
  path: '/applications',
  one: 'an application',
  entity: applicationEntity,
  keys: { '/{id}': 'id', "(appId='{id}')": 'appId' },
}
const principals: Kind = {
  path: '/servicePrincipals',
  one: 'a service principal',
  entity: principalEntity,
  keys: { '/{id}': 'principalId', "(appId='{id}')": 'appId' },
}

/** Applications and their service principals (administration on the wire, §2.7). */
export function applicationsApi(api: Api) {
  for (const kind of [applications, principals]) {
    declareReads(api, kind)
    for (const [key, by] of Object.entries(kind.keys)) declareOne(api, kind, { path: kind.path + key, by })
  }
  api.add({
    method: 'POST',
    path: '/applications',
    action: 'applications.write',
    summary: 'Register an application',
    body: NewApplicationBody,
    readOnly,
    unsupported: applicationLacks,
    context: 'applications/$entity',
    answer: rowSchema(applicationEntity('')),
    status: 201,
    handle: register,
  })
  api.add({
    method: 'POST',
    path: '/servicePrincipals',
    action: 'applications.write',
    summary: 'Read the principal of an application, which is made with it',
    body: Type.Object({ appId: Type.String({ format: 'uuid' }), ...PrincipalBody.properties }, closed),
    readOnly,
    unsupported: principalLacks,
    context: 'servicePrincipals/$entity',
    answer: rowSchema(principalEntity('')),
    status: 201,
    handle: makePrincipal,
  })
  for (const [key, by] of Object.entries(applications.keys))
    api.add({
      method: 'PATCH',
      path: `/applications${key}`,
      action: 'applications.write',
      summary: 'Change an application',
      body: ApplicationBody,
      readOnly,
      unsupported: applicationLacks,
      status: 204,
      async handle({ db, act, tenantId, params, body, headers }) {
        await inTenant(db, tenantId, trx =>
          updateApplication(trx, act, keyOf(by, params.id), {
            changes: current => readApplicationBody(trx, body, current),
            ifMatch: headers['if-match'],
          }),
        )
        return {}
      },
    })
  for (const [key, by] of Object.entries(principals.keys))
    api.add({
      method: 'PATCH',
      path: `/servicePrincipals${key}`,
      action: 'applications.write',
      summary: 'Change a service principal',
      body: PrincipalBody,
      readOnly,
      unsupported: principalLacks,
      status: 204,
      async handle({ db, act, tenantId, params, body, headers }) {
        await inTenant(db, tenantId, trx =>
          updateApplication(trx, act, keyOf(by, params.id), {
            changes: principalChanges(body),
            ifMatch: headers['if-match'],
          }),
        )
        return {}
      },
    })
}

const keyOf = (by: ApplicationKey['by'], value = ''): ApplicationKey => ({ by, value })

const principalChanges = ({ appRoleAssignmentRequired, notes }: Static<typeof PrincipalBody>) => ({
  ...(appRoleAssignmentRequired !== undefined && { assignmentRequired: appRoleAssignmentRequired }),
  ...(notes !== undefined && { notes }),
})

function declareReads(api: Api, { path, one, entity }: Kind) {
  const name = path.slice(1)
  const shape = { method: 'GET', action: 'applications.read', status: 200 } as const
  api.add({
    ...shape,
    path,
    summary: `List ${one.replace(/^an? /, '')}s`,
    context: name,
    options: LIST_OPTIONS,
    handle: call => answerList(call, entity(call.tenantId)),
  })
  api.add({
    ...shape,
    path: `${path}/$count`,
    summary: `Count ${one.replace(/^an? /, '')}s`,
    handle: call => answerCount(call, entity(call.tenantId)),
  })
}

/** What is done to one object, by either of its keys. */
function declareOne(
  api: Api,
  { path: name, one, entity }: Kind,
  { path, by }: { path: string; by: ApplicationKey['by'] },
) {
  api.add({
    method: 'GET',
    path,
    action: 'applications.read',
    summary: `Read ${one}`,
    context: `${name.slice(1)}/$entity`,
    answer: rowSchema(entity('')),
    status: 200,
    options: ['$select', '$expand'],
    handle: call => inTenant(call.db, call.tenantId, trx => readEntity(trx, call, entity(call.tenantId), by)),
  })
  api.add({
    method: 'DELETE',
    path,
    action: 'applications.write',
    summary: `Delete ${one}, and what belongs to it, for thirty days`,
    status: 204,
    async handle({ db, act, tenantId, params, headers }) {
      await inTenant(db, tenantId, trx => deleteApplication(trx, act, keyOf(by, params.id), headers['if-match']))
      return {}
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/addPassword`,
    action: 'applications.write',
    summary: 'Add a secret, which is answered this one time',
    body: NewPassword,
    isCredential: true,
    context: 'microsoft.graph.passwordCredential',
    status: 200,
    handle: call => inTenant(call.db, call.tenantId, trx => makePassword(trx, call, by)),
  })
  api.add({
    method: 'POST',
    path: `${path}/removePassword`,
    action: 'applications.write',
    summary: 'Remove a secret',
    body: Type.Object({ keyId: Type.String({ format: 'uuid' }) }, closed),
    status: 204,
    async handle({ db, act, tenantId, params, body }) {
      await inTenant(db, tenantId, trx => removePassword(trx, act, keyOf(by, params.id), body.keyId.toLowerCase()))
      return {}
    },
  })
  declareOwners(api, { path, by, one })
}

function declareOwners(api: Api, { path, by, one }: { path: string; by: ApplicationKey['by']; one: string }) {
  for (const cast of ['', '/microsoft.graph.user']) {
    const answer = (answerWith: typeof answerList) => async (call: Call) => {
      const appId = await inTenant(call.db, call.tenantId, trx => findAppId(trx, keyOf(by, call.params.id)))
      return answerWith(call, applicationOwnersEntity(call.tenantId, appId), () => (cast ? [ofKinds(['user'])] : []))
    }
    api.add({
      method: 'GET',
      path: `${path}/owners${cast}`,
      action: 'applications.read',
      summary: `List the owners of ${one}`,
      context: 'directoryObjects',
      status: 200,
      options: LIST_OPTIONS,
      handle: answer(answerList),
    })
    api.add({
      method: 'GET',
      path: `${path}/owners${cast}/$count`,
      action: 'applications.read',
      summary: `Count the owners of ${one}`,
      status: 200,
      handle: answer(answerCount),
    })
  }
  api.add({
    method: 'POST',
    path: `${path}/owners/$ref`,
    action: 'applications.write',
    summary: `Add an owner to ${one}`,
    body: Reference,
    status: 204,
    async handle({ db, act, tenantId, params, body, services }) {
      await inTenant(db, tenantId, async trx => {
        await getAppId(trx, keyOf(by, params.id))
        const id = await readReference(trx, { ...services, field: '@odata.id' }, body['@odata.id'])
        await giveApplication(trx, act, keyOf(by, params.id), id)
      })
      return {}
    },
  })
  api.add({
    method: 'GET',
    path: `${path}/owners/{object}`,
    action: 'applications.read',
    summary: `Read an owner of ${one}`,
    context: 'directoryObjects/$entity',
    status: 200,
    options: ['$select'],
    handle: call =>
      inTenant(call.db, call.tenantId, async trx => {
        const appId = await findAppId(trx, keyOf(by, call.params.id))
        const entity = applicationOwnersEntity(call.tenantId, appId)
        return found(await readRow(trx, call, entity, { where: rowOf(entity, call.params.object!) }))
      }),
  })
  api.add({
    method: 'DELETE',
    path: `${path}/owners/{object}/$ref`,
    action: 'applications.write',
    summary: `Take an owner from ${one}`,
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => takeApplication(trx, act, keyOf(by, params.id), params.object!))
      return {}
    },
  })
}

/** The same, and of `/v1.0` itself, which nobody owns. */
const findAppId = async (trx: Trx, key: ApplicationKey) =>
  key.by !== 'id' && key.value.toLowerCase() === API ? API : getAppId(trx, key)

async function readEntity(trx: Trx, call: Call<unknown>, entity: Entity, by: ApplicationKey['by']): Promise<ApiAnswer> {
  const id = (call.params.id ?? '').toLowerCase()
  if (by !== 'appId') return found(await readRow(trx, call, entity, { where: rowOf(entity, id) }))
  if (!isUuid(id)) throw refuseMissing('not_found')
  const byAppId = { ...entity, properties: { ...entity.properties, id: entity.properties.appId! } }
  return found(await readRow(trx, call, entity, { where: rowOf(byAppId, id) }))
}

/** Throws `not_found` where there is nothing. */
function found(answer: ApiAnswer | undefined): ApiAnswer {
  if (!answer) throw refuseMissing('not_found')
  return answer
}

async function register(call: Call<Static<typeof NewApplicationBody>>): Promise<ApiAnswer> {
  const { db, act, tenantId, body } = call
  return inTenant(db, tenantId, async trx => {
    const { addresses = {}, ...input } = await told(() => readApplicationBody(trx, body))
    const { id } = await addApplication(trx, act, { ...input, displayName: body.displayName, addresses })
    const read = { ...call, params: { id }, query: [] }
    return {
      ...(await readEntity(trx, read, applicationEntity(tenantId), 'id')),
      status: 201,
      location: `/applications/${id}`,
    }
  })
}

/** Every application has its principal from the beginning. Programs for Graph make it, and go on with the answer. */
async function makePrincipal(call: Call<{ appId: string } & Static<typeof PrincipalBody>>): Promise<ApiAnswer> {
  const { db, act, tenantId, body } = call
  return inTenant(db, tenantId, async trx => {
    if (body.appId.toLowerCase() === API) throw refuse('ObjectConflict', { field: 'appId' })
    const changes = principalChanges(body)
    const { principalId: id } = await updateApplication(trx, act, keyOf('appId', body.appId), { changes })
    const read = { ...call, params: { id }, query: [] }
    return {
      ...(await readEntity(trx, read, principalEntity(tenantId), 'principalId')),
      status: 201,
      location: `/servicePrincipals/${id}`,
    }
  })
}

async function makePassword(
  trx: Trx,
  { act, params, body }: Call<Static<typeof NewPassword>>,
  by: ApplicationKey['by'],
): Promise<ApiAnswer> {
  const { displayName, startDateTime, endDateTime } = body.passwordCredential ?? {}
  const startsAt = startDateTime ? new Date(startDateTime) : act.now
  const secret = await addPassword(trx, act, keyOf(by, params.id), {
    displayName: displayName ?? act.now.toISOString().slice(0, 10),
    startsAt,
    expiresAt: endDateTime ? new Date(endDateTime) : plus(startsAt, LONGEST),
  })
  return {
    json: {
      customKeyIdentifier: null,
      displayName: secret.displayName,
      endDateTime: secret.expiresAt.toISOString(),
      hint: secret.hint,
      keyId: secret.id,
      secretText: secret.secretText,
      startDateTime: secret.startsAt.toISOString(),
    },
  }
}

/** How long a secret lasts that says nothing of it. */
const LONGEST = 730 * DAY
