import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTenant } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import {
  changeDefaultPolicy,
  changeProtection,
  type ProtectionSettings,
  protection,
  type ResetPolicySettings,
  resetPolicy,
} from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')

const changePolicy = (changes: object) =>
  inTenant(store, acme, trx => changeDefaultPolicy(trx, meansAt(), acme, changes as Partial<ResetPolicySettings>))
const protect = (changes: object) =>
  inTenant(store, acme, trx => changeProtection(trx, acme, changes as Partial<ProtectionSettings>))

/** Values that no setting takes. */
const wrongValues = [undefined, '', 'yes', 'help.corp.example', -1, 3.5, 1e12, {}, [3], ['fax'], [{ id: 1 }], '\n']

test('each refusal of a setting names it and says in words what it takes', async () => {
  let refusals = 0
  for (const [change, defaults] of [
    [changePolicy, resetPolicy.defaults],
    [protect, protection.defaults],
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
