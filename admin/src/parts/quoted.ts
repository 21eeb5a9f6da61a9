/** A text in a `$filter`, with its quotes: those within it are doubled. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
