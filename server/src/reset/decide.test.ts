import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR } from '../clock.ts'
import { addMember, createGroup } from '../directory/index.ts'
import { saveMethod } from '../methods/index.ts'
import { addPolicy, resetPolicy } from '../policies/index.ts'
import type { ResetRefusal } from '../readiness/index.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { openJourney, startReset } from './index.ts'

const { store, cast } = await stage()
const means = meansAt()

type Reach = 'off' | 'outside' | 'inside'

/** A tenant whose policy asks for so many gates, and reaches nobody, a group, or the group of the people in question. */
async function tenantWith(gates: 1 | 2, reach: Reach) {
  const domain = `${reach}${gates}.acme.example`
  const tenantId = await cast.tenant(domain, { gates })
  const group = await inTenant(store, tenantId, async trx => {
    const id = await createGroup(trx, means, tenantId, { displayName: 'May reset' })
    if (reach !== 'off')
      await addPolicy(trx, means, tenantId, {
        displayName: 'May reset',
        priority: 1,
        includedGroups: [id],
        excludedGroups: [],
        settings: { ...resetPolicy.defaults, enabled: true, gates },
      })
    return id
  })
  return { domain, tenantId, group }
}

/** §1.3 once more, as a person would read it to another. */
function expected(about: {
  reach: Reach
  gates: 1 | 2
  who: 'known' | 'disabled' | 'unknown'
  administrator: boolean
  directory: boolean
  methods: 0 | 1 | 2
}): ResetRefusal | undefined {
  const { reach, gates, who, administrator, directory, methods } = about
  if (who !== 'known') return reach === 'off' ? 'SSPR_0009' : 'SSPR_0014'
  if (administrator && !directory && methods === 2) return undefined
  // An administrator with too few methods reads like everybody.
  if (reach === 'off') return 'SSPR_0009'
  if (reach === 'outside') return 'SSPR_0013'
  if (directory) return 'SSPR_0010'
  return methods < gates ? 'SSPR_0014' : undefined
}

async function refusalOf(username: string): Promise<ResetRefusal | undefined> {
  const browserToken = means.random.token()
  const { tenantId, id } = await startReset(store, means, {
    username,
    browserToken,
    language: 'en',
  })
  const journey = await inTenant(store, tenantId, trx =>
    openJourney(trx, means, { tenantId, id }, { browserToken, deviceCookie: undefined }),
  )
  assert.ok(journey?.state === 'refused' || journey?.state === 'verify', username)
  return journey.state === 'refused' ? journey.refusal : undefined
}

test('who may reset, and why not: every case of §1.3', async () => {
  const seen = new Map<string, number>()
  for (const reach of ['off', 'outside', 'inside'] as const)
    for (const gates of [1, 2] as const) {
      const { domain, tenantId, group } = await tenantWith(gates, reach)
      const names: [string, ResetRefusal | undefined][] = [
        [
          `nobody@${domain}`,
          expected({ reach, gates, who: 'unknown', administrator: false, directory: false, methods: 0 }),
        ],
      ]
      for (const who of ['known', 'disabled'] as const)
        for (const administrator of [false, true])
          for (const directory of [false, true])
            for (const methods of [0, 1, 2] as const) {
              const name = `${who}-${administrator ? 'admin' : 'user'}-${directory ? 'dir' : 'cloud'}-${methods}@${domain}`
              const user = await cast.person(tenantId, name, {
                password: false,
                roles: administrator ? ['Exchange Administrator'] : [],
                accountEnabled: who === 'known',
                passwordMasteredIn: directory ? 'directory' : 'cloud',
                registered: {
                  ...(methods > 0 && { email: 'own@mail.example' }),
                  ...(methods > 1 && { mobilePhone: '+12065550110' }),
                },
              })
              if (reach === 'inside')
                await inTenant(store, tenantId, trx => addMember(trx, tenantId, group, { kind: 'user', id: user.id }))
              names.push([name, expected({ reach, gates, who, administrator, directory, methods })])
            }
      for (const [name, refusal] of names) {
        assert.equal(await refusalOf(name), refusal, name)
        seen.set(refusal ?? 'may', (seen.get(refusal ?? 'may') ?? 0) + 1)
      }
    }
  assert.deepEqual([...seen.keys()].sort(), ['SSPR_0009', 'SSPR_0010', 'SSPR_0013', 'SSPR_0014', 'may'])
  assert.equal(
    [...seen.values()].reduce((sum, count) => sum + count, 0),
    150,
  )
})

