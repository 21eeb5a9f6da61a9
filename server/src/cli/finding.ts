/** A finding of the doctor. A problem stops something; a warning may be intended. */
export interface Finding {
  state: 'ok' | 'warning' | 'problem'
  about: string
  /** The finding, and what to do. */
  text: string
}

export const ok = (about: string, text: string): Finding => ({ state: 'ok', about, text })
export const warning = (about: string, text: string): Finding => ({ state: 'warning', about, text })
export const problem = (about: string, text: string): Finding => ({ state: 'problem', about, text })
