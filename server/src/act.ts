import type { Actor } from './access/index.ts'
import type { Keyring, Random } from './crypto/index.ts'

/** The origin of an act, and its journey. */
export interface Trail {
  /** One id for all events of a journey or of a session. */
  correlationId: string
  /** The address of the browser; absent where there is none. */
  address?: string
  userAgent?: string
}

/** The context of a rule, besides the database and its input: moment, chance, keys, actor and origin. */
export interface Act {
  now: Date
  random: Random
  keys: Keyring
  actor: Actor
  trail: Trail
}
