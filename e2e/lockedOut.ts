import { createTenant, createUser } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { TestServer } from '../server/src/testing/server.ts'

/** Opens a case of a company of its own, called Quill, which has let a firm administer it. Returns the browser of who asks. */
export async function openRescueCase(server: TestServer, name: string, firm: string) {
  const { store, services } = server
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  const domain = `${name}-rescue.example`
  const tenantId = services.random.uuid(services.clock())
  const owner = await inTenant(store, tenantId, async trx => {
    await createTenant(trx, means, tenantId, { displayName: 'Quill', domain })
    return createUser(trx, means, tenantId, { userPrincipalName: `owner@${domain}`, displayName: 'Olga Quill' })
  })
  await store.pool.query(
    "insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, now(), now() + interval '90 days', now())",
    [tenantId, firm],
  )
  const browser = server.browser()
  const address = `owner@${domain}`
  const asked = { kind: 'no-administrator', domain, address, text: 'Nobody can sign in.' }
  const { json } = await browser.post('/cases', asked)
  const code = await server.code(address)
  await browser.post(`/cases/${json.number}/proofs`, { challenge: json.challenge.id, code })
  return { browser, tenantId, owner, address, number: json.number as string, name: `rescues/${name}` }
}
