import { type Db, type Read, sql } from '../store/index.ts'
import { type Application, applicationDefaults, applicationOf, findApplication } from './applications.ts'

/** The client id of the application that is part of Latchkey. It belongs to no tenant, and every issuer knows it. */
export const BUILT_IN = 'latchkey-admin'

/** The scope by which administrators act as themselves. */
const SCOPE = 'Directory.AccessAsUser.All'

/** An application that people of the tenant sign in to: its own, or the built-in one. `origin`: Latchkey's. */
export const findOwnOrBuiltIn = async (
  db: Db,
  { origin, tenantId }: { origin: string; tenantId: string },
  appId: string,
): Promise<Application | undefined> =>
  appId === BUILT_IN ? builtIn(origin, tenantId) : findApplication(db, tenantId, appId)

/** The same, beside other facts. */
export const ownOrBuiltInOf = (
  { origin, tenantId }: { origin: string; tenantId: string },
  appId: string,
): Read<Application | undefined> =>
  appId === BUILT_IN ? { sql: sql`null`, read: () => builtIn(origin, tenantId) } : applicationOf(tenantId, appId)

export const builtIn = (origin: string, tenantId: string): Application => ({
  ...applicationDefaults,
  tenantId,
  appId: BUILT_IN,
  id: BUILT_IN,
  principalId: BUILT_IN,
  displayName: 'Latchkey administration',
  description: null,
  notes: null,
  version: 1,
  platform: 'spa',
  redirectUris: [`${origin}/admin/callback`],
  requestedScopes: [SCOPE],
  partnerAccess: true,
  createdAt: new Date(0),
  secrets: [],
  organizationConsent: {
    scopes: ['openid', 'profile', 'email', SCOPE],
    permissions: [],
    since: new Date(0),
    by: null,
  },
})
