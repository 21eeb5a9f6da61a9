// This file is long because Microsoft Graph's resources of one thing stand together, in the order of its life.

import { type Static, Type } from 'typebox'
import {
  type Api,
  type ApiAnswer,
  answerList,
  type Call,
  LIST_OPTIONS,
  listAnswer,
  readRow,
  rowAnswer,
} from '../api/index.ts'
import { getTenant } from '../directory/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import {
  type Assignment,
  addAssignment,
  changeAssignment,
  getAssignment,
  listAssignments,
  removeAssignment,
} from './assignments.ts'
import { relationshipEntity, rowOf } from './entity.ts'
import { refuse, refuseMissing } from './errors.ts'
import { reduceRelationship, terminate } from './grants.ts'
import {
  changeOffer,
  checkMatch,
  deleteOffer,
  type Logged,
  listRequests,
  lockForApproval,
  lockOffer,
  makeOffer,
  noteRequest,
  renewToken,
} from './offers.ts'
import { findRelationship, idOf, listRelationships, type Relationship, readId } from './rows.ts'
import { unifiedRoles } from './terms.ts'

export const RELATIONSHIPS = '/tenantRelationships/delegatedAdminRelationships'

const closed = { additionalProperties: false }
const text = (length: number) => Type.String({ maxLength: length })
const when = Type.String({ format: 'date-time' })

export const AccessDetails = Type.Object(
  { unifiedRoles: Type.Array(Type.Object({ roleDefinitionId: text(64) }, closed), { maxItems: 100 }) },
  closed,
)
const Customer = Type.Object(
  { tenantId: text(64), displayName: Type.Optional(Type.Union([text(256), Type.Null()])) },
  closed,
)
const read = [
  'id',
  'status',
  'createdDateTime',
  'lastModifiedDateTime',
  'activatedDateTime',
  'endDateTime',
  'requested',
  'endReason',
]

const entitySchema = rowSchema(relationshipEntity('00000000-0000-4000-8000-000000000000', new Date(0)))
export const RelationshipAnswer = rowAnswer(entitySchema, 'delegatedAdminRelationship')
export const relationshipProperties = entitySchema.properties

/** The ids that a path of a relationship names. Throws `not_found` for another partner's. */
function offerIdOf({ params, tenantId }: Call<unknown>): string {
  const { id, partnerId } = readId(params.id!)
  if (partnerId !== tenantId) throw refuseMissing('not_found')
  return id
}

/** Relationships as a partner makes and keeps them, in Microsoft Graph's shapes (partners on the wire, §2.1). */
export function relationshipsApi(api: Api) {
  declareRelationships(api)
  declareRequests(api)
  declareAssignments(api)
  declareCustomers(api)
}

