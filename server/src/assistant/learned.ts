import { isBelow, readName } from '../directory/index.ts'
import type { Assistant } from './assistant.ts'
import type { Given, LeafId } from './tree.ts'

/** What the assistant learned, for those who help on. It is kept with a case: ids of the tree do not change their meaning. */
export interface Learned {
  username?: string | undefined
  /** The code of the refusal that it began with. */
  from?: string | undefined
  /** Without the name. */
  answers: readonly Given[]
  /** Where it led; null while something was still asked. */
  leaf: LeafId | null
}

export const learnedOf = ({ username, told: { from, answers }, at }: Assistant): Learned => ({
  username,
  from,
  answers: answers.filter(({ question }) => question !== 'username'),
  leaf: 'leaf' in at ? at.leaf : null,
})

/** What those may see who answer for a domain. A name elsewhere, and what it was refused, is no concern of theirs. */
export const learnedIn = (domain: string, { username, from, ...rest }: Learned): Learned =>
  username === undefined || isBelow(readName(username).domain, domain) ? { username, from, ...rest } : rest
