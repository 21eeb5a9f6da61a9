/** What the build makes of locales/ for a language: the words of the first page, or of all others. */
declare module 'words:*' {
  const words: Record<string, unknown>
  export default words
}

/** The theme, as the build writes it from theme.ts. */
declare module 'theme:sheet.css' {}
