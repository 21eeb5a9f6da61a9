import type { Actor } from './access/index.ts'
import type { Keyring, Random } from './crypto/index.ts'

/** Where an act came from, and the journey that it is a step of. */
export interface Trail {
  /** One id for all events of a journey or of a session. */
  correlationId: string
  /** The address of the browser; absent where there is none. */
  address?: string
  userAgent?: string
}

/** What a rule is handed besides the database and its input: the moment, chance, the keys, who acts and from where. */
export interface Act {
  now: Date
  random: Random
  keys: Keyring
  actor: Actor
  trail: Trail
}
