import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DAY, HOUR, SECOND } from '../clock.ts'
import { findTenantId } from '../directory/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, refused } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'
import { seedPartners } from './index.ts'

// The demonstration's clock passes over what its firms and companies have with each other: each timer comes at its time.

const long = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' } as const
const PDF = '%PDF-1.7\nan extract from the register\n%%EOF\n'
const NEW = 'Quite-another-kestrel-1'
const [TANSY, OWNER] = ['admin@tansy.example', 'owner@quill.example']

/** The demonstration's firms on a server whose clock its page sets. */
async function openDemonstration(context: TestContext) {
  const server = await testServer({ context, operatorTenant: 'desk.example' })
  const { store, services } = server
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  await seedPartners(store, means, services.passwordChecks)
  return {
    ...{ server, store },
    /** An answer comes when all is done that fell due: in steps that a slow machine takes in time too. */
    async pass(milliseconds: number) {
      for (let left = milliseconds; left > 0; left -= 8 * DAY)
        granted(await server.browser().post('/demo/clock', { seconds: Math.min(left, 8 * DAY) / SECOND }))
    },
    async ask(name: string, ...asked: Parameters<Awaited<ReturnType<ReturnType<typeof testApi>['as']>>>) {
      return (await testApi(server, name.split('@')[1]!).as(name))(...asked)
    },
  }
}

test(
  'the clock reminds, extends, lapses and ends relationships, suspends a firm, and erases its documents once judged',
  long,
  async t => {
    const { store, pass, ask } = await openDemonstration(t)
    const harbour = await findTenantId(store, 'harbour.example')
    const told = async (of: RegExp) => {
      const { rows } = await store.pool.query(
        'select activity, target_name from latchkey.audit_events where tenant_id = $1 and activity ~ $2 order by at, id',
        [harbour, of.source],
      )
      return rows.map(({ activity, target_name }) => `${activity.split('.')[1]} ${target_name}`)
    }
    const statusOf = async (name: string) => {
      const { json } = await ask('agent-one@harbour.example', 'GET', '/tenantRelationships/delegatedAdminRelationships')
      return json.value.find((one: { displayName: string }) => one.displayName === name).status
    }
    const tansy = async () => (await ask(TANSY, 'GET', '/partner')).json.status
    const delegations = async () =>
      (await ask('agent-one@harbour.example', 'GET', '/partner/delegations')).json.value.map(
        (one: { asleep: boolean }) => one.asleep,
      )

    const ofRelationships = /^relationship\.(reminded|extended|expired)/
    await pass(5 * DAY + HOUR)
    assert.deepEqual(await told(ofRelationships), ['reminded Moss care'])
    await pass(DAY)
    assert.deepEqual((await told(ofRelationships)).at(-1), 'extended Moss care')
    assert.equal(await statusOf('Moss care'), 'active')
    assert.equal(await tansy(), 'active')
    await pass(5 * DAY)
    assert.equal(await tansy(), 'suspended')
    const verification = '/partner/verification'
    const handIn = async () => {
      const uploaded = await ask(
        TANSY,
        ...(['POST', `${verification}/documents?type=businessRegistration&fileName=Extract.pdf`, PDF] as const),
        { 'content-type': 'application/pdf' },
      )
      const fixed = { documents: [granted(uploaded, 201).id], comment: 'As in the register.' }
      granted(await ask(TANSY, 'POST', `${verification}/stages/business/fix`, fixed))
    }
    const at = `/verification/cases/${await findTenantId(store, 'tansy.example')}`
    const decide = async (verdict: object) =>
      granted(await ask('reviewer@desk.example', 'POST', `${at}/decide`, { stage: 'business', ...verdict }))
    const documents = async () => (await ask('reviewer@desk.example', 'GET', at)).json.documents.length
    await handIn()
    await decide({ verdict: 'ask', reason: 'document_incomplete', text: 'The second page is missing.' })
    assert.equal(await tansy(), 'suspended', 'a question is no acceptance')
    await handIn()
    await decide({ verdict: 'accept' })
    assert.equal(await tansy(), 'active')
    assert.equal(await documents(), 2)

    assert.deepEqual(await delegations(), [false, false])
    await pass(50 * DAY)
    assert.deepEqual(await delegations(), [true, true], 'nobody used them for sixty days')
    assert.equal(await statusOf('Reed audit'), 'approvalPending')
    await pass(30 * DAY)
    assert.deepEqual(await delegations(), [])
    assert.equal(await statusOf('Reed audit'), 'expired', 'the customer did not decide within ninety days')
    assert.equal((await told(/^dap\.expired/)).length, 2)
    assert.equal(await statusOf('Reed care'), 'active')
    assert.equal(await documents(), 2)
    await pass(11 * DAY)
    assert.equal(await documents(), 0, 'ninety days after the verdict they are gone')
  },
)

test(
  'the clock gives a rescue back that nobody approves, cools it off, lets it settle, and counts an agreement',
  long,
  async t => {
    const { server, pass, ask } = await openDemonstration(t)
    const asker = server.browser()
    const about = { kind: 'no-administrator', domain: 'quill.example', address: OWNER, text: 'Nobody can sign in.' }
    const { number, challenge } = granted(await asker.post('/cases', about), 201)
    granted(await asker.post(`/cases/${number}/proofs`, { challenge: challenge.id, code: await server.code(OWNER) }))
    const wanted = { act: 'newPassword', userName: OWNER }
    const { id } = granted(await asker.post(`/cases/${number}/rescue`, wanted), 201)
    const path = `/rescues/${id}`
    const state = async () => granted(await asker.get(path)).state
    const step = async (name: string, word: string, body?: object) =>
      granted(await ask(`${name}@harbour.example`, 'POST', `/partner${path}/${word}`, body)).state
    const take = () => step('agent-one', 'take', { checked: 'calledKnownNumber', note: 'Called.' })

    const agreement = '/tenantRelationships/rescueAgreement'
    const lantern = async () => {
      const { coolingOffHours, pending } = granted(await ask('admin@lantern.example', 'GET', agreement))
      return [coolingOffHours, pending?.coolingOffHours]
    }
    const { isAgreed, pending, hasPhrase, ...terms } = granted(await ask('admin@lantern.example', 'GET', agreement))
    assert.deepEqual([isAgreed, pending, hasPhrase], [true, null, false])
    granted(await ask('admin@lantern.example', 'PUT', agreement, { ...terms, coolingOffHours: 4 }))

    assert.equal(await take(), 'taken')
    await pass(23 * HOUR)
    assert.deepEqual([await state(), await lantern()], ['taken', [24, 4]])
    await pass(2 * HOUR)
    assert.deepEqual([await state(), await lantern()], ['asked', [4, undefined]])
    await take()
    assert.equal(await step('agent-two', 'approve'), 'cooling')
    await pass(71 * HOUR)
    assert.equal(await state(), 'cooling')
    await pass(2 * HOUR)
    assert.equal(await state(), 'ready')
    const [before] = await server.outbox()
    const proof = granted(await asker.post(`${path}/challenges`), 201).challenge.id
    granted(await asker.post(`${path}/proofs`, { challenge: proof, code: await server.code(OWNER, before) }))
    granted(await asker.post(`${path}/finish`, { newPassword: NEW }))
    await pass(6 * DAY)
    assert.equal(await state(), 'settling')
    await pass(DAY + HOUR)
    assert.equal(await state(), 'done')
    const second = server.browser()
    refused(await second.get(path), 404, 'not_found')
    granted(await server.browser().post('/signin', { username: OWNER, password: NEW }))
  },
)
