import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import {
  findMailboxHolder,
  findTenantOfDomains,
  findUser,
  findUserByName,
  letsMailboxJoin,
  NOBODYS_TENANT,
  readName,
} from '../directory/index.ts'
import { findMailboxChallenge } from '../mailboxes/index.ts'
import { type Db, inSystem, inTenant, isOver, type SealedColumn, type Trx } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { refuse } from './errors.ts'
import {
  type Emergency,
  KEEP_LASTS,
  type Organization,
  PROVE_LASTS,
  REST_LASTS,
  type Signup,
  type SignupFor,
} from './signup.ts'

const placeOf = (purpose: 'signup-address' | 'signup-contact', rowId: string) =>
  ({ purpose, tenantId: NOBODYS_TENANT, rowId }) as const

/** The columns that a job seals anew. */
export const signupSeals: SealedColumn[] = [
  { table: 'signups', column: 'address_sealed', key: ['id'], purpose: 'signup-address' },
  { table: 'signups', column: 'contact_sealed', key: ['id'], purpose: 'signup-contact' },
  { table: 'signup_tenants', column: 'codes_sealed', key: ['signup_id'], purpose: 'emergency-codes' },
]

/** Writes a new journey, in a transaction of the empty tenant. */
export async function insertSignup(
  trx: Trx,
  { now, keys }: Means,
  asked: {
    id: string
    browserToken: string
    address: string
    for: SignupFor
    language: string
    onboardingId: string | undefined
    invitationId: string | undefined
  },
): Promise<void> {
  const { id, browserToken, address, language, onboardingId, invitationId } = asked
  await trx
    .insertInto('signups')
    .values({
      tenant_id: NOBODYS_TENANT,
      id,
      browser_hash: keys.mac('browser', browserToken),
      begun_for: asked.for,
      address_sealed: keys.seal(placeOf('signup-address', id), address),
      language,
      invitation_id: invitationId ?? null,
      created_at: now,
      expires_at: plus(now, PROVE_LASTS),
      onboarding_id: onboardingId ?? null,
    })
    .execute()
}

/** What is changed of a journey. */
export async function changeSignup(
  trx: Trx,
  id: string,
  changes: Partial<{ proved_at: Date; expires_at: Date; anyway_at: Date; joined_at: Date }>,
): Promise<void> {
  await trx.updateTable('signups').set(changes).where('tenant_id', '=', NOBODYS_TENANT).where('id', '=', id).execute()
}

export async function saveOrganization(trx: Trx, { keys }: Means, id: string, organization: Organization) {
  const { displayName, country, label, technicalContact } = organization
  await trx
    .updateTable('signups')
    .set({
      display_name: displayName,
      country,
      label,
      contact_sealed:
        technicalContact === undefined ? null : keys.seal(placeOf('signup-contact', id), technicalContact),
    })
    .where('tenant_id', '=', NOBODYS_TENANT)
    .where('id', '=', id)
    .execute()
}

/** Locks a journey, so that of two steps at once the second sees what the first has done. */
export async function lockSignup(trx: Trx, id: string): Promise<void> {
  if (!isUuid(id)) throw refuse('not_found')
  await trx
    .selectFrom('signups')
    .select('id')
    .where('tenant_id', '=', NOBODYS_TENANT)
    .where('id', '=', id)
    .forUpdate()
    .execute()
}

const findRow = async (trx: Trx, id: string) =>
  trx
    .selectFrom('signups')
    .select([
      'browser_hash',
      'begun_for',
      'joined_at',
      'address_sealed',
      'language',
      'expires_at',
      'proved_at',
      'anyway_at',
      'display_name',
      'country',
      'label',
      'contact_sealed',
      'onboarding_id',
      'invitation_id',
    ])
    .where('tenant_id', '=', NOBODYS_TENANT)
    .where('id', '=', id)
    .executeTakeFirst()

