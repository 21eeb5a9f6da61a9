import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { MINUTE } from '../clock.ts'
import type { User } from '../directory/index.ts'
import { methodsOf, removeMethods, saveMethod } from '../methods/index.ts'
import {
  gatewaySender,
  openGateways,
  SEND_DEADLINE,
  SendError,
  type Senders,
  smtpSender,
} from '../notifications/index.ts'
import { askOne, inTenant, removeDue } from '../store/index.ts'
import { meansAt, stage, waitingCode } from '../testing/people.ts'
import { proveAlone } from '../testing/proofs.ts'
import { gatewaySink, mailSink } from '../testing/sinks.ts'
import { loadWords } from '../words/index.ts'
import type { Run } from './deliver.ts'
import { expiredChallenges, expiredInQueue, unsentCodes } from './expiry.ts'
import { type ChallengeOwner, deliverCode, failUnsent, issueChallenge } from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const words = loadWords()
const mails = await mailSink()
const gateway = await gatewaySink()
const senders = {
  email: smtpSender({ url: mails.url, from: 'no-reply@acme.example' }),
  sms: gatewaySender(gateway.url),
}

let people = 0
const somebody = (email = 'first@mail.example') =>
  cast.person(acme, `person${people++}@acme.example`, {
    password: false,
    registered: { email, mobilePhone: '+12065550110' },
  })

async function issue(user: User, kind: 'email' | 'mobilePhone', language = 'en') {
  const owner: ChallengeOwner = { purpose: 'session', sessionId: meansAt().random.uuid(meansAt().now) }
  const challenge = await inTenant(store, acme, async trx => {
    const method = (await askOne(trx, methodsOf(meansAt(), user))).find(one => one.kind === kind)!
    const channel = kind === 'email' ? 'email' : 'sms'
    return issueChallenge(trx, meansAt(), { owner, user, kind, channel, method, browser: 'other', language })
  })
  return { owner, challenge, code: (await waitingCode(store, acme, challenge.id))! }
}
const deliver = (challengeId: string, at = 0, by: Senders = senders, job?: Run) =>
  deliverCode(
    store,
    meansAt(at),
    { words, senders: by, origin: 'https://id.acme.example' },
    { tenantId: acme, challengeId, job },
  )
const row = (id: string) =>
  inTenant(store, acme, trx =>
    trx
      .selectFrom('challenges')
      .select(['delivery', 'code_sealed'])
      .where('tenant_id', '=', acme)
      .where('id', '=', id)
      .executeTakeFirstOrThrow(),
  )
/** What the log tells of a code that its gateway took. */
const handedOver = async (challengeId: string) => {
  const { rows } = await store.pool.query(
    `select details from latchkey.audit_events join latchkey.challenges c
     on c.session_id = correlation_id and c.user_id = target_id where c.id = $1 and activity = 'message.sent'`,
    [challengeId],
  )
  return rows.map(({ details }) => details)
}
/** The audit events of a challenge's journey or session. */
const failures = async (challengeId: string, activity = 'message.failed') => {
  const { rows } = await store.pool.query(
    `select concat_ws(' ', reason, details->>'channel') as line from latchkey.audit_events join latchkey.challenges c
     on c.session_id = correlation_id and c.user_id = target_id where c.id = $1 and activity = $2`,
    [challengeId, activity],
  )
  return rows.map(({ line }) => line)
}
const taken = () => [mails.mails.splice(0), gateway.requests.splice(0)] as const

