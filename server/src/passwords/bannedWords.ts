/** A list of banned words, folded and blended: terms of 4 to 16 characters. */
export interface Terms {
  has(term: string): boolean
  /** The terms of this length, in characters. */
  ofLength(length: number): readonly string[]
}

/** The length of a term, in characters. Shorter ones are inside too many good passwords. */
export const TERM_LENGTH = { shortest: 4, longest: 16 } as const

/** The points that a password needs: a banned word, a run and each other character count one. */
const ENOUGH = 5

/** The least length of a run: equal characters, or ones that follow one another. */
const RUN = 4

/** A folded password that shows nothing: spaces, and the braille pattern without a dot. */
const BLANKS = /^[\s\u2800]*$/u

// The first line is the rule's own; the second goes further, on top of it (self-service password reset, §4.3).
const STANDS_FOR: Record<string, string> = {
  ...{ '0': 'o', '1': 'l', $: 's', '@': 'a' },
  ...{ '3': 'e', '4': 'a', '5': 's', '7': 't', '!': 'i', '+': 't' },
}

/**
 * A password or a term as it is compared: without case, widths, accents, invisible signs, and digits or signs in place
 * of letters. The stricter substitutions come on top of the plain ones on both sides, so a password that the plain rule
 * refuses is refused here too.
 */
export const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '') // an invisible sign would cut a word in two
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '') // Latin accents; the marks of kana make other letters, and stay
    .normalize('NFC')
    .replace(/[01$@3457!+]/g, sign => STANDS_FOR[sign] ?? sign)

// What the digits and signs that stand for letters were, as far as the fold tells.
const DIGIT_OF: Record<string, number> = { o: 0, l: 1, '2': 2, e: 3, a: 4, s: 5, '6': 6, t: 7, '8': 8, '9': 9 }

/**
 * A folded text with one letter for i, l, 1, ! and |, because a 1 may stand for either letter.
 * A step after the fold: in blended text the order of the alphabet could not be seen.
 */
const blend = (folded: string): string => folded.replace(/[i|]/g, 'l')

export const lengthOf = (text: string): number => [...text].length

/** Makes a list from folded terms. */
export function termsOf(folded: Iterable<string>): Terms {
  const all = new Set<string>()
  for (const term of folded) all.add(blend(term))
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
 * Whether a folded password is within one edit of a term, or made of terms with too little besides (self-service
 * password reset, §4.3). Blanks alone, and repetitions of a unit with too little in it, are banned too. The work grows
 * with the length, not its square: a term ends after 16 characters.
 */
export function isBanned(password: string, lists: readonly Terms[]): boolean {
  if (BLANKS.test(password) || isNearTerm(blend(password), lists) || score(password, lists) < ENOUGH) return true
  const unit = findUnit(password)
  return unit !== undefined && score(unit, lists) < ENOUGH
}

/** Whether a folded password contains one of the folded names. */
export function containsName(password: string, names: readonly string[]): boolean {
  const blended = blend(password)
  return names.some(name => blended.includes(blend(name)))
}

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
  // Only a difference of a single character is cut out: most terms end here.
  if (end - from > 2 || otherEnd - from > 2) return false
  return lengthOf(one.slice(from, end)) <= 1 && lengthOf(other.slice(from, otherEnd)) <= 1
}

/** The points of a folded password: the fewest pieces that it can be cut into, each of them a term, a run or one character. */
function score(password: string, lists: readonly Terms[]): number {
  const blended = blend(password)
  const starts = [0]
  for (const character of blended) starts.push(starts.at(-1)! + character.length)
  // For each reading, the fewest points before a run that goes on up to here.
  const runs = readingsOf(password, blended).map(reading => ({ reading, before: Number.POSITIVE_INFINITY }))
  const points = [0]
  for (let end = 1; end < starts.length; end++) {
    let fewest = points[end - 1]! + 1
    for (const run of runs) {
      // Carried along: a new search at each step would cost the square of a run's length.
      run.before = endsRun(run.reading, end) ? Math.min(run.before, points[end - RUN]!) : Number.POSITIVE_INFINITY
      fewest = Math.min(fewest, run.before + 1)
    }
    for (let length = TERM_LENGTH.shortest; length <= Math.min(TERM_LENGTH.longest, end); length++) {
      const before = points[end - length]!
      if (before + 1 >= fewest) continue
      const piece = blended.slice(starts[end - length], starts[end])
      if (lists.some(list => list.has(piece))) fewest = before + 1
    }
    points.push(fewest)
  }
  return points.at(-1)!
}

/** The numbers in which runs are searched: equal characters, letters in order, and digits in order, which the fold has made letters. */
function readingsOf(password: string, blended: string): number[][] {
  const codes = (text: string) => Array.from(text, character => character.codePointAt(0)!)
  return [codes(blended), codes(password), Array.from(password, character => DIGIT_OF[character] ?? Number.NaN)]
}

/** Whether the characters before `end` are a run: equal, or each one more or each one less than the one before it. */
function endsRun(reading: readonly number[], end: number): boolean {
  if (end < RUN) return false
  const step = reading[end - 1]! - reading[end - 2]!
  if (step !== 0 && step !== 1 && step !== -1) return false
  for (let place = end - 2; place > end - RUN; place--) if (reading[place]! - reading[place - 1]! !== step) return false
  return true
}

/** The unit that a folded password repeats from its beginning to its end; the last repetition may be cut short. */
function findUnit(password: string): string | undefined {
  const characters = [...password]
  const signs = [...blend(password)]
  // For each beginning of the password, how much of it is also its end: so the period is found without trying each.
  const borders = [0]
  for (let place = 1; place < signs.length; place++) {
    let border = borders[place - 1]!
    while (border > 0 && signs[place] !== signs[border]) border = borders[border - 1]!
    borders.push(signs[place] === signs[border] ? border + 1 : 0)
  }
  const period = signs.length - borders.at(-1)!
  return period * 2 <= signs.length ? characters.slice(0, period).join('') : undefined
}
