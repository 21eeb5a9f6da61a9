import type { Act } from '../act.ts'
import { readName } from '../directory/index.ts'
import { type Block, blocksOf, isGuessedAt, longestBlock } from '../limits/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { type Facts, type Journey, judge } from './journey.ts'
import { findJourneyFacts, lockJourney } from './queries.ts'

/** The browser that asks: its secret, and its device cookie where it has one. */
export interface Asker {
  browserToken: string | undefined
  deviceCookie: string | undefined
}

/**
 * Opens a journey: undefined where it does not exist, or was begun in another browser. `lock`: other steps of it, and
 * other acts on its user, wait until the transaction ends.
 */
export async function openJourney(
  trx: Trx,
  act: Act,
  tenantId: string,
  id: string,
  asker: Asker,
  lock = false,
): Promise<Journey | undefined> {
  if (!asker.browserToken) return undefined
  const locked = lock && lockJourney(trx, tenantId, id)
  const [facts] = await Promise.all([findJourneyFacts(trx, act, tenantId, id, asker.deviceCookie), locked])
  if (!facts || !act.keys.matches(facts.row.browser_hash, 'browser', asker.browserToken)) return undefined
  const journey = judge(act, tenantId, { ...facts, ...UNCOUNTED })
  // Blocks concern only a journey that asks for a proof, or has passed its gates: the others need not look.
  if (journey.state !== 'verify' && journey.state !== 'choose-password') return journey
  const counter = counterOf(journey)
  return judge(act, tenantId, {
    ...facts,
    ...standingOf(await askOne(trx, blocksOf(act, tenantId, counter.name, 'proofs')), counter),
  })
}

/** Until the blocks of the name are read. */
const UNCOUNTED = { blockedFor: 0, guessed: false }
const standingOf = (blocks: readonly Block[], counter: ReturnType<typeof counterOf>) => ({
  blockedFor: longestBlock(blocks, counter),
  guessed: counter.browser === 'other' && isGuessedAt(blocks),
})

/** A journey that has just begun, from the facts of its beginning. */
export function beginJourney(
  act: Act,
  tenantId: string,
  facts: Omit<Facts, 'challenges' | 'blockedFor' | 'guessed'> & { blocks: readonly Block[] },
): Journey {
  const begun = { ...facts, challenges: { open: undefined, over: undefined, passed: [] }, ...UNCOUNTED }
  const journey = judge(act, tenantId, begun)
  return judge(act, tenantId, { ...begun, ...standingOf(facts.blocks, counterOf(journey)) })
}

/** The counter of failed proofs. */
const counterOf = ({ tenantId, account, browser }: Journey) =>
  ({ tenantId, kind: 'proofs', name: readName(account.userPrincipalName).folded, browser }) as const
