import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { readContactInfo } from '../directory/index.ts'
import { blockMethods, isPrefilled, methodsOf, openValue, unblockMethods } from '../methods/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { askOne, inTenant } from './index.ts'
import { up } from './migrations/0011_contact_info.ts'

test('what others had filled in among the methods becomes contact info, and opens and proves as before', async () => {
  const { store, cast } = await stage()
  const acme = await cast.tenant('acme.example')
  const user = await cast.person(acme, 'person@acme.example', {
    password: false,
    registered: { email: 'own@mail.example', officePhone: '+12065550111' },
    prefilled: { mobilePhone: '+12065550110', email: 'published@mail.example', authenticatorCode: 'JBSWY3DPEHPK3PXP' },
  })
  const read = () =>
    inTenant(store, acme, async trx => ({
      methods: await askOne(trx, methodsOf(meansAt(), user)),
      contactInfo: await readContactInfo(trx, meansAt(), user),
    }))
  const phone = (await read()).methods.find(({ kind }) => kind === 'mobilePhone')!
  await inTenant(store, acme, trx => blockMethods(trx, meansAt(), user, [phone.id]))
  const before = await read()
  assert.deepEqual(
    before.methods.map(
      method =>
        `${method.kind} ${isPrefilled(method, false)} ${openValue(meansAt(), method)}${method.blockedAt ? ' blocked' : ''}`,
    ),
    [
      'mobilePhone true +12065550110 blocked',
      'officePhone false +12065550111',
      'email false own@mail.example',
      'authenticatorCode true JBSWY3DPEHPK3PXP',
    ],
  )
  assert.deepEqual(before.contactInfo, {
    mobilePhone: '+12065550110',
    officePhone: '+12065550111',
    email: 'published@mail.example',
  })
  await sql
    .raw(`
      insert into latchkey.methods (tenant_id, id, user_id, kind, source, value_sealed, value_hash, created_at, confirmed_at, blocked_at)
        select tenant_id, id, user_id, kind, set_by, value_sealed, value_hash, set_at, confirmed_at, blocked_at from latchkey.contact_info;
      drop table latchkey.contact_info;
      alter view latchkey.users rename to living;
      alter table latchkey.accounts rename to users`)
    .execute(store.owner)
  await up(store.owner as Parameters<typeof up>[0])
  await sql
    .raw(`
      alter table latchkey.users rename to accounts;
      alter view latchkey.living rename to users;
      alter table latchkey.contact_info add column failing_since timestamptz, add column failing_reason text`)
    .execute(store.owner)
  assert.deepEqual(await read(), before)
  const { rows } = await store.pool.query("select kind from latchkey.methods where source <> 'person'")
  assert.deepEqual(rows, [{ kind: 'authenticatorCode' }])
  assert.equal(await inTenant(store, acme, trx => unblockMethods(trx, user)), 1)
  assert.equal((await read()).methods[0]?.blockedAt, null)
})
