import type { Act } from '../act.ts'
import { enrollPartner } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import type { Program } from '../partners/index.ts'
import { inTenant } from '../store/index.ts'
import type { TestServer } from './server.ts'

/** Makes a tenant a partner, whose agreements are signed, with these people as Admin agents. Returns its id. */
export async function makePartner(
  server: TestServer,
  domain: string,
  agents: readonly string[],
  program: Program = 'membership',
): Promise<string> {
  const { store, services } = server
  const { random, keys } = services
  const tenantId = await findTenantId(store, domain)
  const act: Act = {
    ...{ now: services.clock(), random, keys, actor: { kind: 'operator' } },
    trail: { correlationId: random.uuid(services.clock()) },
  }
  const firm = { program, companyName: domain, agents: { 'Admin agent': agents } }
  await inTenant(store, tenantId, trx => enrollPartner(trx, act, firm))
  return tenantId
}
