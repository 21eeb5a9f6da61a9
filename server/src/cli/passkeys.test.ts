import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyring } from '../crypto/index.ts'
import { keepMethod, saveMethod } from '../methods/index.ts'
import { addPasskey, listPasskeys } from '../passkeys/index.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, readEvents, stage } from '../testing/people.ts'
import { latchkey } from '../testing/program.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const SECRET = 'uW3kZr8vQ1xLm6Tn0Ye5Hs9Bd2Gc7Jp4AfRiOqKtVlM='
const env = { DATABASE_URL: store.pool.options.connectionString!, LATCHKEY_SECRETS: SECRET }
const passkeys = (...words: string[]) => latchkey(env, 'users', 'passkeys', ...words)

test('an operator lists the passkeys of a person, and removes the lost one, of which its owner reads', async () => {
  const user = await cast.person(acme, 'ada@acme.example', { password: false })
  const means = { ...meansAt(), keys: keyring([SECRET]) }
  await inTenant(store, acme, trx =>
    saveMethod(trx, means, user, { kind: 'email', source: 'person', value: 'ada@mail.example', provedAt: means.now }),
  )
  const owner = { tenantId: acme, userId: user.id }
  const add = (credentialId: string, name: string | null, at = 0) =>
    inTenant(store, acme, async trx => {
      await keepMethod(trx, meansAt(), user, 'passkey')
      return addPasskey(trx, meansAt(at), owner, {
        credentialId,
        publicKey: Buffer.alloc(1),
        signCount: 0,
        aaguid: '00000000-0000-0000-0000-000000000000',
        transports: [],
        maySync: true,
        synced: true,
        rpId: 'localhost',
        name,
        byPassword: false,
      })
    })
  const [kept, lost] = [await add('AAAA', null), await add('BBBB', 'Blue phone', 1)]
  const list = await passkeys('ADA@acme.example')
  assert.equal(list.code, 0, list.err)
  assert.match(
    list.out,
    new RegExp(`^${kept} +synced {2}made 2026-03-02 {2}not used yet\n${lost} {2}Blue phone {2}synced`),
  )

  for (const [name, why, ...words] of [
    [user.userPrincipalName, /ada@acme\.example has no passkey none\./, '--remove', 'none'],
    ['bob@acme.example', /There is no user bob@acme\.example\./],
  ] as const) {
    const { code, out, err } = await passkeys(name, ...words)
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, why)
  }
  const removed = await passkeys(user.userPrincipalName, '--remove', lost!)
  assert.equal(removed.code, 0, removed.err)
  const left = await inTenant(store, acme, trx => listPasskeys(trx, owner))
  assert.deepEqual(
    left.map(({ id }) => id),
    [kept],
  )
  assert.ok((await readEvents(store, acme)).includes('method.removed success passkey'))
  const { rows } = await store.pool.query(
    `select id, template, to_sealed, variables->>'kind' as kind from latchkey.notices`,
  )
  assert.deepEqual(
    rows.map(({ id: rowId, template, to_sealed, kind }) => [
      template,
      means.keys.open({ purpose: 'notice', tenantId: acme, rowId }, to_sealed),
      kind,
    ]),
    [['security_info_removed', 'ada@mail.example', 'passkey']],
  )
})
