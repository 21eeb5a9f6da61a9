import { randomBytes } from 'node:crypto'
import { firstLoad } from '../server/src/testing/firstLoad.ts'
import type { Bench } from './bench.ts'
import type { Answer } from './browser.ts'
import { read } from './journeys.ts'
import { drive, percentile, type Timer } from './load.ts'
import { takeSample } from './processes.ts'
import { ranOut, spentTable, table, timesTable } from './report.ts'

/** The promise: so many companies at once, in so many pages, seconds and bytes (work accounts, performance). */
const AT_ONCE = 20
const PAGES = 6
const MILLISECONDS = 25_000
const FIRST_LOAD = 40_000

const SECONDS = 15

/** What is timed. `code`: from the form to the mail. `sign-up`: everything, until the first page of the session. */
const steps = ['page', 'begin', 'code', 'proof', 'organization', 'administrator', 'codes', 'sign-up'] as const
type SignUpStep = (typeof steps)[number]

interface Journey {
  id: string
  state: string
  challenge?: { id: string }
}

/** Measures whole sign-ups of companies. Returns the report. */
export async function measureSignUp(bench: Bench): Promise<string> {
  const pages: number[] = []
  const measured = await drive<SignUpStep>(
    () => takeSample(bench.server.pids),
    { arrivals: { atOnce: AT_ONCE }, seconds: SECONDS },
    timed => timed('sign-up', async () => void pages.push(await signUp(bench, timed))),
  )
  const whole = measured.times['sign-up'] ?? []
  const bytes = await firstLoad(bench.server.origin, '/signup')
  const limits = [
    ['pages', String(Math.max(...pages)), String(PAGES)],
    ['p95 of a whole sign-up, in ms', percentile(whole, 0.95).toFixed(0), String(MILLISECONDS)],
    ['bytes of the first load', String(bytes), String(FIRST_LOAD)],
  ]
  return [
    `${AT_ONCE} companies at once, all signing up, ${measured.perSecond.toFixed(1)} a second:`,
    table([['', 'measured', 'at most'], ...limits]),
    '',
    timesTable(measured, steps),
    spentTable({ 'sign-ups': measured }),
    `What ran out: ${ranOut(measured)}.`,
  ].join('\n')
}

/** A company signs up, page by page, until its administrator sees the first page of the session. Returns how many pages. */
async function signUp({ browsers, mailbox, captchas }: Bench, timed: Timer<SignUpStep>): Promise<number> {
  const browser = browsers.fresh()
  const label = `b${randomBytes(6).toString('hex')}`
  const address = `ann.lee@${label}.example`
  let pages = 0
  const show = async (path: string): Promise<void> => {
    const { status, body } = await timed('page', () => browser.page(path))
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${body.slice(0, 500)}`)
    pages++
  }
  const send = async (step: SignUpStep, to: string, typed: object, status = 200): Promise<Journey> =>
    read<Journey>(status, await timed<Answer>(step, () => browser.post(to, typed)))
  await show('/signup')
  const code = mailbox.nextCode(address)
  code.catch(() => {}) // a refused beginning is reported instead
  const begun = await send('begin', '/signup', { address, captcha: captchas.next() }, 201)
  const path = `/signup/${begun.id}`
  await show(path)
  const proof = { challenge: begun.challenge?.id ?? '', code: await timed('code', () => code) }
  await send('proof', `${path}/proofs`, proof)
  await show(path)
  const organization = { displayName: 'Quiet Harbour Works', country: 'FR', label }
  await send('organization', `${path}/organization`, organization)
  await show(path)
  const newPassword = `Quiet harbour ${randomBytes(6).toString('hex')}`
  const administrator = { givenName: 'Ann', surname: 'Lee', userName: 'ann', newPassword }
  await send('administrator', `${path}/administrator`, administrator, 201)
  await show(path)
  const { state } = await send('codes', `${path}/codes`, { kept: true })
  if (state !== 'finished') throw new Error(`a sign-up ended in state ${state}`)
  await show(path)
  return pages
}
