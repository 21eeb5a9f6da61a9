import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret, TOTP } from 'otpauth'
import { publicId } from '../challenges/index.ts'
import { MINUTE } from '../clock.ts'
import type { User } from '../directory/index.ts'
import { removeMethods } from '../methods/index.ts'
import { Refusal } from '../refusals.ts'
import { inTenant } from '../store/index.ts'
import { hashOf, meansAt, PASSWORD, stage, waitingCode, wrongCode } from '../testing/people.ts'
import {
  beginChoice,
  choosePassword,
  giveProof,
  lockJourney,
  openJourney,
  requestChallenge,
  startReset,
} from './index.ts'
import type { Journey } from './journey.ts'
import type { Asker } from './open.ts'

const LONG = process.env.PROOF === 'long'
// So many whatever the time: of the four that a busy machine came to in eight seconds none may get to a password.
const RUNS = LONG ? 2_000 : 16
const LIMIT = LONG ? { interruptAfterTimeLimit: 10 * MINUTE, markInterruptAsFailure: false } : {}

const KEY = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
// The office phone is the mobile phone once more: two fields, one number.
const values = {
  email: 'own@mail.example',
  mobilePhone: '+12065550110',
  officePhone: '+12065550110',
  authenticatorCode: KEY,
}
type Kind = keyof typeof values
const kinds = Object.keys(values) as Kind[]

/** An act at a browser, in any order. `browser` acts on the journey of `journey`: each browser begins its own. */
type Step =
  | { act: 'begin'; browser: number }
  | { act: 'ask'; browser: number; journey: number; kind: Kind; knows: boolean }
  | { act: 'prove'; browser: number; journey: number; which: number; code: 'right' | 'wrong' | 'of another' }
  | { act: 'password'; browser: number; journey: number; look: 'now' | 'earlier' }
type Act =
  | Step
  | { act: 'pass'; journey: number; kind: Kind }
  | { act: 'remove'; kind: Kind }
  | { act: 'wait'; minutes: number }
  | { act: 'together'; steps: Step[] }

const journey = fc.nat({ max: 1 })
/** Mostly the browser that the journey belongs to. */
const aimed = journey.chain(own =>
  fc.record({
    journey: fc.constant(own),
    browser: fc.oneof({ weight: 9, arbitrary: fc.constant(own) }, { weight: 1, arbitrary: journey }),
  }),
)
const kind = fc.constantFrom(...kinds)
const ask = fc
  .tuple(
    aimed,
    kind,
    fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  )
  .map(([aim, asked, knows]): Step => ({ act: 'ask', ...aim, kind: asked, knows }))
const prove = fc
  .tuple(
    aimed,
    fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 5 }) }),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('right' as const) },
      { weight: 1, arbitrary: fc.constantFrom('wrong' as const, 'of another' as const) },
    ),
  )
  .map(([aim, which, code]): Step => ({ act: 'prove', ...aim, which, code }))
const password = fc
  .tuple(aimed, fc.constantFrom('now' as const, 'earlier' as const))
  .map(([aim, look]): Step => ({ act: 'password', ...aim, look }))
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 1, arbitrary: journey.map((browser): Act => ({ act: 'begin', browser })) },
  { weight: 3, arbitrary: ask },
  { weight: 3, arbitrary: prove },
  { weight: 3, arbitrary: password },
  {
    weight: 3,
    arbitrary: fc.tuple(journey, kind).map(([own, asked]): Act => ({ act: 'pass', journey: own, kind: asked })),
  },
  { weight: 1, arbitrary: kind.map((removed): Act => ({ act: 'remove', kind: removed })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }).map((minutes): Act => ({ act: 'wait', minutes })) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.oneof(ask, prove, prove, password, password), { minLength: 2, maxLength: 4 })
      .map((steps): Act => ({ act: 'together', steps })),
  },
)

/** Refusals of a step at the wrong moment. */
const outOfOrder = [
  'wrong_state',
  'gates_missing',
  'already_finished',
  'journey_expired',
  'method_unavailable',
  'blocked',
  'throttled',
]

const pass = (own: number, asked: Kind): Act => ({ act: 'pass', journey: own, kind: asked })
const choose = (own: number): Step => ({ act: 'password', browser: own, journey: own, look: 'now' })
/** Chance alone seldom gets far: two of three sequences are led to the late steps. */
const ledTo: fc.Arbitrary<Act[]> = fc.oneof(
  fc.constant<Act[]>([]),
  fc.tuple(journey, kind, kind).map(([own, one, two]): Act[] => [pass(own, one), pass(own, two), choose(own)]),
  fc
    .tuple(kind, kind)
    .map(([one, two]): Act[] => [
      pass(0, one),
      pass(1, one),
      pass(0, two),
      pass(1, two),
      { act: 'together', steps: [choose(0), choose(1)] },
    ]),
)
const acts = fc
  .tuple(ledTo, fc.array(act, { minLength: 4, maxLength: 12 }), fc.nat({ max: 3 }))
  .map(([led, others, at]) => [...others.slice(0, at), ...led, ...others.slice(at)])

