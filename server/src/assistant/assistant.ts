import { HOUR } from '../clock.ts'
import type { AccountKind } from '../directory/index.ts'
import type { At, Given } from './tree.ts'

/** How long the assistant can be answered. */
export const ASSISTANT_LASTS = HOUR

/** What it was told: by the browser at its beginning, then by the person. */
export interface Told {
  /** The name, where it did not have to be asked. */
  username?: string | undefined
  /** The code of the refusal that it begins with. */
  from?: string | undefined
  answers: readonly Given[]
  /** Whether administrators were asked for this name. */
  contacted?: true
}

/** One person's way through the questions, in the browser that began it. */
export interface Assistant {
  id: string
  told: Told
  /** How often it was changed. */
  steps: number
  expiresAt: Date
  isExpired: boolean
  /** The name; undefined where it is not known, or was skipped. */
  username: string | undefined
  /** Of the name, as it is looked up. */
  domain: string | undefined
  /** What anybody may learn of the domain. */
  account: AccountKind | undefined
  at: At
}
