/** How many letters may be wrong in what is still taken for a typing error. */
export const WRONG = 2
const FAR = WRONG + 1

/** How many letters are missing, too many, wrong, or changed places, from one text to another; `FAR` for more than `WRONG`. */
export function wrongLetters(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > WRONG) return FAR
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  let next: number[] = []
  for (let i = 1; i <= one.length; i++) {
    // Further from the diagonal more letters are missing than may be.
    const from = Math.max(1, i - WRONG)
    const to = Math.min(other.length, i + WRONG)
    let least = from === 1 ? i : FAR
    next[from - 1] = least
    for (let j = from; j <= to; j++) {
      const isSame = one[i - 1] === other[j - 1]
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      let wrong = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1))
      if (isSwapped) wrong = Math.min(wrong, before[j - 2]! + 1)
      next[j] = wrong
      least = Math.min(least, wrong)
    }
    next[to + 1] = FAR
    if (least > WRONG) return FAR
    ;[before, row, next] = [row, next, before]
  }
  return Math.min(row[other.length]!, FAR)
}
