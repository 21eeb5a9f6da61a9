import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { changesOf, record } from '../audit/index.ts'
import type { Trx } from '../store/index.ts'
import { readAddress } from '../typing/index.ts'
import { refuse, refuseProgram } from './errors.ts'
import { checkVersion } from './versions.ts'

/** What a company says of itself. */
export interface Profile {
  displayName: string
  preferredLanguage: string
  technicalNotificationMails: string[]
  securityComplianceNotificationMails: string[]
  /** Where people ask about their data, and where they read about it. */
  privacyProfile: { contactEmail?: string | null | undefined; statementUrl?: string | null | undefined }
}

export type ProfileChanges = { [Name in keyof Profile]?: Profile[Name] | undefined }

/** For SQL: what changes with the profile. */
export const profileVersion = sql`md5(concat_ws(' ', display_name, preferred_language, technical_notification_mails,
  security_compliance_notification_mails, privacy_contact, privacy_statement))`

/** Changes what a company says of itself. Throws `property_invalid`, `resource_modified`. */
export async function changeProfile(
  trx: Trx,
  act: Act,
  changes: ProfileChanges,
  ifMatch: string | undefined,
): Promise<void> {
  const { tenantId } = trx
  demand(act, 'organization.write', { kind: 'tenant', tenantId })
  checkProfile(changes)
  const row = await trx
    .selectFrom('tenants')
    .select([
      'display_name as displayName',
      'preferred_language as preferredLanguage',
      'technical_notification_mails as technicalNotificationMails',
      'security_compliance_notification_mails as securityComplianceNotificationMails',
      'privacy_contact as contactEmail',
      'privacy_statement as statementUrl',
    ])
    .select(profileVersion.$castTo<string>().as('version'))
    .where('tenant_id', '=', tenantId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) throw refuse('not_found')
  const { contactEmail, statementUrl, version, ...rest } = row
  checkVersion(version, ifMatch)
  const { privacyProfile, ...texts } = changes
  await trx
    .updateTable('tenants')
    .set({
      display_name: texts.displayName,
      preferred_language: texts.preferredLanguage,
      technical_notification_mails: texts.technicalNotificationMails,
      security_compliance_notification_mails: texts.securityComplianceNotificationMails,
      ...(privacyProfile && {
        privacy_contact: privacyProfile.contactEmail,
        privacy_statement: privacyProfile.statementUrl,
      }),
      tenant_id: tenantId,
    })
    .where('tenant_id', '=', tenantId)
    .execute()
  await record(trx, act, {
    activity: 'organization.changed',
    result: 'success',
    target: { id: tenantId, name: row.displayName },
    details: changesOf<ProfileChanges>({ ...rest, privacyProfile: { contactEmail, statementUrl } }, changes),
  })
}

/** A name stands on one line of mails and messages, mails go to these addresses, and pages link to the statement. */
function checkProfile({ displayName, privacyProfile, ...changes }: ProfileChanges) {
  const invalid = (field: string) => refuseProgram('property_invalid', { field })
  if (displayName !== undefined && (displayName.trim() === '' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(displayName)))
    throw invalid('displayName')
  for (const name of ['technicalNotificationMails', 'securityComplianceNotificationMails'] as const)
    if (changes[name]?.some(address => readAddress(address) === undefined)) throw invalid(name)
  const { contactEmail, statementUrl } = privacyProfile ?? {}
  if (contactEmail && readAddress(contactEmail) === undefined) throw invalid('privacyProfile/contactEmail')
  if (statementUrl && !isLink(statementUrl)) throw invalid('privacyProfile/statementUrl')
}

/** Whether a page may link there. */
export const isLink = (text: string): boolean =>
  URL.canParse(text) &&
  new URL(text).protocol === 'https:' &&
  !/[\s\p{Cc}]/u.test(text) &&
  new URL(text).username === ''