test('a code goes out once, in the journey’s language, and then stands nowhere but as a hash', async () => {
  const user = await somebody()
  const { challenge, code } = await issue(user, 'email', 'ja')
  assert.equal((await row(challenge.id)).delivery, 'pending')
  await deliver(challenge.id)
  await deliver(challenge.id)
  const [arrived] = taken()
  assert.equal(arrived.length, 1)
  assert.deepEqual(arrived[0]!.to, ['first@mail.example'])
  assert.equal(arrived[0]!.parsed.headers.get('content-language'), 'ja')
  assert.ok(arrived[0]!.parsed.text?.includes(code))
  assert.doesNotMatch(arrived[0]!.raw, /person\d+@acme/, 'a stranger who gets it learns no name')
  assert.deepEqual(await row(challenge.id), { delivery: 'sent', code_sealed: null })

  assert.deepEqual(await handedOver(challenge.id), [{ channel: 'email', gateway: '127.0.0.1' }])

  const sms = await issue(user, 'mobilePhone')
  gateway.answer = '{"cost":0.045,"currency":"EUR"}'
  await deliver(sms.challenge.id)
  assert.deepEqual(await handedOver(sms.challenge.id), [
    { channel: 'sms', gateway: new URL(gateway.url).host, country: 'US', cost: '0.045', currency: 'EUR' },
  ])
  const [, requests] = taken()
  const body = requests[0]!.body as { to: string; text: string }
  assert.equal(body.to, '+12065550110')
  assert.ok(body.text.startsWith(sms.code))
  assert.ok(body.text.endsWith(`\n@id.acme.example #${sms.code}`), 'phones fill it in on that page alone')
})

test('the event of a code names the gateway that took it, or the last of those that refused it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-deliver-'))
  await writeFile(join(folder, 'secret'), 'c2VjcmV0')
  const file = {
    gateways: {
      away: { kind: 'webhook', url: 'http://127.0.0.1:2/', secretFile: 'secret' },
      near: { kind: 'webhook', url: gateway.url, secretFile: 'secret', prices: { US: '0.01 USD' } },
    },
    sms: { order: ['away', 'near'] },
  }
  await writeFile(join(folder, 'gateways.json'), JSON.stringify(file))
  const { senders: named } = await openGateways(join(folder, 'gateways.json'))
  gateway.answer = '{}'
  const user = await somebody()
  const sms = await issue(user, 'mobilePhone')
  await deliver(sms.challenge.id, 0, named)
  const country = { channel: 'sms', country: 'US' }
  assert.deepEqual(await handedOver(sms.challenge.id), [{ ...country, gateway: 'near', cost: '0.01', currency: 'USD' }])

  const late = await issue(user, 'mobilePhone')
  gateway.answerWith = 403
  await deliver(late.challenge.id, 0, named, { attempts: 9, last_error: null })
  gateway.answerWith = 202
  const { rows } = await store.pool.query(
    `select details->>'gateway' as gateway, reason from latchkey.audit_events where activity = 'message.failed'
     and correlation_id = (select session_id from latchkey.challenges where id = $1)`,
    [late.challenge.id],
  )
  assert.deepEqual(rows, [{ gateway: 'near', reason: 'gateway: 403' }])
  taken()
})

test('lesson 28: neither the table nor the job holds a code or an address that can be read', async () => {
  const user = await somebody()
  const { challenge, code } = await issue(user, 'email')
  const { rows } = await store.pool.query(
    `select c::text as line from challenges c where id = $1
     union all select j::text from latchkey_jobs._private_jobs j where payload::text like '%' || $1::text || '%'`,
    [challenge.id],
  )
  assert.equal(rows.length, 2)
  for (const { line } of rows) {
    assert.ok(!line.includes(code) && !line.includes(Buffer.from(code).toString('hex')))
    assert.ok(!line.includes('mail.example') && !line.includes(Buffer.from('mail.example').toString('hex')))
  }
})

test('lesson 11: the destination is read again when the code is sent', async () => {
  const user = await somebody()
  const { challenge } = await issue(user, 'email')
  await inTenant(store, acme, async trx => {
    await removeMethods(trx, user, 'email', 'person')
    await saveMethod(trx, meansAt(), user, { kind: 'email', source: 'person', value: 'second@mail.example' })
  })
  await deliver(challenge.id)
  assert.deepEqual(taken()[0], [], 'what the challenge asked for is gone, and no other address stands in for it')
  assert.deepEqual(await row(challenge.id), { delivery: 'failed', code_sealed: null })
})

