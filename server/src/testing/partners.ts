import type { Act } from '../act.ts'
import { addMember, findTenantId, findUserByName } from '../directory/index.ts'
import { admitPartner, beginEnrollment, findAgentGroup, signEnrollment, submitEnrollment } from '../partners/index.ts'
import { inTenant } from '../store/index.ts'
import type { TestServer } from './server.ts'

/** Makes a tenant a partner, whose agreement is signed, with these people as Admin agents. Returns its id. */
export async function makePartner(server: TestServer, domain: string, agents: readonly string[]): Promise<string> {
  const { store, services } = server
  const { random, keys } = services
  const tenantId = await findTenantId(store, domain)
  const act: Act = {
    ...{ now: services.clock(), random, keys, actor: { kind: 'operator' } },
    trail: { correlationId: random.uuid(services.clock()) },
  }
  await inTenant(store, tenantId, async trx => {
    const id = await beginEnrollment(trx, act, {
      program: 'membership',
      legalProfile: {
        ...{ companyName: domain, street: '1 Quay Street', city: 'Seattle', country: 'US' },
        ...{ postalCode: null, registrationNumber: null },
      },
      primaryContact: { givenName: 'Ada', surname: 'Quay', mail: 'ada@mail.example', phoneNumber: null },
    })
    await submitEnrollment(trx, act, id)
    await admitPartner(trx, act)
    await signEnrollment(trx, act, { id, version: '2026-11' })
    const groupId = await findAgentGroup(trx, 'Admin agent')
    for (const name of agents) {
      const user = await findUserByName(trx, tenantId, name)
      await addMember(trx, tenantId, groupId!, { kind: 'user', id: user!.id })
    }
  })
  return tenantId
}