/** A journey of this browser. Throws `not_found`, also where another browser began it. */
export async function openSignup(db: Db, act: Act, id: string, browserToken: string | undefined): Promise<Signup> {
  const { keys, now } = act
  if (!isUuid(id) || browserToken === undefined) throw refuse('not_found')
  const { row, challenge } = await inTenant(db, NOBODYS_TENANT, async trx => ({
    row: await findRow(trx, id),
    challenge: await findMailboxChallenge(trx, act, id),
  }))
  if (!row || !keys.matches(row.browser_hash, 'browser', browserToken)) throw refuse('not_found')
  const address = row.address_sealed ? keys.open(placeOf('signup-address', id), row.address_sealed) : ''
  const { mailbox, domain } = mailboxOf(address)
  const begun = {
    id,
    for: row.begun_for,
    address,
    domain,
    language: row.language,
    expiresAt: row.expires_at,
    onboardingId: row.onboarding_id ?? undefined,
    organization: row.label === null ? undefined : organizationOf(keys, id, row),
    invitationId: row.invitation_id ?? undefined,
  }
  const name = `${mailbox}@${domain}`
  if (row.joined_at) return { ...begun, ...(await findJoined(db, name)) }
  const made = await findMade(db, act, id)
  if (made) return { ...begun, ...made }
  if (isOver(row.expires_at, now, row.proved_at ? REST_LASTS : PROVE_LASTS)) return { ...begun, state: 'expired' }
  if (!row.proved_at) return { ...begun, state: 'prove-address', challenge }
  if (row.begun_for === 'myself') return { ...begun, ...(await findPlace(db, name)) }
  if (!row.anyway_at) {
    const { account, you } = await findMailboxHolder(db, { address, domain })
    if (account !== 'unknown') return { ...begun, state: 'exists', account, you }
  }
  const { organization } = begun
  return organization ? { ...begun, state: 'administrator', organization } : { ...begun, state: 'organization' }
}

function organizationOf(
  keys: Means['keys'],
  id: string,
  row: NonNullable<Awaited<ReturnType<typeof findRow>>>,
): Organization {
  return {
    displayName: row.display_name ?? '',
    country: row.country ?? '',
    label: row.label ?? '',
    technicalContact: row.contact_sealed ? keys.open(placeOf('signup-contact', id), row.contact_sealed) : undefined,
  }
}

/** What a sign-up of oneself comes to: an account that is there already, one that can be made, or none. */
async function findPlace(db: Db, userPrincipalName: string) {
  const { domain } = readName(userPrincipalName)
  const { account, you } = await findMailboxHolder(db, { address: userPrincipalName, domain })
  if (you && account !== 'unknown') return { state: 'exists', account, you } as const
  const tenantId = await findTenantOfDomains(db, [domain])
  // Below a known domain may stand somebody else's, for all that a mailbox tells.
  const canJoin =
    tenantId === NOBODYS_TENANT
      ? account === 'unknown'
      : await inTenant(db, tenantId, trx => letsMailboxJoin(trx, userPrincipalName))
  return canJoin
    ? ({ state: 'person', userPrincipalName } as const)
    : ({ state: 'refused', refusal: 'signup_off_for_tenant' } as const)
}

/** The account that a sign-up of oneself has made. */
async function findJoined(db: Db, userPrincipalName: string) {
  const { domain, folded } = readName(userPrincipalName)
  const tenantId = await findTenantOfDomains(db, [domain])
  const user = await inTenant(db, tenantId, trx => findUserByName(trx, tenantId, folded))
  return { state: 'finished', made: { tenantId, userId: user?.id ?? '', userPrincipalName } } as const
}

/** The tenant that a sign-up has made, and whether its codes wait to be kept. */
async function findMade(db: Db, { keys, now }: Act, signupId: string) {
  const found = await inSystem(db, trx =>
    trx.selectFrom('signup_tenants').select('tenant_id').where('signup_id', '=', signupId).executeTakeFirst(),
  )
  if (!found) return undefined
  const tenantId = found.tenant_id
  return inTenant(db, tenantId, async trx => {
    const row = await trx
      .selectFrom('signup_tenants')
      .select(['user_id', 'codes_sealed', 'made_at', 'kept_at'])
      .where('tenant_id', '=', tenantId)
      .executeTakeFirstOrThrow()
    const userId = row.user_id ?? ''
    const user = await findUser(trx, tenantId, userId)
    const made = { tenantId, userId, userPrincipalName: user?.userPrincipalName ?? '' }
    const expiresAt = plus(row.made_at, KEEP_LASTS)
    if (row.kept_at || !row.codes_sealed || isOver(expiresAt, now, KEEP_LASTS))
      return { state: 'finished', made, expiresAt } as const
    const text = keys.open({ purpose: 'emergency-codes', tenantId, rowId: signupId }, row.codes_sealed)
    return { state: 'keep-codes', made, emergency: JSON.parse(text) as Emergency, expiresAt } as const
  })
}
