import type frame from '../../locales/en/admin/frame.json'
import type home from '../../locales/en/admin/home.json'
import type problems from '../../locales/en/admin/problems.json'

// No interface: i18next reads the keys of a group only where it is a type.
/** The shape of the application's words in English: what every key is checked against. */
export type AdminWords = {
  frame: typeof frame
  home: typeof home
  problems: typeof problems
}
