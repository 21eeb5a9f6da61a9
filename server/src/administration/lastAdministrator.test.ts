import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTenant } from '../store/index.ts'
import { START, stage } from '../testing/people.ts'
import { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'

const { store, cast } = await stage()
const roles = ['Global Administrator'] as const
const keep = (id: string, deletedAt: Date | null) =>
  store.pool.query('update accounts set deleted_at = $2 where id = $1', [id, deletedAt])
const refused = { code: 'last_global_administrator', status: 400 }

test('the last Global Administrator who can sign in stays', async () => {
  const acme = await cast.tenant('acme.example')
  const ada = await cast.person(acme, 'ada@acme.example', { roles })
  const without = await cast.person(acme, 'without@acme.example', { roles, password: false })
  const disabled = await cast.person(acme, 'disabled@acme.example', { roles, accountEnabled: false })
  await cast.person(acme, 'plain@acme.example')
  const take = (id: string) => inTenant(store, acme, trx => demandAnotherGlobalAdministrator(trx, id))
  await assert.rejects(take(ada.id), refused)
  await take(without.id)
  await take(disabled.id)
  const grace = await cast.person(acme, 'grace@acme.example', { roles })
  await take(ada.id)
  await keep(grace.id, START)
  await assert.rejects(take(ada.id), refused, 'the other one is deleted')
  await keep(grace.id, null)
  await take(ada.id)
})

test('of two who are taken at once, one stays: fifty times', async () => {
  const acme = await cast.tenant('twice.example')
  const two = [
    await cast.person(acme, 'ada@twice.example', { roles }),
    await cast.person(acme, 'grace@twice.example', { roles }),
  ]
  for (let n = 0; n < 50; n++) {
    const outcomes = await Promise.allSettled(
      two.map(user =>
        inTenant(store, acme, async trx => {
          await demandAnotherGlobalAdministrator(trx, user.id)
          await trx
            .updateTable('accounts')
            .set({ deleted_at: START })
            .where('tenant_id', '=', acme)
            .where('id', '=', user.id)
            .execute()
        }),
      ),
    )
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const gone = two[outcomes.findIndex(({ status }) => status === 'fulfilled')]!
    await keep(gone.id, null)
  }
})