test('a code that expires while newer ones leave before it fails at once, and its late job tells of nothing more', async () => {
  const late = await issue(await somebody('late@mail.example'), 'email')
  const tried = await issue(await somebody('tried@mail.example'), 'email')
  const failing = { email: { gateway: 'mx', send: () => Promise.reject(new SendError('mail server', '451', false)) } }
  await assert.rejects(deliver(tried.challenge.id, 0, failing))
  await failUnsent(store, meansAt(4 * MINUTE), [expiredInQueue])
  assert.equal((await row(late.challenge.id)).delivery, 'pending', 'it can still be sent')
  await failUnsent(store, meansAt(5 * MINUTE + SEND_DEADLINE - 1), [expiredInQueue])
  assert.equal((await row(late.challenge.id)).delivery, 'pending', 'a job may be sending it')
  for (const at of [5 * MINUTE + SEND_DEADLINE, 6 * MINUTE]) await failUnsent(store, meansAt(at), [expiredInQueue])
  assert.deepEqual(await row(late.challenge.id), { delivery: 'failed', code_sealed: null })
  await deliver(late.challenge.id, 7 * MINUTE)
  assert.deepEqual(await failures(late.challenge.id), ['expired email'])
  // Its job knows more than that it is late.
  assert.deepEqual(await failures(tried.challenge.id), [])
  const slow = await issue(await somebody('slow@mail.example'), 'email')
  const refusing = async () => {
    await failUnsent(store, meansAt(6 * MINUTE), [expiredInQueue])
    throw new SendError('mail server', '550', true)
  }
  await deliver(slow.challenge.id, 4 * MINUTE, { email: { gateway: 'mx', send: refusing } })
  assert.deepEqual(await failures(slow.challenge.id), ['expired email'], 'one failure is told once')
  assert.deepEqual(taken(), [[], []])
})

test('nothing is sent for a challenge that was replaced, answered or has expired', async () => {
  const user = await somebody()
  const expired = await issue(user, 'email')
  await deliver(expired.challenge.id, 5 * MINUTE)
  await deliver(expired.challenge.id, 5 * MINUTE)
  assert.deepEqual(await failures(expired.challenge.id), ['expired email'], 'a code that never went out is told once')
  const replaced = await issue(user, 'email')
  await inTenant(store, acme, async trx => {
    const [, method] = await askOne(trx, methodsOf(meansAt(), user))
    await issueChallenge(trx, meansAt(), {
      owner: replaced.owner,
      user,
      kind: 'email',
      channel: 'email',
      method: method!,
      browser: 'other',
      language: 'en',
    })
  })
  await deliver(replaced.challenge.id)
  const answered = await issue(user, 'email')
  await store.pool.query('update latchkey.challenges set spoken_sealed = code_sealed where id = $1', [
    answered.challenge.id,
  ])
  const proved = await proveAlone(store, meansAt(), cast, {
    user,
    browser: 'other',
    owner: answered.owner,
    challengeId: answered.challenge.id,
    proof: { code: answered.code },
  })
  assert.equal(proved.outcome, 'accepted')
  const { rows: spoken } = await store.pool.query('select spoken_sealed from latchkey.challenges where id = $1', [
    answered.challenge.id,
  ])
  assert.deepEqual(spoken, [{ spoken_sealed: null }], 'a call says no code that was used')
  await deliver(answered.challenge.id)
  await deliver(meansAt().random.uuid(meansAt().now))
  assert.deepEqual(taken(), [[], []])
})