test('prefilled data opens a reset where it counts, and for an administrator never', async () => {
  const domain = 'prefilled.acme.example'
  const tenantId = await cast.tenant(domain, { enabled: true })
  const prefilled = { email: 'own@mail.example', mobilePhone: '+12065550110' }
  await cast.person(tenantId, `person@${domain}`, { password: false, prefilled })
  await cast.person(tenantId, `admin@${domain}`, { password: false, prefilled, roles: ['Global Administrator'] })
  assert.equal(await refusalOf(`person@${domain}`), undefined)
  assert.equal(await refusalOf(`admin@${domain}`), 'SSPR_0014')
  await cast.policy(tenantId, { prefilledDataCounts: false })
  assert.equal(await refusalOf(`person@${domain}`), 'SSPR_0014')
})

test('lesson 60: a method that was added or changed counts only once it has cooled off', async () => {
  const domain = 'cooling.acme.example'
  const tenantId = await cast.tenant(domain, { enabled: true, coolingOffHours: 24 })
  const email = 'own@mail.example'
  for (const [name, registeredAgo] of [
    ['fresh', 24 * HOUR - 1],
    ['cool', 24 * HOUR],
  ] as const)
    await cast.person(tenantId, `${name}@${domain}`, { password: false, registered: { email }, registeredAgo })
  assert.equal(await refusalOf(`fresh@${domain}`), 'SSPR_0014', 'whoever planted it cannot use it yet')
  assert.equal(await refusalOf(`cool@${domain}`), undefined)

  const user = await cast.person(tenantId, `changed@${domain}`, {
    password: false,
    registered: { email, mobilePhone: '+12065550110' },
    registeredAgo: 48 * HOUR,
  })
  await inTenant(store, tenantId, trx =>
    saveMethod(trx, means, user, { kind: 'email', source: 'person', value: 'intruder@mail.example' }),
  )
  assert.equal(await refusalOf(user.userPrincipalName), undefined, 'the phone is as good as ever')
  await cast.policy(tenantId, { methods: ['email'] })
  assert.equal(await refusalOf(user.userPrincipalName), 'SSPR_0014')
  await cast.policy(tenantId, { coolingOffHours: 0 })
  assert.equal(await refusalOf(user.userPrincipalName), undefined)
})

test('one number in two fields is one method, and kinds that the policy leaves out are none', async () => {
  const domain = 'twice.acme.example'
  const tenantId = await cast.tenant(domain, {
    enabled: true,
    gates: 2,
    methods: ['mobilePhone', 'officePhone', 'email'],
  })
  const same = { mobilePhone: '+12065550110', officePhone: '+12065550110' }
  await cast.person(tenantId, `same@${domain}`, { password: false, registered: same })
  await cast.person(tenantId, `two@${domain}`, {
    password: false,
    registered: { ...same, officePhone: '+12065550111' },
  })
  assert.equal(await refusalOf(`same@${domain}`), 'SSPR_0014')
  assert.equal(await refusalOf(`two@${domain}`), undefined)
  await cast.policy(tenantId, { methods: ['mobilePhone', 'email'] })
  assert.equal(await refusalOf(`two@${domain}`), 'SSPR_0014')
})

test('a name of no known domain gets a journey too, and reads like somebody who never registered', async () => {
  for (const name of ['person@unknown.example', 'person', '', '@', 'a@b@c', 'x'.repeat(256)])
    assert.equal(await refusalOf(name), 'SSPR_0014', name)
})
