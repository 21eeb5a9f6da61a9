/** A generalized time (RFC 4517) in milliseconds since 1970. Undefined where it is none. */
export function timeOf(text: unknown): number | undefined {
  const at = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(String(text))
  if (!at) return undefined
  const [year, month, day, hour, minute, second] = at.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** The same, to a second. */
export const generalizedTime = (time: number) => new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '')
