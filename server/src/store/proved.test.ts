import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { record } from '../audit/index.ts'
import { DAY } from '../clock.ts'
import { setContactInfo } from '../directory/index.ts'
import { saveMethod } from '../methods/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { inTenant } from './index.ts'
import { up } from './migrations/0003_proofs.ts'

test('methods of before count as proved where their row or an event shows that a code came back', async () => {
  const { store, cast } = await stage()
  const acme = await cast.tenant('acme.example')
  const value = 'own@mail.example'
  const person = (name: string, registered = {}) =>
    cast.person(acme, `${name}@acme.example`, { password: false, registered })
  const people = {
    registered: await person('registered', { email: value, questions: ['one', 'two', 'three'] }),
    'registered, and found right since': await person('found-right'),
    'filled in, and found right': await person('taken-over'),
    'only filled in': await person('filled-in'),
  }
  await inTenant(store, acme, async trx => {
    const older = { kind: 'email', value, createdAt: meansAt(-DAY).now } as const
    const user = people['registered, and found right since']
    await saveMethod(trx, meansAt(), user, { ...older, source: 'person' })
    const target = { id: user.id, name: user.userPrincipalName }
    await record(
      trx,
      { ...meansAt(-DAY), actor: { kind: 'user', ...target } },
      { activity: 'securityInfo.saved', result: 'success', reason: 'email', target },
    )
    await saveMethod(trx, meansAt(), people['filled in, and found right'], { ...older, source: 'person' })
    await setContactInfo(trx, meansAt(), people['only filled in'], { kind: 'email', value, setBy: 'administrator' })
  })

  await sql
    .raw(`
      insert into latchkey.methods (tenant_id, id, user_id, kind, source, value_sealed, value_hash, created_at, confirmed_at)
        select tenant_id, id, user_id, kind, set_by, value_sealed, value_hash, set_at, confirmed_at from latchkey.contact_info;
      alter table latchkey.methods drop column proved_at cascade;
      drop index latchkey.audit_events_by_activity;
      create index audit_events_by_target on latchkey.audit_events (tenant_id, target_id, at desc)`)
    .execute(store.owner)
  await up(store.owner as Parameters<typeof up>[0])

  const { rows } = await store.pool.query('select user_id, kind, proved_at from latchkey.methods')
  const proved = Object.entries(people).flatMap(([name, { id }]) =>
    rows
      .filter(({ user_id }) => user_id === id)
      .map(({ kind, proved_at }) => `${name}: ${kind} ${proved_at?.toISOString() ?? 'never'}`)
      .sort(),
  )
  assert.deepEqual(proved, [
    `registered: email ${meansAt().now.toISOString()}`,
    'registered: securityQuestions never',
    `registered, and found right since: email ${meansAt(-DAY).now.toISOString()}`,
    'filled in, and found right: email never',
    'only filled in: email never',
  ])
})
