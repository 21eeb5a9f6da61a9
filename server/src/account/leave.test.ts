import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, newTrail, readNotices, stage } from '../testing/people.ts'
import { closeAccount } from './leave.ts'

const { store, cast } = await stage()

test('who is named for technical news hears once that the last account is closed', async () => {
  const tenantId = await cast.tenant('leaving.example')
  const people: User[] = []
  for (const name of ['ann', 'bob', 'cid']) people.push(await cast.person(tenantId, `${name}@leaving.example`))
  await inTenant(store, tenantId, trx =>
    trx
      .updateTable('tenants')
      .set({ unmanaged_since: meansAt().now, technical_notification_mails: ['ops@leaving.example'] })
      .where('tenant_id', '=', tenantId)
      .execute(),
  )
  const leave = async (place: number) => {
    const session = await cast.session(meansAt(), people[place]!)
    const act = { ...meansAt(), actor: { kind: 'anyone' as const }, trail: newTrail() }
    await closeAccount(store, act, { ...session, passwordAt: act.now })
  }
  const told = async () =>
    (await readNotices(store, tenantId)).filter(({ template }) => template === 'company_closed').length
  await leave(0)
  assert.equal(await told(), 0, 'somebody is left')
  // Of two who leave at once one is the last.
  await Promise.all([leave(1), leave(2)])
  assert.equal(await told(), 1)
})
