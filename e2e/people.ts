import type { Means } from '../server/src/crypto/index.ts'
import { createUser, findTenantId, nobody, type User } from '../server/src/directory/index.ts'
import { saveMethod } from '../server/src/methods/index.ts'
import { preparePassword, readPasswordRules, setPassword } from '../server/src/passwords/index.ts'
import type { MethodKind } from '../server/src/policies/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { TestServer } from '../server/src/testing/server.ts'

/** The server's moment, chance and keys. */
export const meansOf = ({ services }: TestServer): Means => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
})

/** Another person in a tenant of the demonstration, so that walks do not disturb each other. */
export async function addPerson(
  server: TestServer,
  name: string,
  password: string,
  registered: Partial<Record<Exclude<MethodKind, 'securityQuestions'>, string>> = {},
): Promise<User> {
  const { store, services } = server
  const means = meansOf(server)
  const tenantId = await findTenantId(store, name.split('@')[1] ?? '')
  const rules = await inTenant(store, tenantId, trx => readPasswordRules(trx, means, nobody(tenantId), 'reset'))
  const trail = { correlationId: services.random.uuid(means.now) }
  const judged = await preparePassword(store, means, services.passwordChecks, trail, rules, password)
  if ('refused' in judged) throw new Error(`The password of ${name} is refused: ${judged.refused.join(', ')}`)
  return inTenant(store, tenantId, async trx => {
    const user = await createUser(trx, means, tenantId, { userPrincipalName: name, displayName: 'Walking Person' })
    const securityEpoch = await setPassword(trx, means, user, { ...judged.prepared, mustChange: false })
    for (const [kind, value] of Object.entries(registered))
      await saveMethod(trx, means, user, { kind: kind as MethodKind, source: 'person', value })
    return { ...user, securityEpoch }
  })
}
