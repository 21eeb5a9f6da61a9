/** The files of words that Home, the frame and any page show. The others come after them, before any other page. */
export const firstWords: readonly string[] = ['frame', 'home', 'problems']