function declareRelationships(api: Api) {
  const entityOf = (call: Call<unknown>) => relationshipEntity(call.tenantId, call.act.now)
  api.add({
    method: 'GET',
    path: RELATIONSHIPS,
    action: 'partner.relationships.read',
    summary: 'List your firm’s relationships with customers',
    context: RELATIONSHIPS.slice(1),
    answer: listAnswer(entitySchema, 'delegatedAdminRelationships'),
    status: 200,
    options: LIST_OPTIONS,
    handle: call => answerList(call, entityOf(call)),
  })
  api.add({
    method: 'POST',
    path: RELATIONSHIPS,
    action: 'partner.relationships.write',
    summary: 'Ask for a relationship; the customer sees it once it is locked',
    body: Type.Object(
      {
        displayName: text(256),
        duration: text(32),
        customer: Type.Optional(Customer),
        accessDetails: AccessDetails,
        autoExtendDuration: Type.Optional(text(16)),
      },
      closed,
    ),
    readOnly: read,
    context: `${RELATIONSHIPS.slice(1)}/$entity`,
    answer: RelationshipAnswer,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, body } = call
      return inTenant(db, tenantId, async trx => {
        const id = await makeOffer(trx, act, {
          displayName: body.displayName,
          duration: body.duration,
          roleIds: roleIdsOf(body.accessDetails),
          autoExtend: body.autoExtendDuration ?? 'PT0S',
          customer: body.customer && customerOf(body.customer),
        })
        const answer = await answerOne(trx, call, id)
        return { ...answer, status: 201, location: `${RELATIONSHIPS}/${idOf(id, tenantId)}` }
      })
    },
  })
  api.add({
    method: 'GET',
    path: `${RELATIONSHIPS}/{id}`,
    action: 'partner.relationships.read',
    summary: 'Read a relationship',
    context: `${RELATIONSHIPS.slice(1)}/$entity`,
    answer: RelationshipAnswer,
    status: 200,
    options: ['$select'],
    handle: call => inTenant(call.db, call.tenantId, trx => answerOne(trx, call, offerIdOf(call))),
  })
  api.add({
    method: 'PATCH',
    path: `${RELATIONSHIPS}/{id}`,
    action: 'partner.relationships.write',
    summary: 'Change what is asked for; of an active one the extension, or give Global Administrator back',
    body: Type.Object(
      {
        displayName: Type.Optional(text(256)),
        duration: Type.Optional(text(32)),
        customer: Type.Optional(Customer),
        accessDetails: Type.Optional(AccessDetails),
        autoExtendDuration: Type.Optional(text(16)),
      },
      closed,
    ),
    readOnly: read,
    context: `${RELATIONSHIPS.slice(1)}/$entity`,
    answer: RelationshipAnswer,
    status: 200,
    handle: patchRelationship,
  })
  api.add({
    method: 'DELETE',
    path: `${RELATIONSHIPS}/{id}`,
    action: 'partner.relationships.write',
    summary: 'Take a request back that was not locked',
    status: 204,
    async handle(call) {
      const id = offerIdOf(call)
      await inTenant(call.db, call.tenantId, async trx => {
        const offer = await lockOffer(trx, call.act, id)
        checkMatch(offer, call.headers['if-match'])
        await deleteOffer(trx, call.act, offer)
      })
      return {}
    },
  })
}

const roleIdsOf = ({ unifiedRoles: named }: Static<typeof AccessDetails>) => named.map(one => one.roleDefinitionId)
const customerOf = ({ tenantId, displayName = null }: Static<typeof Customer>) => ({ tenantId, displayName })

async function answerOne(trx: Trx, call: Call<unknown>, id: string): Promise<ApiAnswer> {
  const entity = relationshipEntity(call.tenantId, call.act.now)
  const answer = await readRow(trx, call as Call, entity, { where: rowOf(id) })
  if (!answer) throw refuseMissing('not_found')
  return answer
}

async function patchRelationship(
  call: Call<{
    displayName?: string
    duration?: string
    customer?: Static<typeof Customer>
    accessDetails?: Static<typeof AccessDetails>
    autoExtendDuration?: string
  }>,
): Promise<ApiAnswer> {
  const { db, act, tenantId, body, headers } = call
  const id = offerIdOf(call)
  const { displayName, duration, customer, accessDetails, autoExtendDuration: autoExtend } = body
  const roleIds = accessDetails && roleIdsOf(accessDetails)
  const status = await inTenant(db, tenantId, async trx => {
    const offer = await lockOffer(trx, act, id)
    checkMatch(offer, headers['if-match'])
    if (offer.status !== 'created') return offer.status
    await changeOffer(trx, act, offer, {
      ...{ displayName, duration, roleIds, autoExtend },
      ...(customer && { customer: customerOf(customer) }),
    })
    return offer.status
  })
  if (status !== 'created') {
    if (displayName !== undefined || duration !== undefined || customer !== undefined) throw refuse('wrong_status')
    await reduceRelationship(db, act, {
      ...{ id: idOf(id, tenantId), by: 'partner', ifMatch: headers['if-match'], roleIds, autoExtend },
    })
  }
  return inTenant(db, tenantId, async trx => {
    const answer = await answerOne(trx, call, id)
    if (status === 'created' || roleIds === undefined) return answer
    const operation = await noteRequest(trx, act, id, 'delegatedAdminRelationshipUpdate')
    return {
      ...answer,
      status: 202,
      headers: { location: call.base + operationAt(call, operation), 'retry-after': '1' },
    }
  })
}

const operationAt = ({ params }: Call<unknown>, id: string) => `${RELATIONSHIPS}/${params.id}/operations/${id}`

