import { type Static, Type } from 'typebox'
import { plus, SECOND } from '../clock.ts'
import { type Read, sql } from '../store/index.ts'
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

/** Two beats of thirty seconds were missed, and the answer to the third would be here by now. */
export const AGENT_SILENT_AFTER = 65 * SECOND

/** Whether passwords go back to a tenant's own directory: its settings, and whether an agent takes requests now. */
export interface Writeback extends Pick<WritebackSettings, 'writeback' | 'unlockWithoutReset'> {
  isUp: boolean
}

/** Reads it. A tenant that has no agent pays for no more than this. */
export const writebackOf = (tenantId: string, now: Date): Read<Writeback> => {
  const settings = writebackPolicyOf(tenantId)
  return {
    sql: sql`json_build_array(${settings.sql}, exists(select from agents where tenant_id = ${tenantId}
      and link_id is not null and last_beat_at > ${plus(now, -AGENT_SILENT_AFTER)}))`,
    read(json) {
      const [stored, isUp] = json as [unknown, boolean]
      const { writeback, unlockWithoutReset } = settings.read(stored)
      return { writeback, unlockWithoutReset, isUp }
    },
  }
}
