/** The files of words that Home and the frame show. The others come after them, before any other page. */
export const firstWords: readonly string[] = ['frame', 'home', 'problems']
