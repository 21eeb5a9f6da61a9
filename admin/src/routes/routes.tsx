// Long: every address of the application, each with what it reads and loads.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { allowedActions, queries } from '../api/queries.ts'
import { readCustomersSearch, readRelationshipsSearch } from '../features/customers/address.ts'
import { readLogSearch } from '../features/logs/address.ts'
import type { ActivitiesSearch } from '../features/partner/activitiesAddress.ts'
import { readSearch, readTab } from '../features/people/address.ts'
import { readReportSearch } from '../features/reports/address.ts'
import { Frame } from '../frame/Frame.tsx'
import { NotHere } from '../frame/NotHere.tsx'
import { attention, tells } from '../parts/attention.ts'
import { late } from '../parts/late.tsx'
import { registrationDays } from '../parts/registrationDays.ts'
import { type Language, languages, loadAllWords } from '../words.ts'

/** Milliseconds until Home is there and its reader reads. */
const READ = 3_000

/** The words of the other pages, and the parts that they share. A page that is gone to asks for what did not come. */
function loadMore() {
  loadAllWords().catch(() => {})
  import('../frame/Palette.tsx').catch(() => {})
}

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NotHere,
  // Home has its words at once; what the others need travels while it is read, and not while it is made.
  beforeLoad: ({ location }) => (location.pathname === '/' ? void setTimeout(loadMore, READ) : loadAllWords()),
})

/** The actions that opened Home's figures at the last visit. Whose they no longer are is refused by the server. */
const READ_LAST = 'latchkey.read'

/** Milliseconds that Home waits for its figure before it is drawn without it. */
const PATIENCE = 500

/** Asks for what Home shows. Resolves when its figure is there, or cannot be. */
async function prefetchHome(actions: readonly string[]) {
  const figure = actions.includes('reports.read') ? queries.prefetchQuery(registrationDays) : undefined
  if (tells.some(action => actions.includes(action))) void queries.prefetchQuery(attention)
  await figure
}

/** A page that comes when somebody goes to it. */
const page = <Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) =>
  lazyRouteComponent(() => late(load, name))

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  // What the page needs travels while its script does, and does not wait for the answer that was the same last time.
  // It is drawn once, with its figure: to draw it and then its parts takes a slow processor half as long again.
  loader: async () => {
    void prefetchHome((localStorage.getItem(READ_LAST) ?? '').split(' '))
    const { value } = await queries.ensureQueryData(allowedActions)
    localStorage.setItem(READ_LAST, value.filter(action => tells.includes(action)).join(' '))
    await Promise.race([prefetchHome(value), new Promise(resolve => setTimeout(resolve, PATIENCE))])
  },
  component: lazyRouteComponent(() => import('../features/home/HomePage.tsx'), 'HomePage'),
})

const helpDesk = createRoute({
  getParentRoute: () => root,
  path: '/help-desk',
  validateSearch: ({ person }: Record<string, unknown>) => (typeof person === 'string' ? { person } : {}),
  component: page(() => import('../features/helpDesk/HelpDeskPage.tsx'), 'HelpDeskPage'),
})

const cases = createRoute({
  getParentRoute: () => root,
  path: '/cases',
  validateSearch: ({ view }: Record<string, unknown>): { view?: 'closed' } => (view === 'closed' ? { view } : {}),
  component: page(() => import('../features/cases/CasesPage.tsx'), 'CasesPage'),
})

const oneCase = createRoute({
  getParentRoute: () => cases,
  path: '$case',
  component: page(() => import('../features/cases/CasePanel.tsx'), 'CasePanel'),
})

const people = createRoute({
  getParentRoute: () => root,
  path: '/people',
  validateSearch: readSearch,
  component: page(() => import('../features/people/PeoplePage.tsx'), 'PeoplePage'),
})

const person = createRoute({
  getParentRoute: () => people,
  path: '$person',
  validateSearch: readTab,
  component: page(() => import('../features/people/PersonPanel.tsx'), 'PersonPanel'),
})

const reports = createRoute({
  getParentRoute: () => root,
  path: '/reports',
  beforeLoad: () => {
    throw redirect({ to: '/reports/$report', params: { report: 'registration' }, replace: true })
  },
})

const report = createRoute({
  getParentRoute: () => root,
  path: '/reports/$report',
  validateSearch: readReportSearch,
  component: page(() => import('../features/reports/ReportsPage.tsx'), 'ReportsPage'),
})

const groups = createRoute({
  getParentRoute: () => root,
  path: '/groups',
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } => (typeof q === 'string' && q ? { q } : {}),
  component: page(() => import('../features/groups/GroupsPage.tsx'), 'GroupsPage'),
})

