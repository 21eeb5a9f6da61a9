import type { Act } from '../server/src/act.ts'
import type { Hasher, Means } from '../server/src/crypto/index.ts'
import { createTenant, createUser, nobody } from '../server/src/directory/index.ts'
import { saveMethod } from '../server/src/methods/index.ts'
import { createPasswordChecks, preparePassword, readPasswordRules, setPassword } from '../server/src/passwords/index.ts'
import { changeDefaultPolicy, changeProtection } from '../server/src/policies/index.ts'
import { type Db, inTenant } from '../server/src/store/index.ts'

/** A person who resets passwords and signs in. */
export interface Person {
  name: string
  /** The address of their codes. */
  address: string
  /** Their present password. */
  password: string
}

export const DOMAIN = 'bench.example'
const FIRST_PASSWORD = 'Quiet harbour lights 0'
const TOGETHER = 50 // people in one transaction: short ones, and few waits for the disk

/**
 * Makes a tenant where one proof resets a password and only the notice to the person follows. Makes so many people with
 * a registered email, by the real rules.
 */
export async function seedPeople(db: Db, means: Means, hasher: Hasher, count: number): Promise<Person[]> {
  const tenantId = means.random.uuid(means.now)
  const rules = await inTenant(db, tenantId, async trx => {
    await createTenant(trx, means, tenantId, { displayName: 'Bench', domain: DOMAIN })
    await changeDefaultPolicy(trx, means, tenantId, { enabled: true, gates: 1, methods: ['passkey', 'email'] })
    // The load is more than a company of this size ever has, so its limit of an attack is lifted.
    await changeProtection(trx, tenantId, { messagesPerDay: 10_000_000 })
    await trx
      .updateTable('tenants')
      .set({ usual_resets_per_hour: 1_000_000 })
      .where('tenant_id', '=', tenantId)
      .execute()
    return readPasswordRules(trx, means, nobody(tenantId), 'reset')
  })
  const checks = createPasswordChecks(hasher, undefined)
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: means.random.uuid(means.now) } }
  const judged = await preparePassword(db, act, checks, { rules, newPassword: FIRST_PASSWORD })
  if ('refused' in judged) throw new Error(`the first password is refused: ${judged.refused.join(', ')}`)
  const people = Array.from({ length: count }, (_, place): Person => {
    const local = `person-${place}`
    return { name: `${local}@${DOMAIN}`, address: `${local}@mail.example`, password: FIRST_PASSWORD }
  })
  for (let from = 0; from < count; from += TOGETHER)
    await inTenant(db, tenantId, async trx => {
      for (const { name, address } of people.slice(from, from + TOGETHER)) {
        const user = await createUser(trx, means, tenantId, { userPrincipalName: name, displayName: 'Some Body' })
        await setPassword(trx, means, user, { ...judged.prepared, mustChange: false })
        await saveMethod(trx, means, user, { kind: 'email', source: 'person', value: address })
      }
    })
  return people
}
