import { type Static, Type } from 'typebox'
import { RETENTION_DAYS } from '../audit/index.ts'
import { type Settings, tenantSettings } from './settings.ts'

/** How a tenant protects its accounts, with the range of each setting. */
const Schema = Type.Object(
  {
    /** Wrong passwords before a lock (self-service password reset, §4.7). */
    lockoutThreshold: Type.Integer({ minimum: 1, maximum: 50 }),
    /** How long the first lock lasts; each further one lasts longer. */
    lockoutSeconds: Type.Integer({ minimum: 5, maximum: 18_000 }),
    /** Whether a reset begins alike for every name, so that nobody learns which exist. */
    concealAccounts: Type.Boolean(),
    /** Codes that may be sent in a day. */
    messagesPerDay: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    /** Text messages and calls with codes that may go to the numbers of one country calling code in a day. */
    phoneMessagesPerCountryPerDay: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    /** Whether the tenant's own list of banned words holds; the global one always does. */
    customBannedWordsEnforced: Type.Boolean(),
    /** How many passwords before the present one may not be used again; with any, the present one may not either. */
    passwordHistory: Type.Integer({ minimum: 0, maximum: 24 }),
    /** Days before a password may be changed by choice; a reset need not wait. */
    passwordMinimumAgeDays: Type.Integer({ minimum: 0, maximum: 30 }),
    /** Days until a password has to be changed; 0: never. */
    passwordMaximumAgeDays: Type.Integer({ minimum: 0, maximum: 730 }),
    /** Hours in which a temporary password can be changed for one's own. */
    temporaryPasswordHours: Type.Integer({ minimum: 1, maximum: 2_160 }),
    /** Whether a new password is allowed while the source of breached ones cannot be reached. */
    breachedPasswordsUnreachable: Type.Enum(['allow', 'refuse']),
    /** Days that the audit log is kept. */
    auditRetentionDays: Type.Integer({ minimum: 30, maximum: 3_650 }),
  },
  { additionalProperties: false },
)
export type ProtectionSettings = Static<typeof Schema>

export const protection: Settings<ProtectionSettings> = {
  schema: Schema,
  defaults: {
    lockoutThreshold: 10,
    lockoutSeconds: 60,
    concealAccounts: false,
    messagesPerDay: 5_000,
    phoneMessagesPerCountryPerDay: 500,
    customBannedWordsEnforced: true,
    passwordHistory: 0,
    passwordMinimumAgeDays: 0,
    passwordMaximumAgeDays: 0,
    temporaryPasswordHours: 72,
    breachedPasswordsUnreachable: 'allow',
    auditRetentionDays: RETENTION_DAYS,
  },
  conflict({ passwordMinimumAgeDays: shortest, passwordMaximumAgeDays: longest }) {
    if (longest > 0 && shortest >= longest) return 'passwordMinimumAgeDays: less than passwordMaximumAgeDays'
    return undefined
  },
}

export const { of: protectionOf, change: changeProtection } = tenantSettings('protection', protection)