test('lesson 38: a failure is noted for the page that waits, tried again where that may help, and told to nobody else', async () => {
  const user = await somebody()
  const { challenge, code } = await issue(user, 'email')
  mails.refuseWith = 451
  await assert.rejects(deliver(challenge.id), SendError)
  await assert.rejects(deliver(challenge.id, 0, senders, { attempts: 2, last_error: null }), SendError)
  assert.deepEqual(await failures(challenge.id, 'message.delayed'), ['mail server: 451 email'], 'at the first try')
  assert.equal((await row(challenge.id)).delivery, 'failed')
  assert.equal(await waitingCode(store, acme, challenge.id), code, 'it is needed for the next try')
  mails.refuseWith = undefined
  await deliver(challenge.id)
  assert.deepEqual(await row(challenge.id), { delivery: 'sent', code_sealed: null })
  assert.equal(taken()[0].length, 1)

  mails.refuseWith = 550
  const never = await issue(user, 'email')
  await deliver(never.challenge.id)
  mails.refuseWith = undefined
  assert.deepEqual(await failures(challenge.id), [], 'it went out in the end')
  assert.deepEqual(await failures(never.challenge.id), ['mail server: 550 email'])
  assert.deepEqual(await row(never.challenge.id), { delivery: 'failed', code_sealed: null })
  await deliver(never.challenge.id)
  const without = await issue(user, 'mobilePhone')
  await deliver(without.challenge.id, 0, { email: senders.email })
  assert.deepEqual(await failures(without.challenge.id), ['gateway: not set sms'])
  assert.deepEqual(await row(without.challenge.id), { delivery: 'failed', code_sealed: null })
  assert.deepEqual(taken(), [[], []])
})

test('a code is given up while it can still be used, and the event says why', async () => {
  const user = await somebody('other@mail.example')
  mails.refuseWith = 451
  const { challenge } = await issue(user, 'email')
  // After the fourth try the next comes in 55 seconds, after the fifth in 148.
  await assert.rejects(deliver(challenge.id, 4 * MINUTE, senders, { attempts: 4, last_error: null }), SendError)
  assert.deepEqual(await failures(challenge.id), [])
  await deliver(challenge.id, 4 * MINUTE, senders, { attempts: 5, last_error: null })
  assert.deepEqual(await failures(challenge.id), ['mail server: 451 email'])
  assert.deepEqual(await row(challenge.id), { delivery: 'failed', code_sealed: null })
  mails.refuseWith = undefined

  // A job too late for a second try tells why the first failed, unless the words are not ours.
  for (const [last_error, reason] of [
    ['mail server: 535', 'mail server: 535 email'],
    ['duplicate key value (person@acme.example) already exists', 'expired email'],
    [null, 'expired email'],
  ] as const) {
    const late = await issue(user, 'email')
    await deliver(late.challenge.id, 5 * MINUTE, senders, { attempts: 2, last_error })
    assert.deepEqual(await failures(late.challenge.id), [reason])
  }
  assert.deepEqual(taken(), [[], []])
})

test('a code that was never sent does not outlive its challenge', async () => {
  const user = await somebody()
  const { challenge } = await issue(user, 'email')
  const clean = (at: number) => removeDue(store, meansAt(at), [unsentCodes, expiredChallenges])
  await clean(20 * MINUTE - 1)
  assert.ok((await row(challenge.id)).code_sealed)
  await clean(20 * MINUTE)
  assert.equal((await row(challenge.id)).code_sealed, null)
})

test('a code for what is being registered goes to what was typed', async () => {
  const user = await somebody()
  const owner: ChallengeOwner = { purpose: 'register', sessionId: meansAt().random.uuid(meansAt().now) }
  const challenge = await inTenant(store, acme, trx =>
    issueChallenge(trx, meansAt(), {
      owner,
      user,
      kind: 'email',
      channel: 'email',
      method: null,
      destination: '甲斐@黒川.example',
      browser: 'other',
      language: 'en',
    }),
  )
  await deliver(challenge.id)
  const [arrived] = taken()
  assert.deepEqual(arrived[0]?.to, ['甲斐@黒川.example'])
})

test('codes for what a colleague registers are counted apart from those that its owner’s browser has sent', async () => {
  const ask = (user: User, purpose: 'register' | 'session') =>
    inTenant(store, acme, trx =>
      issueChallenge(trx, meansAt(), {
        owner: { purpose, sessionId: meansAt().random.uuid(meansAt().now) },
        user,
        kind: 'mobilePhone',
        channel: 'sms',
        method: null,
        destination: '+12065550177',
        browser: 'familiar',
        language: 'en',
      }),
    )
  const colleague = await somebody()
  for (let n = 0; n < 5; n++) await ask(colleague, 'register')
  await assert.rejects(ask(colleague, 'register'), { code: 'throttled' })
  assert.ok(await ask(await somebody(), 'session'))
})
