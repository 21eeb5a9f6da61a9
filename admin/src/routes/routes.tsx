import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { allowedActions, queries } from '../api/queries.ts'
import { readLogSearch } from '../features/logs/address.ts'
import { readSearch } from '../features/people/address.ts'
import { readReportSearch } from '../features/reports/address.ts'
import { Frame } from '../frame/Frame.tsx'
import { NotHere } from '../frame/NotHere.tsx'
import { attention } from '../parts/attention.ts'
import { registrationDays } from '../parts/registrationDays.ts'
import { loadAllWords } from '../words.ts'

/** Milliseconds until Home is there and its reader reads. */
const READ = 3_000

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NotHere,
  // Home has its words at once; those of the others travel while it is read, and not while it is made.
  beforeLoad: ({ location }) =>
    location.pathname === '/' ? void setTimeout(() => loadAllWords().catch(() => {}), READ) : loadAllWords(),
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  // What the page needs travels while its script does.
  loader: async () => {
    const { value } = await queries.ensureQueryData(allowedActions)
    if (!value.includes('reports.read')) return
    void queries.prefetchQuery(registrationDays)
    void queries.prefetchQuery(attention)
  },
  component: lazyRouteComponent(() => import('../features/home/HomePage.tsx'), 'HomePage'),
})

const helpDesk = createRoute({
  getParentRoute: () => root,
  path: '/help-desk',
  validateSearch: ({ person }: Record<string, unknown>) => (typeof person === 'string' ? { person } : {}),
  component: lazyRouteComponent(() => import('../features/helpDesk/HelpDeskPage.tsx'), 'HelpDeskPage'),
})

const people = createRoute({
  getParentRoute: () => root,
  path: '/people',
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import('../features/people/PeoplePage.tsx'), 'PeoplePage'),
})

const person = createRoute({
  getParentRoute: () => people,
  path: '$person',
  component: lazyRouteComponent(() => import('../features/people/PersonPanel.tsx'), 'PersonPanel'),
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
  component: lazyRouteComponent(() => import('../features/reports/ReportsPage.tsx'), 'ReportsPage'),
})

const groups = createRoute({
  getParentRoute: () => root,
  path: '/groups',
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } => (typeof q === 'string' && q ? { q } : {}),
  component: lazyRouteComponent(() => import('../features/groups/GroupsPage.tsx'), 'GroupsPage'),
})

const group = createRoute({
  getParentRoute: () => groups,
  path: '$group',
  component: lazyRouteComponent(() => import('../features/groups/GroupPanel.tsx'), 'GroupPanel'),
})

const roles = createRoute({
  getParentRoute: () => root,
  path: '/roles',
  validateSearch: ({ q, held }: Record<string, unknown>): { q?: string; held?: true } => ({
    ...(typeof q === 'string' && q && { q }),
    ...(held === true && { held }),
  }),
  component: lazyRouteComponent(() => import('../features/roles/RolesPage.tsx'), 'RolesPage'),
})

const role = createRoute({
  getParentRoute: () => roles,
  path: '$role',
  component: lazyRouteComponent(() => import('../features/roles/RolePanel.tsx'), 'RolePanel'),
})

const passwordReset = createRoute({
  getParentRoute: () => root,
  path: '/password-reset/policies',
  component: lazyRouteComponent(() => import('../features/policies/PoliciesPage.tsx'), 'PoliciesPage'),
})

const resetPolicy = createRoute({
  getParentRoute: () => root,
  path: '/password-reset/policies/$policy/$tab',
  component: lazyRouteComponent(() => import('../features/policies/PolicyPage.tsx'), 'PolicyPage'),
})

const administratorsReset = createRoute({
  getParentRoute: () => root,
  path: '/password-reset/administrators',
  component: lazyRouteComponent(() => import('../features/policies/AdministratorsPage.tsx'), 'AdministratorsPage'),
})

const passwordProtection = createRoute({
  getParentRoute: () => root,
  path: '/password-protection',
  component: lazyRouteComponent(() => import('../features/policies/TenantPolicyPage.tsx'), 'ProtectionPage'),
})

const signInPolicy = createRoute({
  getParentRoute: () => root,
  path: '/sign-in-policy',
  component: lazyRouteComponent(() => import('../features/policies/TenantPolicyPage.tsx'), 'SignInPolicyPage'),
})

const domains = createRoute({
  getParentRoute: () => root,
  path: '/domains',
  component: lazyRouteComponent(() => import('../features/domains/DomainsPage.tsx'), 'DomainsPage'),
})

const applications = createRoute({
  getParentRoute: () => root,
  path: '/applications',
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } => (typeof q === 'string' && q ? { q } : {}),
  component: lazyRouteComponent(() => import('../features/applications/ApplicationsPage.tsx'), 'ApplicationsPage'),
})

const application = createRoute({
  getParentRoute: () => applications,
  path: '$application',
  component: lazyRouteComponent(() => import('../features/applications/ApplicationPanel.tsx'), 'ApplicationPanel'),
})

const branding = createRoute({
  getParentRoute: () => root,
  path: '/branding',
  validateSearch: ({ locale }: Record<string, unknown>): { locale?: string } =>
    typeof locale === 'string' && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(locale) ? { locale } : {},
  component: lazyRouteComponent(() => import('../features/branding/BrandingPage.tsx'), 'BrandingPage'),
})

const support = createRoute({
  getParentRoute: () => root,
  path: '/support-contacts',
  component: lazyRouteComponent(() => import('../features/support/SupportPage.tsx'), 'SupportPage'),
})

const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('../features/webhooks/WebhooksPage.tsx'), 'WebhooksPage'),
})

const webhook = createRoute({
  getParentRoute: () => webhooks,
  path: '$webhook',
  component: lazyRouteComponent(() => import('../features/webhooks/WebhookPanel.tsx'), 'WebhookPanel'),
})

const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  component: lazyRouteComponent(() => import('../features/agents/AgentsPage.tsx'), 'AgentsPage'),
})

const gettingStarted = createRoute({
  getParentRoute: () => root,
  path: '/getting-started',
  component: lazyRouteComponent(
    () => import('../features/gettingStarted/GettingStartedPage.tsx'),
    'GettingStartedPage',
  ),
})

const importPeople = createRoute({
  getParentRoute: () => root,
  path: '/people/import',
  component: lazyRouteComponent(() => import('../features/people/ImportPage.tsx'), 'ImportPage'),
})

const log = createRoute({
  getParentRoute: () => root,
  path: '/logs/$log',
  validateSearch: readLogSearch,
  component: lazyRouteComponent(() => import('../features/logs/LogsPage.tsx'), 'LogsPage'),
})

const entry = createRoute({
  getParentRoute: () => log,
  path: '$entry',
  component: lazyRouteComponent(() => import('../features/logs/EntryPanel.tsx'), 'EntryPanel'),
})

const journey = createRoute({
  getParentRoute: () => root,
  path: '/journeys/$journey',
  component: lazyRouteComponent(() => import('../features/logs/JourneyPage.tsx'), 'JourneyPage'),
})

/** Every address of the application, one line each. */
export const createRoutes = () =>
  createRouter({
    routeTree: root.addChildren([
      home,
      helpDesk,
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
      passwordProtection,
      signInPolicy,
      domains,
      applications.addChildren([application]),
      branding,
      support,
      webhooks.addChildren([webhook]),
      agents,
      importPeople,
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
