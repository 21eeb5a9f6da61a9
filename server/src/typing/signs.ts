// Signs that keyboards, clipboards and input methods add to a text.

/** Leaves out what is not drawn: joiners, fillers, selectors, marks of direction. */
export const withoutInvisible = (text: string) => text.replace(/\p{Default_Ignorable_Code_Point}/gu, '')

/** Full-width forms of ASCII as ASCII, and ideographic full stops as dots: Japanese and Chinese keyboards write both. */
export const narrow = (text: string) =>
  text
    .replace(/[\uff01-\uff5e]/g, sign => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replace(/[\u3002\uff61]/g, '.')

/** ASCII letters in lower case, and no others: a look-alike must not become one of them. */
export const lowerAscii = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase())

/** Every script's decimal digits as ASCII ones. */
export function plainDigits(text: string): string {
  const known = new Map<string, string>()
  return text.replace(/(?![0-9])\p{Nd}/gu, digit => {
    const value = known.get(digit) ?? digitOf(digit)
    known.set(digit, value)
    return value
  })
}

function digitOf(digit: string): string {
  const point = digit.normalize('NFKC').codePointAt(0)!
  let zero = point
  // Unicode keeps a script's ten digits side by side, zero first; another ten may follow.
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return String((point - zero) % 10)
}
