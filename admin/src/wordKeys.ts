import type activities from '../../locales/en/admin/activities.json'
import type acts from '../../locales/en/admin/acts.json'
import type agents from '../../locales/en/admin/agents.json'
import type applications from '../../locales/en/admin/applications.json'
import type branding from '../../locales/en/admin/branding.json'
import type bulk from '../../locales/en/admin/bulk.json'
import type cases from '../../locales/en/admin/cases.json'
import type customers from '../../locales/en/admin/customers.json'
import type diagnosis from '../../locales/en/admin/diagnosis.json'
import type domains from '../../locales/en/admin/domains.json'
import type frame from '../../locales/en/admin/frame.json'
import type groups from '../../locales/en/admin/groups.json'
import type helpDesk from '../../locales/en/admin/helpDesk.json'
import type home from '../../locales/en/admin/home.json'
import type logs from '../../locales/en/admin/logs.json'
import type methods from '../../locales/en/admin/methods.json'
import type notices from '../../locales/en/admin/notices.json'
import type objects from '../../locales/en/admin/objects.json'
import type partner from '../../locales/en/admin/partner.json'
import type partners from '../../locales/en/admin/partners.json'
import type people from '../../locales/en/admin/people.json'
import type policies from '../../locales/en/admin/policies.json'
import type problems from '../../locales/en/admin/problems.json'
import type refusals from '../../locales/en/admin/refusals.json'
import type reports from '../../locales/en/admin/reports.json'
import type rescues from '../../locales/en/admin/rescues.json'
import type roles from '../../locales/en/admin/roles.json'
import type started from '../../locales/en/admin/started.json'
import type support from '../../locales/en/admin/support.json'
import type verification from '../../locales/en/admin/verification.json'
import type webhooks from '../../locales/en/admin/webhooks.json'

// No interface: i18next reads the keys of a group only where it is a type.
/** The shape of the application's words in English: what every key is checked against. */
export type AdminWords = {
  activities: typeof activities
  acts: typeof acts
  agents: typeof agents
  applications: typeof applications
  branding: typeof branding
  bulk: typeof bulk
  cases: typeof cases
  customers: typeof customers
  diagnosis: typeof diagnosis
  domains: typeof domains
  frame: typeof frame
  groups: typeof groups
  helpDesk: typeof helpDesk
  home: typeof home
  notices: typeof notices
  objects: typeof objects
  logs: typeof logs
  partner: typeof partner
  methods: typeof methods
  partners: typeof partners
  people: typeof people
  policies: typeof policies
  problems: typeof problems
  refusals: typeof refusals
  reports: typeof reports
  rescues: typeof rescues
  roles: typeof roles
  started: typeof started
  support: typeof support
  verification: typeof verification
  webhooks: typeof webhooks
}
