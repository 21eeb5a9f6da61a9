import type { Act } from '../act.ts'
import { lockTenant } from '../directory/index.ts'
import { lockPolicy } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { joinGroup, leaveGroup } from './members.ts'
import {
  changeMethodOfPolicy,
  changeMethodsPolicy,
  METHOD_CONFIGURATION,
  METHODS_POLICY,
  type RegistrationChanges,
  readConfigurationName,
  readMethodOfPolicy,
  readMethodsPolicy,
} from './methodsPolicy.ts'
import {
  addResetPolicy,
  changeResetPolicy,
  changeTenantPolicy,
  deleteResetPolicy,
  type NewPolicy,
  readTenantPolicy,
} from './policies.ts'
import { readReference } from './references.ts'

/** What a write is asked with. `origin`: of this server, for references. */
export interface Asked {
  params: Record<string, string>
  body: unknown
  origin: string
  ifMatch: string | undefined
}

/** A write that can be previewed: its rule, and what tells one state of what it changes from another. */
interface PreviewedWrite {
  method: 'POST' | 'PATCH' | 'DELETE'
  path: string
  run(trx: Trx, act: Act, asked: Asked): Promise<unknown>
  version?(trx: Trx, params: Record<string, string>): Promise<string | undefined>
}

const RESET = '/policies/passwordResetPolicies'
const MEMBERS = '/groups/{id}/members'

const policyVersion: PreviewedWrite['version'] = async (trx, { id }) => {
  // In the order of the write, or the two could wait for one another.
  await lockTenant(trx, trx.tenantId)
  return (await lockPolicy(trx, id))?.version
}

const changesOfPolicy = (path: string): PreviewedWrite => ({
  method: 'PATCH',
  path,
  run: (trx, act, { params, body, ifMatch }) =>
    changeResetPolicy(trx, act, { id: params.id, changes: body as object, ifMatch }),
  version: policyVersion,
})

const changesOfTenant = (name: Parameters<typeof readTenantPolicy>[1]): PreviewedWrite => ({
  method: 'PATCH',
  path: `/policies/${name}`,
  run: (trx, act, { body, ifMatch }) => changeTenantPolicy(trx, act, { name, changes: body as object, ifMatch }),
  version: async trx => (await readTenantPolicy(trx, name)).version,
})

/** Every write that can be previewed, by the resource that carries it out. */
export const previewedWrites: readonly PreviewedWrite[] = [
  { method: 'POST', path: RESET, run: (trx, act, { body }) => addResetPolicy(trx, act, body as NewPolicy) },
  changesOfPolicy(`${RESET}/{id}`),
  changesOfPolicy('/policies/passwordResetPolicy'),
  {
    method: 'DELETE',
    path: `${RESET}/{id}`,
    run: (trx, act, { params, ifMatch }) => deleteResetPolicy(trx, act, params.id ?? '', ifMatch),
    version: policyVersion,
  },
  changesOfTenant('passwordProtectionPolicy'),
  {
    method: 'PATCH',
    path: METHODS_POLICY,
    run: (trx, act, { body, ifMatch }) =>
      changeMethodsPolicy(trx, act, { changes: body as RegistrationChanges, ifMatch }),
    version: async trx => (await readMethodsPolicy(trx)).version,
  },
  {
    method: 'PATCH',
    path: METHOD_CONFIGURATION,
    run: (trx, act, { params, body, ifMatch }) =>
      changeMethodOfPolicy(trx, act, { name: readConfigurationName(params.name), changes: body as object, ifMatch }),
    version: async (trx, { name }) => (await readMethodOfPolicy(trx, readConfigurationName(name))).version,
  },
  {
    method: 'POST',
    path: `${MEMBERS}/$ref`,
    async run(trx, act, { params, body, origin }) {
      const field = '@odata.id'
      const id = await readReference(trx, { origin, field }, (body as Record<typeof field, string>)[field])
      await joinGroup(trx, act, { groupId: params.id ?? '', id })
    },
  },
  {
    method: 'DELETE',
    path: `${MEMBERS}/{object}/$ref`,
    run: (trx, act, { params }) => leaveGroup(trx, act, { groupId: params.id ?? '', id: params.object ?? '' }),
  },
]