const group = createRoute({
  getParentRoute: () => groups,
  path: '$group',
  component: page(() => import('../features/groups/GroupPanel.tsx'), 'GroupPanel'),
})

const roles = createRoute({
  getParentRoute: () => root,
  path: '/roles',
  validateSearch: ({ q, held }: Record<string, unknown>): { q?: string; held?: true } => ({
    ...(typeof q === 'string' && q && { q }),
    ...(held === true && { held }),
  }),
  component: page(() => import('../features/roles/RolesPage.tsx'), 'RolesPage'),
})

const role = createRoute({
  getParentRoute: () => roles,
  path: '$role',
  component: page(() => import('../features/roles/RolePanel.tsx'), 'RolePanel'),
})

const passwordReset = createRoute({
  getParentRoute: () => root,
  path: '/password-reset/policies',
  component: page(() => import('../features/policies/PoliciesPage.tsx'), 'PoliciesPage'),
})

const resetPolicy = createRoute({
  getParentRoute: () => root,
  path: '/password-reset/policies/$policy/$tab',
  component: page(() => import('../features/policies/PolicyPage.tsx'), 'PolicyPage'),
})

const administratorsReset = createRoute({
  getParentRoute: () => root,
  path: '/password-reset/administrators',
  component: page(() => import('../features/policies/AdministratorsPage.tsx'), 'AdministratorsPage'),
})

const methods = createRoute({
  getParentRoute: () => root,
  path: '/methods',
  component: page(() => import('../features/methods/MethodsPage.tsx'), 'MethodsPage'),
})

const passwordProtection = createRoute({
  getParentRoute: () => root,
  path: '/password-protection',
  component: page(() => import('../features/policies/TenantPolicyPage.tsx'), 'ProtectionPage'),
})

const signInPolicy = createRoute({
  getParentRoute: () => root,
  path: '/sign-in-policy',
  component: page(() => import('../features/policies/TenantPolicyPage.tsx'), 'SignInPolicyPage'),
})

const domains = createRoute({
  getParentRoute: () => root,
  path: '/domains',
  component: page(() => import('../features/domains/DomainsPage.tsx'), 'DomainsPage'),
})

const applications = createRoute({
  getParentRoute: () => root,
  path: '/applications',
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } => (typeof q === 'string' && q ? { q } : {}),
  component: page(() => import('../features/applications/ApplicationsPage.tsx'), 'ApplicationsPage'),
})

const application = createRoute({
  getParentRoute: () => applications,
  path: '$application',
  component: page(() => import('../features/applications/ApplicationPanel.tsx'), 'ApplicationPanel'),
})

const branding = createRoute({
  getParentRoute: () => root,
  path: '/branding',
  validateSearch: ({ locale }: Record<string, unknown>): { locale?: string } =>
    typeof locale === 'string' && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(locale) ? { locale } : {},
  component: page(() => import('../features/branding/BrandingPage.tsx'), 'BrandingPage'),
})

const notices = createRoute({
  getParentRoute: () => root,
  path: '/notices',
  component: page(() => import('../features/notices/NoticesPage.tsx'), 'NoticesPage'),
})

const notice = createRoute({
  getParentRoute: () => root,
  path: '/notices/$notice',
  validateSearch: ({ language }: Record<string, unknown>): { language?: Language } => {
    const found = languages.find(one => one === language)
    return found ? { language: found } : {}
  },
  component: page(() => import('../features/notices/NoticePage.tsx'), 'NoticePage'),
})

const support = createRoute({
  getParentRoute: () => root,
  path: '/support-contacts',
  component: page(() => import('../features/support/SupportPage.tsx'), 'SupportPage'),
})

const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/webhooks',
  component: page(() => import('../features/webhooks/WebhooksPage.tsx'), 'WebhooksPage'),
})

const webhook = createRoute({
  getParentRoute: () => webhooks,
  path: '$webhook',
  component: page(() => import('../features/webhooks/WebhookPanel.tsx'), 'WebhookPanel'),
})

const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  component: page(() => import('../features/agents/AgentsPage.tsx'), 'AgentsPage'),
})

const partners = createRoute({
  getParentRoute: () => root,
  path: '/partners',
  component: page(() => import('../features/partners/PartnersPage.tsx'), 'PartnersPage'),
})

const agreement = createRoute({
  getParentRoute: () => root,
  path: '/partners/rescue-agreement',
  component: page(() => import('../features/partners/AgreementPage.tsx'), 'AgreementPage'),
})

const customers = createRoute({
  getParentRoute: () => root,
  path: '/customers',
  validateSearch: readCustomersSearch,
  component: page(() => import('../features/customers/CustomersPage.tsx'), 'CustomersPage'),
})

const customer = createRoute({
  getParentRoute: () => customers,
  path: '$customer',
  component: page(() => import('../features/customers/CustomerPanel.tsx'), 'CustomerPanel'),
})