/** A step and its outcome. */
type Outcome =
  | { came: 'nothing' }
  | { came: 'issued'; challenge: Asked }
  | { came: 'accepted'; challenge: Asked; code: string; journey: Begun }
  | { came: 'finished'; journey: Begun; password: string }

/** A challenge as the checker knows it. `open`: what was sent, and not replaced or used since. */
interface Asked {
  id: string
  kind: Kind
  journey: Begun
  code: string | undefined
  at: number
  open: boolean
}

/** A journey as the checker knows it. */
interface Begun {
  id: string
  browser: number
  at: number
  /** Kinds that were proved, kept by the checker from the answers alone. */
  proved: Set<Kind>
  /** Passwords that were set before it began: a later one ends it. */
  passwordsBefore: number
  asked: Asked[]
  look: Journey | undefined
}

const { store, cast } = await stage()
const tenants = new Map<number, string>()
for (const gates of [1, 2] as const)
  tenants.set(gates, await cast.tenant(`gates${gates}.acme.example`, { enabled: true, gates, methods: kinds }))

let people = 0
const stages = ['started', 'challenged', 'one gate', 'all gates', 'password set'] as const

/** Plays one sequence, and fails after a wrong grant. Returns how far it got. */
async function play(gates: 1 | 2, sequence: readonly Act[]): Promise<number> {
  const tenantId = tenants.get(gates)!
  const name = `person${people++}@gates${gates}.acme.example`
  const user: User = await cast.person(tenantId, name, { registered: values })
  const tokens = [meansAt().random.token(), meansAt().random.token()]
  const asker = (browser: number): Asker => ({ browserToken: tokens[browser], deviceCookie: undefined })
  const removed = new Set<Kind>()
  const set: string[] = []
  const all: Asked[] = []
  let now = 0
  let reached = 0
  const reach = (stage: number) => {
    reached = Math.max(reached, stage)
  }

  const begin = async (browser: number): Promise<Begun> => {
    const asked = { username: name, browserToken: tokens[browser]!, language: 'en', trail: {} }
    const { id } = await startReset(store, meansAt(now), asked)
    const passwordsBefore = set.length
    return { id, browser, at: now, proved: new Set(), passwordsBefore, asked: [], look: undefined }
  }
  await cast.forgetSends()
  const begun = [await begin(0), await begin(1)]

  const open = async (own: Begun, browser: number): Promise<Journey | undefined> => {
    const found = await inTenant(store, tenantId, trx =>
      openJourney(trx, meansAt(now), { tenantId, id: own.id }, asker(browser)),
    )
    assert.equal(found === undefined, browser !== own.browser, 'a journey opens in its own browser alone')
    if (found?.state === 'choose-password') reach(3)
    return found
  }

  const steps: { [A in Step['act']]: (step: Extract<Step, { act: A }>) => Promise<Outcome> } = {
    async begin({ browser }) {
      begun[browser] = await begin(browser)
      return { came: 'nothing' }
    },
    async ask({ browser, journey: place, kind: asked, knows }) {
      const own = begun[place]!
      return inTenant(store, tenantId, async trx => {
        const found = await lockJourney(trx, meansAt(now), { tenantId, id: own.id }, asker(browser))
        const method = found?.recorded.find(one => one.kind === asked)
        if (!found || !method) return { came: 'nothing' }
        const channel = asked === 'mobilePhone' || asked === 'officePhone' ? ({ channel: 'voice' } as const) : {}
        const number = asked === 'mobilePhone' ? { phoneNumber: knows ? values.mobilePhone : '+12065550119' } : {}
        const request = { method: publicId(meansAt(now), own.id, method.id), ...channel, ...number }
        const issued = await requestChallenge(trx, meansAt(now), found, request)
        if (issued.outcome !== 'issued') return { came: 'nothing' }
        const { id } = issued.journey.facts.challenges.open!
        return { came: 'issued', challenge: { id, kind: asked, journey: own, code: undefined, at: now, open: true } }
      })
    },
    async prove({ browser, journey: place, which, code }) {
      const own = begun[place]!
      const found = await open(own, browser)
      const challenge = which === 0 ? own.asked.at(-1) : all.at(-which)
      if (!found || !challenge) return { came: 'nothing' }
      const app = new TOTP({ secret: Secret.fromBase32(KEY) }).generate({ timestamp: meansAt(now).now.getTime() })
      const right = challenge.kind === 'authenticatorCode' ? app : challenge.code
      const another = all.find(one => one !== challenge && one.code !== right)?.code
      const given =
        code === 'right' ? (right ?? '000000') : code === 'wrong' ? wrongCode(right) : (another ?? wrongCode(right))
      const proof = { code: given }
      const { outcome } = await giveProof(store, meansAt(now), cast, {
        journey: found,
        challenge: challenge.id,
        proof,
      })
      if (outcome !== 'accepted') return { came: 'nothing' }
      assert.equal(given, right, 'a code that was not sent was accepted')
      return { came: 'accepted', challenge, code: given, journey: own }
    },
    async password({ browser, journey: place, look }) {
      const own = begun[place]!
      const found = (look === 'earlier' && own.look) || (await open(own, browser))
      if (!found) return { came: 'nothing' }
      own.look = found
      const newPassword = `Another password ${people} ${set.length} ${Math.random()}`
      const choice = await inTenant(store, tenantId, trx => beginChoice(trx, meansAt(now), cast.checks, found))
      const done = await choosePassword(store, meansAt(now), cast.checks, {
        ...choice,
        newPassword,
        asker: asker(browser),
      })
      assert.equal(browser, own.browser, 'a password was set from another browser')
      return done.outcome === 'finished'
        ? { came: 'finished', journey: own, password: newPassword }
        : { came: 'nothing' }
    },
  }

  /** Does steps at once, then checks their outcomes against the state before them. */
  const together = async (group: readonly Step[]) => {
    const outcomes = await Promise.all(
      group.map(step =>
        (steps[step.act] as (one: Step) => Promise<Outcome>)(step).catch((error: unknown): Outcome => {
          if (error instanceof Refusal && outOfOrder.includes(error.code)) return { came: 'nothing' }
          throw error
        }),
      ),
    )
    for (const outcome of outcomes) {
      if (outcome.came !== 'accepted') continue
      const { challenge, journey: own } = outcome
      reach(2)
      assert.equal(challenge.journey, own, 'a challenge was answered in another journey')
      assert.ok(challenge.open, 'a challenge that was replaced or used up was accepted')
      assert.ok(now < challenge.at + 5 * MINUTE && now < own.at + 15 * MINUTE, 'what had expired was accepted')
      challenge.open = false
      own.proved.add(challenge.kind)
    }
    const finished = outcomes.filter(outcome => outcome.came === 'finished')
    assert.ok(finished.length <= 1, 'two passwords were set at once')
    for (const { journey: own, password: chosen } of finished) {
      reach(4)
      const proofs = new Set([...own.proved].filter(one => !removed.has(one)).map(one => values[one]))
      assert.ok(proofs.size >= gates, `a password was set with ${proofs.size} of ${gates} gates`)
      assert.ok(now < own.at + 15 * MINUTE, 'a password was set after the journey’s end')
      assert.equal(own.passwordsBefore, set.length, 'a password was set in a journey that another had ended')
      set.push(chosen)
    }
    for (const outcome of outcomes) {
      if (outcome.came !== 'issued') continue
      reach(1)
      const { challenge } = outcome
      challenge.code = await waitingCode(store, tenantId, challenge.id).catch(() => undefined)
      challenge.journey.asked.push(challenge)
      all.push(challenge)
    }
    for (const own of begun) await markOpen(own)
  }

  /** Of a journey's challenges the last one issued can be answered, and it stands last here. */
  const markOpen = async (own: Begun) => {
    const { rows } = await store.pool.query<{ id: string }>(
      'select id from challenges where journey_id = $1 and voided_at is null and consumed_at is null',
      [own.id],
    )
    assert.ok(rows.length <= 1, 'two challenges of a journey can be answered')
    for (const challenge of own.asked) challenge.open = challenge.id === rows[0]?.id
    own.asked.sort((a, b) => Number(a.open) - Number(b.open))
  }

  for (const one of sequence) {
    if (one.act === 'wait') now += one.minutes * MINUTE
    else if (one.act === 'together') await together(one.steps)
    else if (one.act === 'remove') {
      if (one.kind === 'officePhone') await store.pool.query('delete from contact_info where user_id = $1', [user.id])
      else await inTenant(store, tenantId, trx => removeMethods(trx, user, one.kind, 'person'))
      removed.add(one.kind)
    } else if (one.act === 'pass') {
      const aim = { browser: one.journey, journey: one.journey }
      await together([{ act: 'ask', ...aim, kind: one.kind, knows: true }])
      await together([{ act: 'prove', ...aim, which: 0, code: 'right' }])
    } else await together([one])
  }

  const current = await cast.again(user)
  assert.equal(
    current.securityEpoch - user.securityEpoch,
    set.length,
    'the account changed as often as it was allowed to',
  )
  assert.ok(
    await cast.hasher.verify(await hashOf(store, user), set.at(-1) ?? PASSWORD),
    'and has the password of the last time',
  )
  return reached
}

test('no sequence of steps, in any order or at once, reaches a new password without the gates', async t => {
  const counts = stages.map(() => 0)
  const property = fc.asyncProperty(fc.constantFrom(1 as const, 2 as const), acts, async (gates, sequence) => {
    const reached = await play(gates, sequence)
    counts[reached]!++
  })
  await fc.assert(property, { numRuns: RUNS, ...LIMIT })
  const runs = counts.reduce((sum, count) => sum + count, 0)
  t.diagnostic(`${runs} sequences; ended at: ${stages.map((stage, at) => `${stage} ${counts[at]}`).join(', ')}`)
  // A rule that refused everything at its first step would pass every check above.
  assert.ok((counts[3]! + counts[4]!) / runs >= 0.05, 'too few got as far as the last gate')
  assert.ok(counts[4]! > 0, 'none got as far as a password')
})
