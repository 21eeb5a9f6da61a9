import { type RawBuilder, sql } from 'kysely'
import { Type } from 'typebox'
import type { Entity, Property } from '../odata/index.ts'
import { brandingVersion, DEFAULT } from './branding.ts'
import { domainVersion } from './domains.ts'
import { profileVersion } from './profile.ts'

const column = (kind: Property['kind'], value: RawBuilder<unknown>, more: Partial<Property> = {}): Property => ({
  ...{ kind, sql: value, unasked: true },
  ...more,
})

const stateSchema = Type.Object({
  operation: Type.String(),
  status: Type.String(),
  lastActionDateTime: Type.String({ format: 'date-time' }),
})

/** Domains in the shape of Microsoft Graph (Partner Center and work accounts, §2.3). */
export const domainEntity: Entity = {
  name: 'domains',
  type: '#microsoft.graph.domain',
  from: sql`domains`,
  tenant: sql.ref('domains.tenant_id'),
  version: domainVersion,
  properties: {
    id: column('text', sql.ref('name')),
    authenticationType: column('text', sql`'Managed'`),
    availabilityStatus: column('text', sql`null::text`, { nullable: true }),
    // Ours: by when a domain of one's own has to be proven anew, or another's may pass.
    contestedUntilDateTime: column('time', sql.ref('contested_until'), { nullable: true }),
    contestingUntilDateTime: column('time', sql.ref('contesting_until'), { nullable: true }),
    isAdminManaged: column('boolean', sql`true`),
    isDefault: column('boolean', sql.ref('is_default')),
    isInitial: column('boolean', sql.ref('is_initial')),
    isRoot: column('boolean', sql.ref('is_root')),
    isVerified: column('boolean', sql`verified_at is not null`),
    // People sign in by it.
    supportedServices: column(
      'texts',
      sql`case when verified_at is null then '{}'::text[] else '{OrgIdAuthentication}' end`,
    ),
    // How long passwords last is the tenant's, not a domain's.
    passwordValidityPeriodInDays: column('number', sql`null::int`, { nullable: true }),
    passwordNotificationWindowInDays: column('number', sql`null::int`, { nullable: true }),
    state: column(
      'value',
      sql`case when removal is not null then json_build_object('operation', 'ForceDelete', 'status', removal,
        'lastActionDateTime', to_char(removal_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end`,
      { nullable: true, schema: stateSchema },
    ),
  },
  lacking: { manufacturer: null, model: null },
}

/** For SQL: the domain of this name. */
export const isNamed = (name: string) => sql<boolean>`name = ${name}`

const nullableText = (maxLength: number) => Type.Union([Type.String({ minLength: 1, maxLength }), Type.Null()])
export const privacyProfile = Type.Object(
  { contactEmail: Type.Optional(nullableText(320)), statementUrl: Type.Optional(nullableText(255)) },
  { additionalProperties: false },
)

/** A company, in the shape of Microsoft Graph. */
export const organizationEntity: Entity = {
  name: 'organization',
  type: '#microsoft.graph.organization',
  from: sql`tenants`,
  tenant: sql.ref('tenants.tenant_id'),
  version: profileVersion,
  properties: {
    id: column('uuid', sql.ref('tenants.tenant_id')),
    displayName: column('text', sql.ref('tenants.display_name')),
    createdDateTime: column('time', sql.ref('tenants.created_at')),
    countryLetterCode: column('text', sql.ref('tenants.country'), { nullable: true }),
    preferredLanguage: column('text', sql.ref('tenants.preferred_language')),
    tenantType: { kind: 'text', sql: sql`'AAD'`, unasked: true },
    technicalNotificationMails: column('texts', sql.ref('tenants.technical_notification_mails')),
    securityComplianceNotificationMails: column('texts', sql.ref('tenants.security_compliance_notification_mails')),
    privacyProfile: {
      ...{ kind: 'value', unasked: true, schema: privacyProfile },
      sql: sql`json_build_object('contactEmail', privacy_contact, 'statementUrl', privacy_statement)`,
    },
    verifiedDomains: {
      ...{ kind: 'value', unasked: true, schema: Type.Array(Type.Object({ name: Type.String() })) },
      // Row-level security leaves the tenant's own.
      sql: sql`(select coalesce(json_agg(json_build_object('name', name, 'isDefault', is_default, 'isInitial', is_initial,
        'type', 'Managed', 'capabilities', 'OrgIdAuthentication') order by name), '[]')
        from domains where verified_at is not null)`,
    },
  },
  lacking: {
    assignedPlans: [],
    businessPhones: [],
    city: null,
    country: null,
    marketingNotificationEmails: [],
    onPremisesLastSyncDateTime: null,
    onPremisesSyncEnabled: null,
    postalCode: null,
    provisionedPlans: [],
    securityComplianceNotificationPhones: [],
    state: null,
    street: null,
  },
}

/** For SQL: the tenant's own row. */
export const isOwn = (tenantId: string) => sql<boolean>`tenants.tenant_id = ${tenantId}`

const text = (maxLength: number) => Type.Union([Type.String({ minLength: 1, maxLength }), Type.Null()])

/** The texts and links of looks, with the most characters of each. */
export const lookLengths = {
  signInPageText: 1024,
  usernameHintText: 64,
  customAccountResetCredentialsUrl: 128,
  customCannotAccessYourAccountText: 256,
  customCannotAccessYourAccountUrl: 128,
  customForgotMyPasswordText: 256,
  customPrivacyAndCookiesText: 256,
  customPrivacyAndCookiesUrl: 128,
  customResetItNowText: 256,
  customTermsOfUseText: 256,
  customTermsOfUseUrl: 128,
}

export const lookSchema = {
  backgroundColor: Type.Union([Type.String({ pattern: '^#[0-9A-Fa-f]{6}$' }), Type.Null()]),
  ...(Object.fromEntries(Object.entries(lookLengths).map(([name, length]) => [name, text(length)])) as Record<
    keyof typeof lookLengths,
    ReturnType<typeof text>
  >),
}
export type LookName = keyof typeof lookSchema
export const lookNames = Object.keys(lookSchema) as LookName[]

/** A localization's id as browsers write languages: `fr-ch` is `fr-CH`. */
export const shown = (locale: unknown) =>
  locale === DEFAULT ? DEFAULT : (Intl.getCanonicalLocales(String(locale))[0] ?? String(locale))

const setting = (name: LookName): Property => ({
  ...{ kind: 'text', unasked: true, nullable: true, schema: Type.String() },
  sql: sql`settings->>${sql.lit(name)}`,
})

/** A localization as it was written, in the shape of Microsoft Graph. */
export const localizationEntity: Entity = {
  name: 'localizations',
  type: '#microsoft.graph.organizationalBrandingLocalization',
  from: sql`branding`,
  tenant: sql.ref('branding.tenant_id'),
  version: brandingVersion,
  properties: {
    id: { kind: 'text', sql: sql.ref('locale'), unasked: true, read: shown },
    ...Object.fromEntries(lookNames.map(name => [name, setting(name)])),
  },
}

/** For SQL: the localization of this id. */
export const isOf = (locale: string) => sql<boolean>`locale = ${locale}`
