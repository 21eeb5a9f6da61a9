import type { Act } from '../server/src/act.ts'
import { createUser, findTenantId, nobody, type User } from '../server/src/directory/index.ts'
import { saveMethod } from '../server/src/methods/index.ts'
import { preparePassword, readPasswordRules, setPassword } from '../server/src/passwords/index.ts'
import type { MethodKind } from '../server/src/policies/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import type { TestServer } from '../server/src/testing/server.ts'

/** An act of the server itself. */
export function actOf({ services: { clock, random, keys } }: TestServer): Act {
  const now = clock()
  return { now, random, keys, actor: { kind: 'system' }, trail: { correlationId: random.uuid(now) } }
}

/** Another person in a tenant of the demonstration, so that walks do not disturb each other. */
export async function addPerson(
  server: TestServer,
  name: string,
  password: string,
  registered: Partial<Record<Exclude<MethodKind, 'securityQuestions'>, string>> = {},
): Promise<User> {
  const { store, services } = server
  const act = actOf(server)
  const tenantId = await findTenantId(store, name.split('@')[1] ?? '')
  const rules = await inTenant(store, tenantId, trx => readPasswordRules(trx, act, nobody(tenantId), 'reset'))
  const judged = await preparePassword(store, act, services.passwordChecks, { rules, newPassword: password })
  if ('refused' in judged) throw new Error(`The password of ${name} is refused: ${judged.refused.join(', ')}`)
  return inTenant(store, tenantId, async trx => {
    const user = await createUser(trx, act, tenantId, { userPrincipalName: name, displayName: 'Walking Person' })
    const securityEpoch = await setPassword(trx, act, user, { ...judged.prepared, mustChange: false })
    for (const [kind, value] of Object.entries(registered))
      await saveMethod(trx, act, user, { kind: kind as MethodKind, source: 'person', value })
    return { ...user, securityEpoch }
  })
}
