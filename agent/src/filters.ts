/** The only place where a value becomes part of a filter (RFC 4515): what a person typed must not change its meaning. */
export const equals = (attribute: string, value: string) => `(${attribute}=${escaped(value)})`

const escaped = (value: string) =>
  [...Buffer.from(value, 'utf8')]
    .map(byte =>
      /[A-Za-z0-9@._ -]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `\\${byte.toString(16).padStart(2, '0')}`,
    )
    .join('')
