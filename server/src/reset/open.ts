import type { Act } from '../act.ts'
import { readName } from '../directory/index.ts'
import { type Block, blocksOf, counterKeysOf } from '../limits/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { accountIn, type Facts, type Journey, judge } from './journey.ts'
import { findJourneyFacts, type JourneyKey, lockJourneyRow } from './queries.ts'

/** The browser that asks: its secret, and its device cookie where it has one. */
export interface Asker {
  browserToken: string | undefined
  deviceCookie: string | undefined
}

/** Opens a journey: undefined where it does not exist, or was begun in another browser. */
export async function openJourney(trx: Trx, act: Act, key: JourneyKey, asker: Asker): Promise<Journey | undefined> {
  const { tenantId } = key
  if (!asker.browserToken) return undefined
  const facts = await findJourneyFacts(trx, act, key, asker.deviceCookie)
  if (!facts || !act.keys.matches(facts.row.browser_hash, 'browser', asker.browserToken)) return undefined
  return judge(act, tenantId, { ...facts, blocks: await blocksNow(trx, act, tenantId, facts) })
}

/** The same, locked: other steps of it, and other acts on its user, wait until the transaction ends. */
export async function lockJourney(trx: Trx, act: Act, key: JourneyKey, asker: Asker): Promise<Journey | undefined> {
  if (!asker.browserToken) return undefined
  const [, journey] = await Promise.all([lockJourneyRow(trx, key), openJourney(trx, act, key, asker)])
  return journey
}

/** The blocks that were read with the journey, or are read anew: when secrets are rotated, counters move to keys that the journey does not have. */
async function blocksNow(
  trx: Trx,
  act: Act,
  tenantId: string,
  facts: Omit<Facts, 'challenges'>,
): Promise<readonly Block[]> {
  const name = readName(accountIn(tenantId, facts).userPrincipalName).folded
  const keys = counterKeysOf(act, tenantId, name)
  const known = facts.row.counter_keys
  if (keys.length === known.length && keys.every((key, place) => key.equals(known[place]!))) return facts.blocks
  return askOne(trx, blocksOf(act, tenantId, name, 'proofs'))
}

/** A journey that has just begun, from the facts of its beginning. */
export const beginJourney = (act: Act, tenantId: string, facts: Omit<Facts, 'challenges'>): Journey =>
  judge(act, tenantId, { ...facts, challenges: { open: undefined, over: undefined, passed: [] } })
