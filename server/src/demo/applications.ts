import type { Act } from '../act.ts'
import {
  addSecret,
  assign,
  changeApplication,
  createApplication,
  giveOrganizationConsent,
  listApplications,
  type NewApplication,
  permissionIds,
  scopeIds,
} from '../applications/index.ts'
import type { Means } from '../crypto/index.ts'
import { findTenantId, findUserByName, readName } from '../directory/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { partnersTenants } from './partnersTenants.ts'

interface DemoApplication extends NewApplication {
  appId: string
  domain: string
  /** The middle of its secret, which `secretOf` writes whole. */
  secret?: string
  /** Whether the organization agrees to all that it asks for. */
  consented?: true
  /** Who has which role in it. */
  assigned?: { to: string; role: string }
}

const numbered = (n: number) => `d3e00000-0000-4000-8000-${String(n).padStart(12, '0')}`
const secretOf = (word: string) => `demo-secret-${word}-2026-keep-off-production`

/** The application behind the page `/demo/app`, whose addresses follow the server's. */
export const PAGE_APPLICATION = numbered(7)

/** The demonstration's applications (single sign-on, §7; partners on the wire, §8). */
const applications: readonly DemoApplication[] = [
  {
    appId: numbered(1),
    domain: 'acme.example',
    displayName: 'Expenses',
    addresses: { web: ['http://localhost:3999/callback'] },
    secret: 'expenses',
    postLogoutRedirectUris: ['http://localhost:3999/signed-out'],
    backChannelLogoutUri: 'http://127.0.0.1:3999/backchannel',
    requestedScopes: ['User.Read'],
  },
  {
    appId: numbered(2),
    domain: 'acme.example',
    displayName: 'Notes',
    addresses: { spa: ['http://localhost:3998/'] },
  },
  {
    appId: numbered(3),
    domain: 'acme.example',
    displayName: 'Night job',
    addresses: {},
    secret: 'night-job',
    requestedPermissions: ['User.Read.All'],
    consented: true,
  },
  {
    appId: numbered(4),
    domain: 'acme.example',
    displayName: 'Room screen',
    addresses: { publicClient: ['http://127.0.0.1/callback', 'com.acme.screen:/callback'] },
  },
  {
    appId: numbered(5),
    domain: 'acme.example',
    displayName: 'Payroll',
    addresses: { web: ['http://localhost:3999/payroll'] },
    secret: 'payroll',
    assignmentRequired: true,
    appRoles: [{ value: 'Payroll.Reader', displayName: 'Reads the payroll', allowedMemberTypes: ['User'] }],
    assigned: { to: 'registered@acme.example', role: 'Payroll.Reader' },
  },
  {
    appId: numbered(6),
    domain: 'acme.example',
    displayName: 'Directory tool',
    addresses: { web: ['http://localhost:3999/directory'] },
    secret: 'directory',
    requestedScopes: ['Directory.Read.All', 'Directory.AccessAsUser.All'],
  },
  {
    appId: PAGE_APPLICATION,
    domain: 'acme.example',
    displayName: 'Demo app',
    addresses: { spa: ['http://localhost:8080/demo/app'] },
  },
  {
    appId: numbered(8),
    domain: 'globex.example',
    displayName: 'Orders',
    addresses: { web: ['http://localhost:3999/callback'] },
    secret: 'globex',
  },
  {
    appId: numbered(9),
    domain: 'acme.example',
    displayName: 'Administration script',
    addresses: { web: ['http://localhost:3999/admin-script'] },
    secret: 'admin-script',
    requestedScopes: ['Directory.AccessAsUser.All'],
    requestedPermissions: ['User.ReadWrite.All'],
    consented: true,
  },
  ...partnersTenants.map(
    ({ domain }, place): DemoApplication => ({
      appId: numbered(101 + place),
      domain,
      displayName: 'Desk',
      addresses: { web: ['http://localhost:3999/desk'] },
      secret: 'desk',
      requestedScopes: Object.keys(scopeIds).filter(name => name.includes('.')),
      requestedPermissions: Object.keys(permissionIds),
      consented: true,
      // Of the two firms whose people act for others.
      partnerAccess: place < 2,
    }),
  ),
]

/** The act of the operator who starts the demonstration. */
export const operatorAct = (means: Means): Act => ({
  ...means,
  actor: { kind: 'operator' },
  trail: { correlationId: means.random.uuid(means.now) },
})

/** Registers a tenant's applications, where none of them is: people may have removed some. */
export async function seedApplications(trx: Trx, act: Act, domain: string): Promise<void> {
  const own = applications.filter(one => one.domain === domain)
  const there = (await listApplications(trx, trx.tenantId)).map(({ appId }) => appId)
  if (own.some(({ appId }) => there.includes(appId))) return
  for (const one of own) await seedApplication(trx, act, one)
}

async function seedApplication(trx: Trx, act: Act, one: DemoApplication): Promise<void> {
  const { domain: _, secret, consented, assigned, ...given } = one
  const { tenantId } = trx
  const { appId, requestedScopes, requestedPermissions } = await createApplication(trx, act, tenantId, given)
  const asked = { scopes: requestedScopes, permissions: requestedPermissions }
  if (consented) await giveOrganizationConsent(trx, act, appId, asked)
  // A secret that everybody may know, in place of one that chance makes.
  const known = { ...act, random: { ...act.random, token: () => secretOf(secret!) } }
  if (secret) await addSecret(trx, known, appId, { displayName: 'Demonstration', days: 730 })
  const person = assigned && (await findUserByName(trx, tenantId, readName(assigned.to).folded))
  if (person) await assign(trx, act, appId, { kind: 'user', id: person.id, role: assigned.role })
}

/** Lets the page `/demo/app` be answered at these origins, which the server has come to listen at. */
export async function placePage(db: Db, means: Means, origins: readonly string[]): Promise<void> {
  const act = operatorAct(means)
  const tenantId = await findTenantId(db, 'acme.example')
  const spa = origins.map(origin => `${origin}/demo/app`)
  await inTenant(db, tenantId, async trx => {
    const page = (await listApplications(trx, tenantId)).find(({ appId }) => appId === PAGE_APPLICATION)
    if (!page || page.redirectUris.join() === spa.join()) return
    const changes = { addresses: { spa }, homePageUrl: spa[0]!, postLogoutRedirectUris: spa }
    await changeApplication(trx, act, PAGE_APPLICATION, changes)
  })
}
