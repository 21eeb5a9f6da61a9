// Without signs that look or sound alike when somebody reads them to another.
const LETTERS = 'abcdefghjkmnpqrstuvwxyz'
const SIGNS = `${LETTERS}${LETTERS.toUpperCase()}23456789`
const GROUPS = 4

/** A temporary password of some 70 bits, in groups that can be read aloud: a small letter, a capital, a digit and any sign. */
export function makePassword(): string {
  const pick = (from: string) => from[below(from.length)]!
  const group = () => [pick(LETTERS), pick(LETTERS.toUpperCase()), pick('23456789'), pick(SIGNS)].join('')
  return Array.from({ length: GROUPS }, group).join('-')
}

/** A random number below `end`, each equally likely. */
function below(end: number): number {
  const most = 2 ** 32 - (2 ** 32 % end)
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1))
  return drawn < most ? drawn % end : below(end)
}
