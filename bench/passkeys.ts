import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createHasher } from '../server/src/crypto/index.ts'
import { type ForgedPasskey, forgedPasskey } from '../server/src/testing/forgedPasskey.ts'
import { AT_ONCE, type Bench, signIns, withSomebody } from './bench.ts'
import { read, reset, type Step } from './journeys.ts'
import { measureHashing } from './limits.ts'
import { type Act, drive, type Measured, type Timer } from './load.ts'
import type { Person } from './people.ts'
import { takeSample } from './processes.ts'
import { besideHashTable, processorTime, serverTime, spentTable, table, timesTable } from './report.ts'

const SECONDS = 10
const HASHING_SECONDS = 4
/** What is timed beside the steps of `journeys.ts`. */
type PasskeyStep = Step | 'options' | 'passkey'

/** Somebody with a passkey on a device of theirs. */
interface Holder extends Person {
  passkey: ForgedPasskey
  userHandle: string
  count: number
}

/** Measures sign-ins and whole resets by passkey beside those by password and by mail. Returns the report. */
export async function measurePasskeys(bench: Bench): Promise<string> {
  const sample = () => takeSample(bench.server.pids)
  const busy = { arrivals: { atOnce: AT_ONCE }, seconds: SECONDS }
  const hasher = await createHasher({ atOnce: availableParallelism(), waiting: 0 })
  const holders: Holder[] = []
  for (const person of bench.idle.splice(0, AT_ONCE)) holders.push(await register(bench, person))
  const before = await measureHashing(hasher, HASHING_SECONDS)
  const byPassword = await drive(sample, busy, signIns(bench))
  const byPasskey = await drive(
    sample,
    busy,
    somebody(holders, (one, timed) => signIn(bench, timed, one)),
  )
  const resetByMail = await drive(
    sample,
    busy,
    withSomebody<Step>(bench, (person, timed) =>
      reset(bench, timed, { person, newPassword: newPassword(), looking: false }),
    ),
  )
  const resetByPasskey = await drive(
    sample,
    busy,
    somebody(holders, (one, timed) => resetBy(bench, timed, one)),
  )
  const after = await measureHashing(hasher, HASHING_SECONDS)
  const hash = (before.processorTime + after.processorTime) / 2
  return report({ hash, byPassword, byPasskey, resetByMail, resetByPasskey })
}

const newPassword = () => `Quiet harbour ${randomBytes(6).toString('hex')}`

const somebody = (idle: Holder[], act: (holder: Holder, timed: Timer<PasskeyStep>) => Promise<void>) =>
  withSomebody<PasskeyStep>({ idle }, (person, timed) => act(person as Holder, timed)) satisfies Act<PasskeyStep>

/** Registers a passkey as its owner does: password, a code by mail, the passkey. */
async function register({ browsers, mailbox, server }: Bench, person: Person): Promise<Holder> {
  const browser = browsers.fresh()
  read(200, await browser.post('/signin', { username: person.name, password: person.password }))
  const { methods } = read<{ methods: { id: string; kind: string }[] }>(200, await browser.get('/security-info'))
  const method = methods.find(({ kind }) => kind === 'email')!.id
  const code = mailbox.nextCode(person.address)
  code.catch(() => {}) // a refused challenge is reported instead
  const asked = read<{ challenge: { id: string } }>(201, await browser.post('/session/challenges', { method }))
  read(200, await browser.post('/session/proofs', { challenge: asked.challenge.id, code: await code }))
  const { id, options } = read<{
    id: string
    options: { challenge: string; rp: { id: string }; user: { id: string } }
  }>(201, await browser.post('/security-info/challenges', { kind: 'passkey' }))
  const passkey = forgedPasskey()
  const credential = passkey.create(server.origin, options)
  read(201, await browser.post('/security-info/methods', { challenge: id, credential }))
  return { ...person, passkey, userHandle: options.user.id, count: 0 }
}

interface Options {
  challenge: string
  rpId: string
}

