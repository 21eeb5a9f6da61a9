import { type Static, Type } from 'typebox'
import { type Settings, tenantSettings } from './settings.ts'

/** How a tenant's own directory takes part, with the range of each setting (self-service password reset, §3.6). */
const Schema = Type.Object(
  {
    /** Whether passwords are written back. */
    writeback: Type.Boolean(),
    /** Whether people may unlock their account there and keep the password. */
    unlockWithoutReset: Type.Boolean(),
    /** Of the synchronized people, how many may be disabled at once before a synchronization stops. */
    brakePercent: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
)
export type WritebackSettings = Static<typeof Schema>

export const writebackPolicy: Settings<WritebackSettings> = {
  schema: Schema,
  defaults: { writeback: false, unlockWithoutReset: false, brakePercent: 20 },
}

export const { of: writebackPolicyOf, change: changeWritebackPolicy } = tenantSettings('writeback', writebackPolicy)
