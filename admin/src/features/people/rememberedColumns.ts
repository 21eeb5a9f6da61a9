/** What administrators said that the columns of their files mean: no cell of a file is kept. */
const KEY = 'latchkey.columns'
/** How many kinds of files are remembered; the oldest is forgotten. */
const MOST = 20

type Meaning = (string | null)[]

const nameOf = (kind: string, headings: readonly string[]) => JSON.stringify([kind, ...headings])

const isEntry = (one: unknown): one is [string, Meaning] =>
  Array.isArray(one) && typeof one[0] === 'string' && Array.isArray(one[1])

/** In a file without headings a person stands where they would be. */
const isPerson = (headings: readonly string[]) => headings.some(one => /@|\d{4}/.test(one))

function read(): [string, Meaning][] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isEntry) : []
  } catch {
    return []
  }
}

/** What the columns of such a file meant the last time; undefined where this browser has met none. */
export function rememberedColumns(kind: string, headings: readonly string[]): Meaning | undefined {
  return read().find(([name]) => name === nameOf(kind, headings))?.[1]
}

/** Keeps what the columns of such a file mean, for the next one. */
export function rememberColumns(kind: string, headings: readonly string[], meaning: Meaning): void {
  if (isPerson(headings)) return
  const name = nameOf(kind, headings)
  const others = read().filter(([one]) => one !== name)
  try {
    localStorage.setItem(KEY, JSON.stringify([[name, meaning], ...others].slice(0, MOST)))
  } catch {
    // A browser that keeps nothing asks anew.
  }
}