const sign = ({ server }: Bench, holder: Holder, options: Options) =>
  holder.passkey.get(server.origin, options, { userHandle: holder.userHandle, count: ++holder.count })

/** A sign-in by passkey in a browser that is new to the person. */
async function signIn(bench: Bench, timed: Timer<PasskeyStep>, holder: Holder): Promise<void> {
  const browser = bench.browsers.fresh()
  const { options } = read<{ options: Options }>(200, await timed('options', () => browser.get('/signin/passkey')))
  const credential = sign(bench, holder, options)
  const answer = await timed('passkey', () => browser.post('/signin/passkey', { credential }))
  const { state } = read<{ state: string }>(200, answer)
  if (state !== 'signed-in') throw new Error(`a sign-in by passkey ended in state ${state}`)
}

/** A whole reset by passkey in a browser that is new to the person. */
async function resetBy(bench: Bench, timed: Timer<PasskeyStep>, holder: Holder): Promise<void> {
  const browser = bench.browsers.fresh()
  const form = { username: holder.name, captcha: bench.captchas.next() }
  const begun = read<{ id: string; methods: { id: string; kind: string }[] }>(
    201,
    await timed('identify', () => browser.post('/reset', form)),
  )
  const path = `/reset/${begun.id}`
  const method = begun.methods.find(({ kind }) => kind === 'passkey')!.id
  const { challenge } = read<{ challenge: { id: string; options: Options } }>(
    201,
    await timed('challenge', () => browser.post(`${path}/challenges`, { method })),
  )
  const proof = { challenge: challenge.id, credential: sign(bench, holder, challenge.options) }
  read(200, await timed('proof', () => browser.post(`${path}/proofs`, proof)))
  const change = { newPassword: newPassword() }
  const ended = read<{ state: string }>(200, await timed('password', () => browser.post(`${path}/password`, change)))
  if (ended.state !== 'finished') throw new Error(`a journey ended in state ${ended.state}`)
}

interface Figures {
  /** Processor time of one hash, in milliseconds. */
  hash: number
  byPassword: Measured<Step>
  byPasskey: Measured<PasskeyStep>
  resetByMail: Measured<Step>
  resetByPasskey: Measured<PasskeyStep>
}

function report({ hash, byPassword, byPasskey, resetByMail, resetByPasskey }: Figures): string {
  const each = (measured: Measured<string>) => [
    measured.perSecond.toFixed(1),
    (1_000 / processorTime(measured)).toFixed(1),
    (1_000 / serverTime(measured)).toFixed(1),
  ]
  const times = (one: Measured<string>, other: Measured<string>) => [
    (processorTime(one) / processorTime(other)).toFixed(1),
    (serverTime(one) / serverTime(other)).toFixed(1),
  ]
  return [
    'Passkeys:',
    table([
      ['', 'per second', 'per CPU second', 'without the load', 'times as many', 'without the load', 'reach'],
      ['argon2id hashes', '', (1_000 / hash).toFixed(1)],
      ['password sign-ins', ...each(byPassword)],
      ['sign-ins by passkey', ...each(byPasskey), ...times(byPassword, byPasskey), '5'],
      ['resets by mail', ...each(resetByMail)],
      ['resets by passkey', ...each(resetByPasskey), ...times(resetByMail, resetByPasskey)],
    ]),
    '',
    besideHashTable(
      {
        'reset by mail': resetByMail,
        'reset by passkey': resetByPasskey,
        'by password': byPassword,
        'by passkey': byPasskey,
      },
      {},
    ),
    '',
    spentTable({ 'by password': byPassword, 'by passkey': byPasskey, 'resets by passkey': resetByPasskey }),
    '',
    `${AT_ONCE} at once:`,
    timesTable(byPassword, ['sign-in']),
    timesTable(byPasskey, ['options', 'passkey']),
    timesTable(resetByPasskey, ['identify', 'challenge', 'proof', 'password']),
  ].join('\n')
}
