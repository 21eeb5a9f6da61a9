/** A list of banned words, folded: terms of 4 to 16 characters. */
export interface Terms {
  has(term: string): boolean
  /** Those of this length, in characters. */
  ofLength(length: number): readonly string[]
}

/** How long a term may be, in characters. Shorter ones stand inside too many good passwords. */
export const TERM_LENGTH = { shortest: 4, longest: 16 } as const

/** What a password has to reach: each banned word in it counts one, and so does each other character. */
const ENOUGH = 5

// The first line is the rule's own; the second goes further, on top of it (self-service password reset, §4.3).
const STANDS_FOR: Record<string, string> = {
  ...{ '0': 'o', '1': 'l', $: 's', '@': 'a' },
  ...{ '3': 'e', '4': 'a', '5': 's', '7': 't', '!': 'i', '+': 't' },
}

/**
 * A password or a term as it is compared: without case, widths, accents, and digits or signs in the place of letters.
 * One fold does for both rules: whatever the first substitutions make equal stays equal under more of them, so a password that the plain rule refuses is refused here too.
 */
export const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '') // Latin accents; the marks of kana make other letters, and stay
    .normalize('NFC')
    .replace(/[01$@3457!+]/g, sign => STANDS_FOR[sign] ?? sign)

export const lengthOf = (text: string): number => [...text].length

/** Makes a list from folded terms. */
export function termsOf(folded: Iterable<string>): Terms {
  const all = new Set(folded)
  const byLength = new Map<number, string[]>()
  for (const term of all) {
    const length = lengthOf(term)
    const sameLength = byLength.get(length)
    if (sameLength) sameLength.push(term)
    else byLength.set(length, [term])
  }
  return { has: term => all.has(term), ofLength: length => byLength.get(length) ?? [] }
}

/**
 * Whether a folded password is one of the terms but for a single edit, or is made of them with too little besides (self-service password reset, §4.3).
 * The work grows with the password's length and not with the square of it: a term ends after 16 characters.
 */
export function isBanned(password: string, lists: readonly Terms[]): boolean {
  return isNearTerm(password, lists) || score(password, lists) < ENOUGH
}

/** Whether a folded password contains one of the folded names. */
export const containsName = (password: string, names: readonly string[]): boolean =>
  names.some(name => password.includes(name))

function isNearTerm(password: string, lists: readonly Terms[]): boolean {
  const length = lengthOf(password)
  if (length > TERM_LENGTH.longest + 1) return false
  return lists.some(list =>
    [length - 1, length, length + 1].some(near => list.ofLength(near).some(term => isWithinOneEdit(password, term))),
  )
}

/** Whether one character put in, taken out or replaced makes the two texts equal. */
function isWithinOneEdit(one: string, other: string): boolean {
  let from = 0
  while (from < one.length && from < other.length && one.charCodeAt(from) === other.charCodeAt(from)) from++
  let end = one.length
  let otherEnd = other.length
  while (end > from && otherEnd > from && one.charCodeAt(end - 1) === other.charCodeAt(otherEnd - 1)) {
    end--
    otherEnd--
  }
  // What differs is cut out only where it can be a single character: most terms end here.
  if (end - from > 2 || otherEnd - from > 2) return false
  return lengthOf(one.slice(from, end)) <= 1 && lengthOf(other.slice(from, otherEnd)) <= 1
}

/** The points of a folded password: the fewest pieces that it can be cut into, each of them a term or one character. */
function score(password: string, lists: readonly Terms[]): number {
  const starts = [0]
  for (const character of password) starts.push(starts.at(-1)! + character.length)
  const points = [0]
  for (let end = 1; end < starts.length; end++) {
    let fewest = points[end - 1]! + 1
    for (let length = TERM_LENGTH.shortest; length <= Math.min(TERM_LENGTH.longest, end); length++) {
      const before = points[end - length]!
      if (before + 1 >= fewest) continue
      const piece = password.slice(starts[end - length], starts[end])
      if (lists.some(list => list.has(piece))) fewest = before + 1
    }
    points.push(fewest)
  }
  return points.at(-1)!
}
