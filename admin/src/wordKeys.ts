import type acts from '../../locales/en/admin/acts.json'
import type diagnosis from '../../locales/en/admin/diagnosis.json'
import type frame from '../../locales/en/admin/frame.json'
import type helpDesk from '../../locales/en/admin/helpDesk.json'
import type home from '../../locales/en/admin/home.json'
import type people from '../../locales/en/admin/people.json'
import type problems from '../../locales/en/admin/problems.json'
import type reports from '../../locales/en/admin/reports.json'

// No interface: i18next reads the keys of a group only where it is a type.
/** The shape of the application's words in English: what every key is checked against. */
export type AdminWords = {
  acts: typeof acts
  diagnosis: typeof diagnosis
  frame: typeof frame
  helpDesk: typeof helpDesk
  home: typeof home
  people: typeof people
  problems: typeof problems
  reports: typeof reports
}
