/** The word that fewest edits make of what was typed: one edit in a short word, two in a longer one. */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  const most = typed.length < 5 ? 1 : 2
  const [nearest] = words
    .filter(word => Math.abs(word.length - typed.length) <= most)
    .map(word => ({ word, edits: editsBetween(typed, word) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)
  return nearest?.word
}

/** How many letters are added, removed, replaced or swapped with their neighbour. */
function editsBetween(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let row = 1; row <= from.length; row++) {
    rows.push([row])
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1)
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swapped = row > 1 && column > 1 && isSwapped ? at(row - 2, column - 2) + 1 : replaced
      rows[row]?.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced, swapped))
    }
  }
  return at(from.length, to.length)
}
