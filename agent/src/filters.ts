/** The only place where a value becomes part of a filter (RFC 4515): what a person typed must not change its meaning. */
export const equals = (attribute: string, value: string) => `(${attribute}=${escaped(value)})`

/** The same for bytes that are no text. */
export const equalsBytes = (attribute: string, value: Buffer) =>
  `(${attribute}=${[...value].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')})`

/** The entries whose value is at least this one. */
export const atLeast = (attribute: string, value: string) => `(${attribute}>=${escaped(value)})`

/** The entries that one of these filters fits. */
export const anyOf = (filters: readonly string[]) => `(|${filters.join('')})`

const escaped = (value: string) =>
  [...Buffer.from(value, 'utf8')]
    .map(byte =>
      /[A-Za-z0-9@._ -]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `\\${byte.toString(16).padStart(2, '0')}`,
    )
    .join('')