const relationships = createRoute({
  getParentRoute: () => root,
  path: '/customers/relationships',
  validateSearch: readRelationshipsSearch,
  component: page(() => import('../features/customers/RelationshipsPage.tsx'), 'RelationshipsPage'),
})

const relationship = createRoute({
  getParentRoute: () => relationships,
  path: '$relationship',
  component: page(() => import('../features/customers/RelationshipPanel.tsx'), 'RelationshipPanel'),
})

const delegations = createRoute({
  getParentRoute: () => root,
  path: '/customers/delegations',
  component: page(() => import('../features/customers/DelegationsPage.tsx'), 'DelegationsPage'),
})

const invitations = createRoute({
  getParentRoute: () => root,
  path: '/customers/invitations',
  component: page(() => import('../features/customers/InvitationsPage.tsx'), 'InvitationsPage'),
})

const partner = createRoute({
  getParentRoute: () => root,
  path: '/partner',
  component: page(() => import('../features/partner/PartnerPage.tsx'), 'PartnerPage'),
})

const activities = createRoute({
  getParentRoute: () => root,
  path: '/partner/activities',
  validateSearch: (search: Record<string, unknown>): ActivitiesSearch => search,
  component: page(() => import('../features/partner/ActivitiesPage.tsx'), 'ActivitiesPage'),
})

const activity = createRoute({
  getParentRoute: () => activities,
  path: '$activity',
  component: page(() => import('../features/partner/ActivityPanel.tsx'), 'ActivityPanel'),
})

const rescues = createRoute({
  getParentRoute: () => root,
  path: '/partner/rescues',
  component: page(() => import('../features/rescues/RescuesPage.tsx'), 'RescuesPage'),
})

const rescue = createRoute({
  getParentRoute: () => rescues,
  path: '$rescue',
  component: page(() => import('../features/rescues/RescuePanel.tsx'), 'RescuePanel'),
})

const verification = createRoute({
  getParentRoute: () => root,
  path: '/partner/verification',
  component: page(() => import('../features/verification/VerificationPage.tsx'), 'VerificationPage'),
})

const desk = createRoute({
  getParentRoute: () => root,
  path: '/verifications',
  component: page(() => import('../features/verification/DeskPage.tsx'), 'DeskPage'),
})

const firm = createRoute({
  getParentRoute: () => desk,
  path: '$firm',
  component: page(() => import('../features/verification/DeskPanel.tsx'), 'DeskPanel'),
})

const gettingStarted = createRoute({
  getParentRoute: () => root,
  path: '/getting-started',
  component: page(() => import('../features/gettingStarted/GettingStartedPage.tsx'), 'GettingStartedPage'),
})

const importPeople = createRoute({
  getParentRoute: () => root,
  path: '/people/import',
  component: page(() => import('../features/people/ImportPage.tsx'), 'ImportPage'),
})

const oneJob = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$job',
  component: page(() => import('../features/people/JobPage.tsx'), 'JobPage'),
})

const log = createRoute({
  getParentRoute: () => root,
  path: '/logs/$log',
  validateSearch: readLogSearch,
  component: page(() => import('../features/logs/LogsPage.tsx'), 'LogsPage'),
})

const entry = createRoute({
  getParentRoute: () => log,
  path: '$entry',
  component: page(() => import('../features/logs/EntryPanel.tsx'), 'EntryPanel'),
})

const journey = createRoute({
  getParentRoute: () => root,
  path: '/journeys/$journey',
  component: page(() => import('../features/logs/JourneyPage.tsx'), 'JourneyPage'),
})

/** Every address of the application, one line each. */
export const createRoutes = () =>
  createRouter({
    routeTree: root.addChildren([
      home,
      helpDesk,
      cases.addChildren([oneCase]),
      people.addChildren([person]),
      reports,
      report,
      log.addChildren([entry]),
      journey,
      groups.addChildren([group]),
      roles.addChildren([role]),
      gettingStarted,
      passwordReset,
      resetPolicy,
      administratorsReset,
      methods,
      passwordProtection,
      signInPolicy,
      domains,
      applications.addChildren([application]),
      branding,
      notices,
      notice,
      support,
      webhooks.addChildren([webhook]),
      agents,
      partner,
      activities.addChildren([activity]),
      rescues.addChildren([rescue]),
      verification,
      desk.addChildren([firm]),
      partners,
      agreement,
      customers.addChildren([customer]),
      relationships.addChildren([relationship]),
      delegations,
      invitations,
      importPeople,
      oneJob,
    ]),
    basepath: '/admin',
    defaultPreload: 'intent',
    scrollRestoration: true,
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createRoutes>
  }
}
