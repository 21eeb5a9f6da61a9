import type { Actor } from './access/index.ts'
import type { Keyring, Random } from './crypto/index.ts'

/** The origin of an act, and its journey. */
export interface Trail {
  /** One id for all events of a journey or of a session. */
  correlationId: string
  /** The address of the browser; absent where there is none. */
  address?: string
  userAgent?: string
  /** The code by which a help desk finds the journey, where the person was shown one. */
  supportCode?: string
  /** The application that a sign-in is for. */
  appId?: string
  /** The id that a program gave its request. */
  clientRequestId?: string
  /** Why an administrator acts, in their own words, and their ticket. */
  reason?: string
  ticket?: string
}

/** The context of a rule, besides the database and its input: moment, chance, keys, actor and origin. */
export interface Act {
  now: Date
  random: Random
  keys: Keyring
  actor: Actor
  trail: Trail
}
