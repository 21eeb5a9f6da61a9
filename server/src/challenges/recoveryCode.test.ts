import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../crypto/index.ts'
import { methodsOf, newSheet, saveCodes, saveMethod } from '../methods/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import { meansAt, readNotices, START, stage } from '../testing/people.ts'
import { type ChallengeOwner, concludeProof, issueChallenge, judgeProof, spendProof } from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')

test('lesson 20: a code that two challenges judge at once passes the first that claims it', async () => {
  const user = await cast.person(acme, 'keeper@acme.example', { registered: { email: 'keeper@mail.example' } })
  const act = meansAt()
  const { key, codes } = newSheet(act)
  const method = await inTenant(store, acme, async trx => {
    const id = await saveMethod(trx, act, user, { kind: 'recoveryCode', source: 'person', value: key })
    await saveCodes(trx, { tenantId: acme, id }, { key, codes })
    return (await askOne(trx, methodsOf(act, user))).find(one => one.kind === 'recoveryCode')!
  })
  assert.equal(method.codesLeft, 10)
  // The owner's failures and strangers' are counted apart, so neither waits for the other.
  const asked = await Promise.all(
    (['familiar', 'other'] as const).map(async browser => {
      const owner: ChallengeOwner = { purpose: 'session', sessionId: systemRandom.uuid(START) }
      const rest = { kind: 'recoveryCode', channel: null, method, browser, language: 'en' } as const
      const { id } = await inTenant(store, acme, trx => issueChallenge(trx, act, { owner, user, ...rest }))
      const failure = { activity: 'proof.failed', target: { id: user.id, name: user.userPrincipalName } } as const
      return { user, browser, owner, challengeId: id, proof: { code: codes[0]! }, failure }
    }),
  )
  const judged: Promise<void>[] = []
  const give = (input: (typeof asked)[number], turn: () => Promise<unknown>) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    judged.push(promise)
    return inTenant(store, acme, async trx => {
      const spent = await spendProof(trx, act, input)
      const verdict = await judgeProof(act, cast, spent)
      assert.ok(verdict.right, 'both are judged before either is claimed')
      resolve()
      await Promise.all(judged)
      await turn()
      return (await concludeProof(trx, act, spent, verdict)).outcome
    })
  }
  const first = give(asked[0]!, async () => {})
  const second = give(asked[1]!, () => first)
  assert.deepEqual(await Promise.all([first, second]), ['accepted', 'incorrect'])
  const told = (await readNotices(store, acme)).filter(({ template }) => template === 'recovery_code_used')
  assert.equal(told.length, 1)
})
