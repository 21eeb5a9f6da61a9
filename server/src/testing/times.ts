/**
 * The greatest distance between two samples' distributions, in units of the distance that is exceeded once in a thousand
 * times (Kolmogorov and Smirnov).
 */
export function distance(one: readonly number[], other: readonly number[]): number {
  const all = [...one, ...other].sort((a, b) => a - b)
  const share = (sample: readonly number[], at: number) => sample.filter(value => value <= at).length / sample.length
  const widest = Math.max(...all.map(at => Math.abs(share(one, at) - share(other, at))))
  return widest / (1.9495 * Math.sqrt((one.length + other.length) / (one.length * other.length)))
}

/** The same in random order, so that what slows a machine for a moment meets every kind alike. */
export function shuffled<T>(given: readonly T[]): T[] {
  const order = [...given]
  for (let n = order.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1))
    ;[order[n], order[other]] = [order[other]!, order[n]!]
  }
  return order
}
