import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { createHasher } from '../server/src/crypto/index.ts'
import { actAlone, refresh, signInTo, type TokenStep, type Tokens } from './applications.ts'
import { AT_ONCE, type Bench, signIns, withSomebody } from './bench.ts'
import { measureHashing } from './limits.ts'
import { drive, type Measured, type Timer } from './load.ts'
import { spentBetween, takeSample } from './processes.ts'
import { processorTime, serverTime, spentTable, table, timesTable } from './report.ts'
import { startSigning } from './signing.ts'

const SECONDS = 10
const LIMIT_SECONDS = 6
const HASHING_SECONDS = 4
const WARM_UP = 2_000

/** Measures sign-ins to an application and its tokens, each beside its limit in the same minute. Returns the report. */
export async function measureSingleSignOn(bench: Bench): Promise<string> {
  const { server, application } = bench
  const sample = () => takeSample(server.pids)
  const busy = { arrivals: { atOnce: AT_ONCE }, seconds: SECONDS }
  const hasher = await createHasher({ atOnce: availableParallelism(), waiting: 0 })
  const kept: Tokens[] = []
  const codeFlows = withSomebody<TokenStep>(bench, async (person, timed) => {
    const tokens = await signInTo(bench, timed, person)
    if (kept.length < AT_ONCE) kept.push(tokens)
  })
  // The first one makes the tenant's key. The others give the tokens that refreshes trade.
  await codeFlows(untimed)
  await Promise.all(Array.from({ length: AT_ONCE }, () => codeFlows(untimed)))
  const before = await measureHashing(hasher, HASHING_SECONDS)
  const bare = await drive(sample, busy, signIns(bench))
  const flow = await drive(sample, busy, codeFlows)
  const renewed = await drive<TokenStep>(sample, busy, async timed => {
    const { refresh_token } = kept.shift()!
    kept.push(await refresh(bench, timed, refresh_token!))
  })
  let own: Tokens | undefined
  const alone = await drive<TokenStep>(sample, busy, async timed => {
    own = await actAlone(bench, timed, server.origin)
  })
  const limitOf = async (tokens: Tokens) => {
    const written = [tokens.access_token, tokens.id_token].filter(token => token !== undefined)
    const claims = written.map(token => decodeJwt(token))
    const { databaseUrl } = bench
    const signing = await startSigning({ databaseUrl, tenantId: application.tenantId, atOnce: AT_ONCE, claims })
    try {
      await sleep(WARM_UP)
      const there = { ...server.pids, server: signing.pid }
      const [from, start] = [await signing.made(), await takeSample(there)]
      await sleep(LIMIT_SECONDS * 1_000)
      const [to, end] = [await signing.made(), await takeSample(there)]
      const spent = spentBetween(start, end)
      return { perSecond: (to - from) / spent.seconds, times: {}, spent, signatures: claims.length }
    } finally {
      await signing.stop()
    }
  }
  const limits = { renewed: await limitOf(kept[0]!), alone: await limitOf(own!) }
  const after = await measureHashing(hasher, HASHING_SECONDS)
  const hash = (before.processorTime + after.processorTime) / 2
  return report({ hash, bare, flow, renewed, alone, limits })
}

const untimed: Timer<TokenStep> = (_name, work) => work()

type Limit = Measured<string> & { signatures: number }

interface Figures {
  /** Processor time of one hash, in milliseconds. */
  hash: number
  bare: Measured<string>
  flow: Measured<TokenStep>
  renewed: Measured<TokenStep>
  alone: Measured<TokenStep>
  limits: { renewed: Limit; alone: Limit }
}

function report({ hash, bare, flow, renewed, alone, limits }: Figures): string {
  const each = (measured: Measured<string>) => [
    measured.perSecond.toFixed(1),
    (1_000 / processorTime(measured)).toFixed(1),
  ]
  const share = (limit: number, own: number) => (limit / own).toFixed(2)
  const beside = (limit: Measured<string>, own: Measured<string>) => [
    share(processorTime(limit), processorTime(own)),
    share(serverTime(limit), serverTime(own)),
  ]
  const limitName = ({ signatures }: Limit) => `  ${signatures} × RS256 and a commit`
  return [
    'Single sign-on:',
    table([
      ['', 'per second', 'per CPU second', 'of the hashes', 'of its limit', 'without the load', 'reach'],
      ['argon2id hashes', '', (1_000 / hash).toFixed(1)],
      ['password sign-ins', ...each(bare), share(hash, processorTime(bare))],
      ['sign-ins by code flow', ...each(flow), share(hash, processorTime(flow)), ...beside(bare, flow), '0.70'],
      [limitName(limits.renewed), ...each(limits.renewed)],
      ['refreshes', ...each(renewed), '', ...beside(limits.renewed, renewed), '0.50'],
      [limitName(limits.alone), ...each(limits.alone)],
      ['client credentials', ...each(alone), '', ...beside(limits.alone, alone), '0.50'],
    ]),
    '',
    spentTable({
      'sign-ins': bare,
      'code flows': flow,
      refreshes: renewed,
      'their limit': limits.renewed,
      'client credentials': alone,
      'its limit': limits.alone,
    }),
    '',
    `${AT_ONCE} at once:`,
    timesTable(flow, ['authorize', 'name', 'password', 'stay', 'answer', 'code']),
    timesTable(renewed, ['refresh']),
    timesTable(alone, ['client credentials']),
  ].join('\n')
}