const RequestAnswer = Type.Object(
  {
    id: Type.String(),
    action: Type.String(),
    status: Type.String(),
    createdDateTime: when,
    lastModifiedDateTime: when,
    approvalUrl: Type.Optional(Type.String()),
  },
  { title: 'delegatedAdminRelationshipRequest' },
)
const OperationAnswer = Type.Object(
  {
    id: Type.String(),
    operationType: Type.String(),
    status: Type.String(),
    createdDateTime: when,
    lastModifiedDateTime: when,
    data: Type.String(),
  },
  { title: 'delegatedAdminRelationshipOperation' },
)

const LOGGED = ['lockForApproval', 'terminate']

const timesOf = ({ created_at }: Logged) => ({
  createdDateTime: created_at.toISOString(),
  lastModifiedDateTime: created_at.toISOString(),
})
const requestView = (one: Logged) => ({ id: one.id, action: one.action, status: 'succeeded', ...timesOf(one) })
const operationView = (one: Logged) => ({
  ...{ id: one.id, operationType: one.action, status: 'succeeded', data: '' },
  ...timesOf(one),
})

/** What was asked of a relationship, or what changed it: both are over when they are answered. */
const readLog = (call: Call<unknown>, isRequest: boolean): Promise<Logged[]> => {
  const offerId = offerIdOf(call)
  return inTenant(call.db, call.tenantId, async trx => {
    if (!(await findRelationship(trx, 'partner', { id: offerId, now: call.act.now }))) throw refuseMissing('not_found')
    return (await listRequests(trx, offerId)).filter(({ action }) => LOGGED.includes(action) === isRequest)
  })
}

function declareRequests(api: Api) {
  for (const [name, of, answer, view] of [
    ['requests', 'request', RequestAnswer, requestView],
    ['operations', 'operation', OperationAnswer, operationView],
  ] as const) {
    const path = `${RELATIONSHIPS}/{id}/${name}`
    const context = `${RELATIONSHIPS.slice(1)}('{id}')/${name}`
    const isRequest = name === 'requests'
    api.add({
      method: 'GET',
      path,
      action: 'partner.relationships.read',
      summary: `List the ${name} of a relationship`,
      context,
      answer: Type.Object({ value: Type.Array(answer) }),
      status: 200,
      handle: async call => ({ json: { value: (await readLog(call, isRequest)).map(one => view(one)) } }),
    })
    api.add({
      method: 'GET',
      path: `${path}/{${of}Id}`,
      action: 'partner.relationships.read',
      summary: `Read ${of === 'request' ? 'a request' : 'an operation'} of a relationship`,
      context: `${context}/$entity`,
      answer,
      status: 200,
      async handle(call) {
        const found = (await readLog(call, isRequest)).find(({ id }) => id === call.params[`${of}Id`]?.toLowerCase())
        if (!found) throw refuseMissing('not_found')
        return { json: view(found) }
      },
    })
  }
  api.add({
    method: 'POST',
    path: `${RELATIONSHIPS}/{id}/requests`,
    action: 'partner.relationships.write',
    summary: 'Lock what is asked for so that the customer can decide, or end a relationship',
    body: Type.Object({ action: Type.Enum(['lockForApproval', 'terminate']) }, closed),
    readOnly: ['id', 'status', 'createdDateTime', 'lastModifiedDateTime'],
    context: `${RELATIONSHIPS.slice(1)}('{id}')/requests/$entity`,
    answer: RequestAnswer,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, body, services } = call
      const offerId = offerIdOf(call)
      const isLock = body.action === 'lockForApproval'
      const token = isLock
        ? await inTenant(db, tenantId, async trx => lockForApproval(trx, act, await lockOffer(trx, act, offerId)))
        : await terminate(db, act, { id: idOf(offerId, tenantId), by: 'partner' })
      const log = await inTenant(db, tenantId, trx => listRequests(trx, offerId))
      const made = log.filter(({ action }) => action === body.action).at(-1)!
      return {
        json: { ...requestView(made), ...(token && { approvalUrl: approvalUrl(services.origin, call, token) }) },
        location: `${RELATIONSHIPS}/${call.params.id}/requests/${made.id}`,
      }
    },
  })
  api.add({
    method: 'POST',
    path: `${RELATIONSHIPS}/{id}/approvalLink`,
    action: 'partner.relationships.write',
    takesNone: true,
    summary: 'Make a new address by which the customer decides; the former one opens nothing any more',
    answer: Type.Object({ approvalUrl: Type.String() }),
    status: 200,
    async handle(call) {
      const { db, act, tenantId, services } = call
      const offerId = offerIdOf(call)
      const token = await inTenant(db, tenantId, async trx => renewToken(trx, act, await lockOffer(trx, act, offerId)))
      return { json: { approvalUrl: approvalUrl(services.origin, call, token) } }
    },
  })
}

