import { type Static, Type } from 'typebox'
import type { Means } from '../crypto/index.ts'
import { sql, type Trx } from '../store/index.ts'
import { methodKinds } from './kinds.ts'
import { namedByMethods } from './methodsPolicy.ts'
import { questionIds } from './questions.ts'
import { checkSettings, type Settings } from './settings.ts'

/** A security question on offer: one of Latchkey's own, by its id, or the tenant's own text. */
const Question = Type.Union([
  Type.Object({ id: Type.String({ minLength: 1, maxLength: 60 }) }, { additionalProperties: false }),
  Type.Object(
    {
      id: Type.String({ minLength: 1, maxLength: 60 }),
      text: Type.String({
        minLength: 3,
        maxLength: 200,
        pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$',
      }),
    },
    { additionalProperties: false },
  ),
])
export type OfferedQuestion = Static<typeof Question>

/** The settings of a reset policy (self-service password reset, §3.1–§3.6), with the range of each. */
const Schema = Type.Object(
  {
    /** Whether the people it fits may reset their password. */
    enabled: Type.Boolean(),
    /** How many proofs a reset asks for. */
    gates: Type.Union([Type.Literal(1), Type.Literal(2)]),
    methods: Type.Array(Type.Enum([...methodKinds]), { minItems: 1, uniqueItems: true }),
    questionsToRegister: Type.Integer({ minimum: 3, maximum: 5 }),
    questionsToReset: Type.Integer({ minimum: 3, maximum: 5 }),
    questions: Type.Array(Question, {
      maxItems: 20,
      description:
        'a list of at most 20 questions, by the id of a built-in one or with a text of 3 to 200 characters, as in [{"id":"first-dish"},{"id":"own1","text":"…"}]',
    }),
    registrationRequired: Type.Boolean(),
    registrationMayBePutOff: Type.Boolean(),
    /** The percentage of the people who may reset that should be able to: what reports measure against. */
    registrationGoal: Type.Integer({ minimum: 1, maximum: 100 }),
    /** 0: never. */
    reconfirmAfterDays: Type.Integer({ minimum: 0, maximum: 730 }),
    notifyUsers: Type.Boolean(),
    notifyAdministrators: Type.Boolean(),
    /** A mail address or an http(s) URL that replaces the mail to administrators. */
    helpdesk: Type.Union([
      Type.Null(),
      Type.String({
        maxLength: 500,
        pattern:
          '^(https?://[^\\s\\u0000-\\u001f\\u007f-\\u009f]+|[^\\s@\\u0000-\\u001f\\u007f-\\u009f]+@[^\\s@\\u0000-\\u001f\\u007f-\\u009f]+)$',
        description: 'a URL or mail address, such as https://help.example.com or help@example.com',
      }),
    ]),
    unlockAllowed: Type.Boolean(),
    /** Whether data that an administrator filled in counts for a reset before the person has confirmed it. */
    prefilledDataCounts: Type.Boolean(),
    /** Whether addresses in the tenant's own domains may be registered. */
    ownDomainEmailAllowed: Type.Boolean(),
    /** How long a method that was added or changed does not count for a reset yet. */
    coolingOffHours: Type.Integer({ minimum: 0, maximum: 720 }),
    /** Whether a passkey, which its device verifies its owner for, counts as both gates. */
    passkeyIsEnough: Type.Boolean(),
    /** Whether a help desk must check a caller before it gives a password or an access pass. */
    callerCheckRequired: Type.Boolean(),
    /** Whether a finished reset signs the person in; never for administrators. */
    signInAfterReset: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type ResetPolicySettings = Static<typeof Schema>

export const resetPolicy: Settings<ResetPolicySettings> = {
  schema: Schema,
  /** A new tenant's: reset off, and the rest as administrators know it (§3.8). */
  defaults: {
    enabled: false,
    gates: 1,
    methods: ['passkey', 'email', 'mobilePhone'],
    questionsToRegister: 5,
    questionsToReset: 3,
    questions: [],
    registrationRequired: true,
    registrationMayBePutOff: true,
    registrationGoal: 90,
    reconfirmAfterDays: 180,
    notifyUsers: true,
    notifyAdministrators: false,
    helpdesk: null,
    unlockAllowed: false,
    prefilledDataCounts: true,
    ownDomainEmailAllowed: true,
    coolingOffHours: 0,
    passkeyIsEnough: false,
    callerCheckRequired: false,
    signInAfterReset: true,
  },
  conflict({ gates, methods, questions, questionsToRegister, questionsToReset }) {
    if (questionsToReset > questionsToRegister) return 'questionsToReset: no more than questionsToRegister'
    // Two proofs by one method are one proof: nobody could ever pass.
    if (methods.length < gates) return 'methods: at least as many as gates'
    const wordless = questions.find(question => !('text' in question) && !questionIds.includes(question.id))
    if (wordless) return `questions: "${wordless.id}" is none of the built-in ones, so it needs a text`
    if (methods.includes('securityQuestions')) {
      if (new Set(questions.map(question => question.id)).size !== questions.length)
        return 'questions: an id stands twice'
      if (questions.length < questionsToRegister) return 'questions: at least as many as questionsToRegister'
    }
    // §2.6: somebody who loses the phone with the app must have another way.
    if (methods.includes('authenticatorCode') && methods.length <= gates)
      return 'methods: the authenticator app needs others beside it'
    // A sheet is used up, or stays at home.
    if (methods.includes('recoveryCode') && methods.length <= gates)
      return 'methods: recovery codes need others beside them'
    return undefined
  },
}

/** A policy of the tenant's list. The first in order of priority that fits a user is theirs; the default one is last. */
export interface ResetPolicy {
  id: string
  displayName: string
  priority: number
  includedGroups: string[]
  excludedGroups: string[]
  isDefault: boolean
  updatedAt: Date
  settings: ResetPolicySettings
}

const LAST = 2_147_483_647

/** Gives a new tenant its default policy. */
export async function createDefaultPolicy(trx: Trx, means: Means, tenantId: string) {
  await trx
    .insertInto('reset_policies')
    .values({
      tenant_id: tenantId,
      id: means.random.uuid(means.now),
      display_name: 'Default',
      priority: LAST,
      included_groups: [],
      excluded_groups: [],
      is_default: true,
      settings: JSON.stringify(resetPolicy.defaults),
      updated_at: means.now,
    })
    .execute()
}

/** The tenant's policies in the order in which they are tried. */
export async function listPolicies(trx: Trx, tenantId: string): Promise<ResetPolicy[]> {
  const rows = await trx
    .selectFrom('reset_policies')
    .select([
      'id',
      'display_name as displayName',
      'priority',
      'included_groups as includedGroups',
      'excluded_groups as excludedGroups',
      'is_default as isDefault',
      'updated_at as updatedAt',
      'settings',
    ])
    .where('tenant_id', '=', tenantId)
    .orderBy('is_default')
    .orderBy('priority')
    .execute()
  return rows.map(row => ({ ...row, settings: row.settings as ResetPolicySettings }))
}

/** A policy with what tells one state of it from another, for ETags. */
export interface VersionedPolicy extends ResetPolicy {
  version: string
}

/** For SQL: what every change of a policy's row changes. */
export const policyVersion = sql<string>`md5(reset_policies::text)`

/** A policy of the tenant, its row locked until the transaction ends; the default one where no id is given. Undefined for none. */
export async function lockPolicy(trx: Trx, id: string | undefined): Promise<VersionedPolicy | undefined> {
  const row = await trx
    .selectFrom('reset_policies')
    .select([
      'id',
      'display_name as displayName',
      'priority',
      'included_groups as includedGroups',
      'excluded_groups as excludedGroups',
      'is_default as isDefault',
      'updated_at as updatedAt',
      'settings',
      policyVersion.as('version'),
    ])
    .where('tenant_id', '=', trx.tenantId)
    .$if(id === undefined, query => query.where('is_default', '=', true))
    .$if(id !== undefined, query => query.where(sql<string>`id::text`, '=', id!.toLowerCase()))
    .forUpdate()
    .executeTakeFirst()
  return row && { ...row, settings: row.settings as ResetPolicySettings }
}

/** What of a policy is written. */
export interface PolicyChanges extends Partial<Omit<ResetPolicy, 'id' | 'isDefault' | 'updatedAt' | 'settings'>> {
  settings?: Partial<ResetPolicySettings> | undefined
}

/** Changes a locked policy. Returns its settings as they then are. Throws `policy_invalid`, changing nothing. */
export async function writePolicy(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  policy: ResetPolicy,
  changes: PolicyChanges,
): Promise<ResetPolicySettings> {
  const settings = checkSettings(resetPolicy, { ...policy.settings, ...changes.settings })
  const { displayName, priority, includedGroups, excludedGroups } = { ...policy, ...changes }
  await trx
    .updateTable('reset_policies')
    .set({
      display_name: displayName,
      priority,
      included_groups: includedGroups,
      excluded_groups: excludedGroups,
      settings: JSON.stringify(settings),
      updated_at: now,
    })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', policy.id)
    .execute()
  return settings
}

/** Changes some settings of the tenant's default policy. Returns what holds now. Throws `policy_invalid`, changing nothing. */
export async function changeDefaultPolicy(
  trx: Trx,
  means: Means,
  _tenantId: string,
  changes: Partial<ResetPolicySettings>,
): Promise<ResetPolicySettings> {
  const policy = await lockPolicy(trx, undefined)
  if (!policy) throw new Error('the tenant has no default policy')
  return writePolicy(trx, means, policy, { settings: changes })
}

/** Adds a policy for some groups, tried before policies of a higher priority number. Throws `policy_invalid`. Returns its id. */
export async function addPolicy(
  trx: Trx,
  means: Means,
  tenantId: string,
  policy: Omit<ResetPolicy, 'id' | 'isDefault' | 'updatedAt'>,
): Promise<string> {
  const id = means.random.uuid(means.now)
  await trx
    .insertInto('reset_policies')
    .values({
      tenant_id: tenantId,
      id,
      display_name: policy.displayName,
      priority: policy.priority,
      included_groups: policy.includedGroups,
      excluded_groups: policy.excludedGroups,
      settings: JSON.stringify(checkSettings(resetPolicy, policy.settings)),
      updated_at: means.now,
    })
    .execute()
  return id
}

/** The number behind every policy but the default one. */
export async function nextPriority(trx: Trx): Promise<number> {
  const { last } = await trx
    .selectFrom('reset_policies')
    .select(row => row.fn.max('priority').as('last'))
    .where('tenant_id', '=', trx.tenantId)
    .where('is_default', '=', false)
    .executeTakeFirstOrThrow()
  return (last ?? 0) + 1
}

/** Removes a policy: its people have the next one that fits. */
export async function removePolicy(trx: Trx, id: string): Promise<void> {
  await trx.deleteFrom('reset_policies').where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
}

/** Whether a policy of the tenant includes or excludes this group: of resets, or of methods. */
export async function isNamedByPolicy(trx: Trx, groupId: string): Promise<boolean> {
  const { rows } = await sql`
    select where ${namedByMethods(trx.tenantId, groupId)} or exists(
      select from reset_policies where tenant_id = ${trx.tenantId} and ${groupId}::uuid = any(included_groups || excluded_groups))`.execute(
    trx,
  )
  return rows.length > 0
}

/** The address to open of a policy's help desk; undefined where there is none. */
export const helpdeskAddress = (helpdesk: string | null | undefined): string | undefined =>
  helpdesk && !/^https?:/.test(helpdesk) ? `mailto:${helpdesk}` : helpdesk || undefined
