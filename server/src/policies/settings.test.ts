import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { askOne, inTenant } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import {
  changeDefaultPolicy,
  changeProtection,
  changeSignInPolicy,
  type ProtectionSettings,
  protection,
  type ResetPolicySettings,
  resetPolicy,
  type SignInPolicy,
  signInPolicy,
  signInPolicyOf,
} from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')

const changePolicy = (changes: object) =>
  inTenant(store, acme, trx => changeDefaultPolicy(trx, meansAt(), acme, changes as Partial<ResetPolicySettings>))
const protect = (changes: object) =>
  inTenant(store, acme, trx => changeProtection(trx, acme, changes as Partial<ProtectionSettings>))
const signIn = (changes: object) =>
  inTenant(store, acme, trx => changeSignInPolicy(trx, acme, changes as Partial<SignInPolicy>))
const storedSignIn = async () => {
  const { rows } = await store.pool.query('select sign_in_policy from latchkey.tenants where tenant_id = $1', [acme])
  return rows[0].sign_in_policy
}

/** Values that no setting takes. */
const wrongValues = [undefined, '', 'yes', 'help.corp.example', -1, 3.5, 1e12, {}, [3], ['fax'], [{ id: 1 }], '\n']

test('each refusal of a setting names it and says in words what it takes', async () => {
  let refusals = 0
  for (const [change, defaults] of [
    [changePolicy, resetPolicy.defaults],
    [protect, protection.defaults],
    [signIn, signInPolicy.defaults],
  ] as const)
    for (const name of Object.keys(defaults))
      for (const value of wrongValues) {
        await assert.rejects(
          change({ [name]: value }),
          ({ code, message }: { code: string; message: string }) => {
            assert.equal(code, 'policy_invalid')
            assert.match(
              message,
              new RegExp(
                `^${name} takes (true or false|one of \\w+(, \\w+)+|a whole number from \\d+ to \\d+|a list.+|null, or a URL or mail address.+); .+ is not that\\.$`,
              ),
            )
            assert.doesNotMatch(message, /must be|constant|pattern|object/)
            return true
          },
          `${name} ${JSON.stringify(value)}`,
        )
        refusals++
      }
  assert.ok(refusals > 300)
  await assert.rejects(changePolicy({ gate: 1 }), /there is no setting "gate", only enabled, gates, /)
  await assert.rejects(signIn({ stay: 1 }), /there is no setting "stay", only secondStep, /)
  await assert.rejects(protect({ history: 1 }), /there is no setting "history", only lockoutThreshold, /)
})

test('what a refusal says is right: those values are taken', async () => {
  await changePolicy({
    gates: 2,
    helpdesk: 'https://help.acme.example',
    methods: ['mobilePhone', 'email'],
    coolingOffHours: 720,
  })
  await changePolicy({ gates: 1, helpdesk: 'help@acme.example', questions: [{ id: 'own1', text: 'Which?' }] })
  await protect({ passwordHistory: 24, breachedPasswordsUnreachable: 'refuse' })
})

test('a sign-in policy is stored as what differs from the defaults, and each end of a range is taken', async () => {
  assert.deepEqual(await storedSignIn(), {})
  const chosen = {
    secondStep: 'everyone',
    secondStepMethods: ['authenticatorCode'],
    secondStepRememberDays: 0,
    staySignedInDays: 90,
    sessionIdleMinutes: 15,
    sessionMaxHours: 24,
    userConsent: 'none',
    refreshIdleDays: 1,
    refreshMaxDays: 365,
  } as const
  await signIn(chosen)
  await signIn({ secondStep: 'off', staySignedIn: 'never' })
  assert.deepEqual(await storedSignIn(), { ...chosen, secondStep: 'off', staySignedIn: 'never' })
  assert.deepEqual(await inTenant(store, acme, trx => askOne(trx, signInPolicyOf(acme))), {
    ...chosen,
    secondStep: 'off',
    staySignedIn: 'never',
  })
  await signIn(signInPolicy.defaults)
  assert.deepEqual(await storedSignIn(), {})
  for (const wrong of [
    { secondStepMethods: [] },
    { secondStepMethods: ['email', 'email'] },
    { secondStepMethods: ['password'] },
    { secondStepMethods: ['securityQuestions', 'recoveryCode'] },
    { secondStepRememberDays: 91 },
    { staySignedInDays: 0 },
    { sessionIdleMinutes: 14 },
    { sessionMaxHours: 25 },
    { refreshIdleDays: 91 },
    { refreshMaxDays: 366 },
  ])
    await assert.rejects(signIn(wrong), { code: 'policy_invalid' }, JSON.stringify(wrong))
  assert.deepEqual(await storedSignIn(), {})
})

test('two who each make something and then change a setting do not wait for each other without end', async () => {
  const made: Promise<unknown>[] = []
  const both = Promise.withResolvers<void>()
  const change = (changes: Partial<SignInPolicy>) =>
    inTenant(store, acme, async trx => {
      const token = { tenant_id: acme, token_hash: randomBytes(32), expires_at: new Date() }
      made.push(trx.insertInto('agent_tokens').values(token).execute())
      await made.at(-1)
      if (made.length === 2) both.resolve()
      await both.promise
      return changeSignInPolicy(trx, acme, changes)
    })
  await Promise.all([change({ staySignedInDays: 3 }), change({ sessionMaxHours: 2 })])
  assert.deepEqual(await storedSignIn(), { staySignedInDays: 3, sessionMaxHours: 2 })
  await signIn(signInPolicy.defaults)
})