const approvalUrl = (origin: string, { params }: Call<unknown>, token: string) =>
  `${origin}/partner-requests/${params.id!.toLowerCase()}?token=${token}`

const Container = Type.Object(
  { accessContainerId: text(64), accessContainerType: Type.Literal('securityGroup') },
  closed,
)
const AssignmentAnswer = Type.Object(
  {
    '@odata.etag': Type.String(),
    id: Type.String(),
    status: Type.String(),
    accessContainer: Container,
    accessDetails: AccessDetails,
    createdDateTime: when,
    lastModifiedDateTime: when,
  },
  { title: 'delegatedAdminAccessAssignment' },
)

const etagOf = ({ version }: Assignment) => `W/"${version}"`
const assignmentView = (one: Assignment) => ({
  '@odata.etag': etagOf(one),
  id: one.id,
  status: 'active',
  accessContainer: { accessContainerId: one.groupId, accessContainerType: 'securityGroup' },
  accessDetails: { unifiedRoles: unifiedRoles(one.roles) },
  createdDateTime: one.createdAt.toISOString(),
  lastModifiedDateTime: one.modifiedAt.toISOString(),
})

function declareAssignments(api: Api) {
  const path = `${RELATIONSHIPS}/{id}/accessAssignments`
  const context = `${RELATIONSHIPS.slice(1)}('{id}')/accessAssignments`
  const shape = { action: 'partner.assign', status: 200 } as const
  api.add({
    ...shape,
    method: 'GET',
    path,
    summary: 'List the groups that a relationship reaches',
    context,
    answer: Type.Object({ value: Type.Array(AssignmentAnswer) }),
    async handle(call) {
      const offerId = offerIdOf(call)
      const value = await inTenant(call.db, call.tenantId, async trx => {
        if (!(await findRelationship(trx, 'partner', { id: offerId, now: call.act.now })))
          throw refuseMissing('not_found')
        return (await listAssignments(trx, offerId)).map(assignmentView)
      })
      return { json: { value } }
    },
  })
  api.add({
    ...shape,
    method: 'GET',
    path: `${path}/{assignmentId}`,
    summary: 'Read a group that a relationship reaches',
    context: `${context}/$entity`,
    answer: AssignmentAnswer,
    async handle(call) {
      const offerId = offerIdOf(call)
      const one = await inTenant(call.db, call.tenantId, trx => getAssignment(trx, offerId, call.params.assignmentId!))
      return { json: assignmentView(one), etag: etagOf(one) }
    },
  })
  api.add({
    ...shape,
    method: 'POST',
    path,
    summary: 'Let a group of your people act for the customer, within the roles of the relationship',
    body: Type.Object({ accessContainer: Container, accessDetails: AccessDetails }, closed),
    readOnly: ['id', 'status', 'createdDateTime', 'lastModifiedDateTime'],
    context: `${context}/$entity`,
    answer: AssignmentAnswer,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, body } = call
      const asked = {
        offerId: offerIdOf(call),
        groupId: body.accessContainer.accessContainerId,
        roleIds: roleIdsOf(body.accessDetails),
      }
      const one = await inTenant(db, tenantId, trx => addAssignment(trx, act, asked))
      const location = `${RELATIONSHIPS}/${call.params.id}/accessAssignments/${one.id}`
      return { json: assignmentView(one), etag: etagOf(one), location }
    },
  })
  api.add({
    ...shape,
    method: 'PATCH',
    path: `${path}/{assignmentId}`,
    summary: 'Change the roles of a group',
    body: Type.Object({ accessDetails: AccessDetails }, closed),
    readOnly: ['id', 'status', 'accessContainer', 'createdDateTime', 'lastModifiedDateTime'],
    context: `${context}/$entity`,
    answer: AssignmentAnswer,
    async handle(call) {
      const { db, act, tenantId, body, headers, params } = call
      const offerId = offerIdOf(call)
      const asked = { offerId, id: params.assignmentId!, roleIds: roleIdsOf(body.accessDetails) }
      return inTenant(db, tenantId, async trx => {
        const operation = await changeAssignment(trx, act, { ...asked, ifMatch: headers['if-match'] })
        const one = await getAssignment(trx, offerId, asked.id)
        const answer = { json: assignmentView(one), etag: etagOf(one) }
        if (operation === undefined) return answer
        const at = call.base + operationAt(call, operation)
        return { ...answer, status: 202, headers: { location: at, 'retry-after': '1' } }
      })
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{assignmentId}`,
    action: 'partner.assign',
    summary: 'Take a group out of a relationship',
    status: 204,
    async handle(call) {
      const { db, act, tenantId, headers, params } = call
      const asked = { offerId: offerIdOf(call), id: params.assignmentId!, ifMatch: headers['if-match'] }
      await inTenant(db, tenantId, trx => removeAssignment(trx, act, asked))
      return {}
    },
  })
}

const DelegatedCustomer = Type.Object(
  { id: Type.String(), tenantId: Type.String(), displayName: Type.Union([Type.String(), Type.Null()]) },
  { title: 'delegatedAdminCustomer' },
)

function declareCustomers(api: Api) {
  const path = '/tenantRelationships/delegatedAdminCustomers'
  const shape = { method: 'GET', action: 'partner.relationships.read', status: 200 } as const
  api.add({
    ...shape,
    path,
    summary: 'List the customers with an active relationship',
    context: path.slice(1),
    answer: Type.Object({ value: Type.Array(DelegatedCustomer) }),
    handle: async call => ({ json: { value: await delegatedCustomers(call) } }),
  })
  api.add({
    ...shape,
    path: `${path}/{id}`,
    summary: 'Read a customer with an active relationship',
    context: `${path.slice(1)}/$entity`,
    answer: DelegatedCustomer,
    handle: async call => ({ json: await delegatedCustomer(call) }),
  })
  api.add({
    ...shape,
    path: `${path}/{id}/serviceManagementDetails`,
    summary: 'List where the customer is administered',
    context: `${path.slice(1)}('{id}')/serviceManagementDetails`,
    answer: Type.Object({
      value: Type.Array(
        Type.Object({ id: Type.String(), serviceName: Type.String(), serviceManagementUrl: Type.String() }),
      ),
    }),
    async handle(call) {
      await delegatedCustomer(call)
      const serviceManagementUrl = `${call.services.origin}/admin`
      return { json: { value: [{ id: 'latchkey', serviceName: 'Latchkey', serviceManagementUrl }] } }
    },
  })
}

const delegatedCustomers = (call: Call) =>
  inTenant(call.db, call.tenantId, async trx => {
    const active = (await listRelationships(trx, 'partner', call.act.now)).filter(one => one.status === 'active')
    const named = new Map(active.map(one => [one.customerId!, one.customerName]))
    return [...named].map(([id, displayName]) => ({ id, tenantId: id, displayName }))
  })

async function delegatedCustomer(call: Call) {
  const found = (await delegatedCustomers(call)).find(({ id }) => id === call.params.id!.toLowerCase())
  if (!found) throw refuseMissing('not_found')
  return found
}

/** A relationship as its customer reads it. */
export const relationshipView = (one: Relationship) => ({
  '@odata.etag': `W/"${one.version}"`,
  id: idOf(one.id, one.partnerId),
  displayName: one.displayName,
  status: one.status,
  customer: one.customerId === null ? null : { tenantId: one.customerId, displayName: one.customerName },
  accessDetails: { unifiedRoles: unifiedRoles(one.roles) },
  duration: one.duration,
  autoExtendDuration: one.autoExtend ? 'P180D' : 'PT0S',
  createdDateTime: one.createdAt.toISOString(),
  lastModifiedDateTime: one.modifiedAt.toISOString(),
  activatedDateTime: one.activatedAt?.toISOString() ?? null,
  endDateTime: one.endsAt?.toISOString() ?? null,
  requested: { unifiedRoles: unifiedRoles(one.requestedRoles), duration: one.requestedDuration },
  endReason: one.endReason,
})

/** The name of a tenant, for the other side of a relationship. */
export const nameOfTenant = (call: Call, tenantId: string): Promise<string> =>
  inTenant(call.db, tenantId, async trx => (await getTenant(trx, tenantId)).displayName)
