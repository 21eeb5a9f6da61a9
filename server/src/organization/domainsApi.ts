import { type TSchema, Type } from 'typebox'
import { type Api, answerList, type Call, readRow } from '../api/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { contestDomain } from './contest.ts'
import { addDomain, deleteDomain, getDomain, getProof, makeDefault, promoteDomain } from './domains.ts'
import { domainEntity, isNamed } from './entities.ts'
import { reservedNames } from './names.ts'
import { verifyDomain } from './proof.ts'
import { forceDelete } from './removal.ts'

const answer: TSchema = rowSchema(domainEntity)
const context = 'domains/$entity'
const path = '/domains/{id}'

/** Domains, their proof and their removal. */
export function domainsApi(api: Api) {
  api.add({
    ...{ method: 'GET', path: '/domains', action: 'domains.read', summary: 'List domains', context: 'domains' },
    ...{ status: 200, answer: Type.Object({ value: Type.Array(answer) }), options: ['$select', '$top', '$count'] },
    handle: call => answerList(call, domainEntity),
  })
  api.add({
    ...{ method: 'GET', path, action: 'domains.read', summary: 'Read a domain', context, status: 200, answer },
    options: ['$select'],
    handle: call => within(call, trx => readDomain(trx, call, idOf(call))),
  })
  api.add({
    ...{ method: 'POST', path: '/domains', action: 'domains.write', summary: 'Add a domain', context },
    body: Type.Object({ id: Type.String({ minLength: 1, maxLength: 253 }) }, { additionalProperties: false }),
    readOnly: READ_ONLY,
    unsupported: UNSUPPORTED,
    ...{ status: 201, answer },
    handle: call =>
      within(call, async trx => {
        const { name } = await addDomain(trx, call.act, { id: call.body.id, reserved: reservedNames(call.services) })
        return { ...(await readDomain(trx, call, name)), location: `/domains/${name}` }
      }),
  })
  api.add({
    ...{ method: 'PATCH', path, action: 'domains.write', summary: 'Make a domain the default one', status: 204 },
    body: Type.Object({ isDefault: Type.Optional(Type.Literal(true)) }, { additionalProperties: false }),
    readOnly: ['id', ...READ_ONLY],
    unsupported: UNSUPPORTED,
    handle: call =>
      within(call, async trx => {
        if (call.body.isDefault) await makeDefault(trx, call.act, idOf(call), call.headers['if-match'])
        return {}
      }),
  })
  api.add({
    ...{ method: 'DELETE', path, action: 'domains.write', summary: 'Remove a domain that nothing uses', status: 204 },
    handle: call => within(call, trx => done(deleteDomain(trx, call.act, idOf(call)))),
  })
  api.add({
    ...{ method: 'GET', path: `${path}/verificationDnsRecords`, action: 'domains.write', status: 200 },
    summary: 'Read the record that proves a domain',
    context: 'domains/verificationDnsRecords',
    handle: call => within(call, trx => readRecords(trx, call)),
  })
  api.add({
    ...{ method: 'POST', path: `${path}/verify`, action: 'domains.write', context, status: 200, answer },
    summary: 'Prove a domain by its record in the DNS',
    async handle(call) {
      const { db, act, tenantId, services } = call
      const { name } = await verifyDomain(db, act, { tenantId, name: idOf(call), dns: services.dns })
      return within(call, trx => readDomain(trx, call, name))
    },
  })
  api.add({
    ...{ method: 'POST', path: `${path}/contest`, action: 'domains.write', context, status: 200, answer },
    summary: 'Contest a domain that another organization has verified',
    async handle(call) {
      const { db, act, tenantId, services } = call
      const { name } = await contestDomain(db, act, { tenantId, name: idOf(call), dns: services.dns })
      return within(call, trx => readDomain(trx, call, name))
    },
  })
  api.add({
    ...{ method: 'POST', path: `${path}/promote`, action: 'domains.write', status: 200 },
    summary: 'Let a subdomain stand by itself',
    answer: Type.Object({ value: Type.Boolean() }),
    handle: call =>
      within(call, async trx => {
        await promoteDomain(trx, call.act, idOf(call))
        return { json: { value: true } }
      }),
  })
  api.add({
    ...{ method: 'POST', path: `${path}/forceDelete`, action: 'domains.write', status: 204 },
    summary: 'Remove a domain, and rename its people to the initial one',
    body: Type.Object({ disableUserAccounts: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    handle: call => {
      const { disableUserAccounts = true } = call.body
      return within(call, trx => done(forceDelete(trx, call.act, { name: idOf(call), disableUserAccounts })))
    },
  })
}

const READ_ONLY = [
  'authenticationType',
  'availabilityStatus',
  'contestedUntilDateTime',
  'contestingUntilDateTime',
  'isAdminManaged',
  'isInitial',
  'isRoot',
  'isVerified',
  'state',
]
const UNSUPPORTED = ['model', 'passwordNotificationWindowInDays', 'passwordValidityPeriodInDays', 'supportedServices']

const within = <T>({ db, tenantId }: Pick<Call, 'db' | 'tenantId'>, work: (trx: Trx) => Promise<T>): Promise<T> =>
  inTenant(db, tenantId, work)

const idOf = ({ params }: Pick<Call, 'params'>) => params.id ?? ''

const done = async (work: Promise<void>) => {
  await work
  return {}
}

async function readDomain(trx: Trx, call: Call, id: string) {
  const { name } = await getDomain(trx, id)
  return (await readRow(trx, call, domainEntity, { where: isNamed(name) }))!
}

async function readRecords(trx: Trx, call: Call) {
  const { name, proof } = await getProof(trx, call.act, idOf(call))
  const record = {
    '@odata.type': '#microsoft.graph.domainDnsTxtRecord',
    ...{ id: name, isOptional: false, label: name, recordType: 'Txt', supportedService: null, ttl: 3600, text: proof },
  }
  return { json: { value: proof === null ? [] : [record] } }
}
