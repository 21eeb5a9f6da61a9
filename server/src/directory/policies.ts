import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'
import { directoryError } from './errors.ts'
import { type ProtectionSettings, readProtection } from './protection.ts'
import { questionIds } from './questions.ts'
import { isAdministrator } from './roles.ts'
import { checkFits } from './settings.ts'
import { NOBODY, selectUser, type User } from './users.ts'

/** The ways to prove who one is that a policy can allow. */
const methodKinds = ['mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'] as const
export type MethodKind = (typeof methodKinds)[number]

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

/** What a reset policy decides (self-service password reset, §3.1–§3.6), with the ranges of each setting. */
const Settings = Type.Object(
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
    /** Whether what an administrator filled in is good enough for a reset before the person has confirmed it. */
    prefilledDataCounts: Type.Boolean(),
    /** Whether addresses in the tenant's own domains may be registered. */
    ownDomainEmailAllowed: Type.Boolean(),
    /** How long a method that was added or changed does not count for a reset yet. */
    coolingOffHours: Type.Integer({ minimum: 0, maximum: 720 }),
    /** Whether a finished reset signs the person in; never for administrators. */
    signInAfterReset: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type ResetPolicySettings = Static<typeof Settings>

/** A new tenant's default policy: reset off, and the rest as administrators know it (§3.8). */
export const defaultSettings: ResetPolicySettings = {
  enabled: false,
  gates: 1,
  methods: ['email', 'mobilePhone'],
  questionsToRegister: 5,
  questionsToReset: 3,
  questions: [],
  registrationRequired: true,
  registrationMayBePutOff: true,
  reconfirmAfterDays: 180,
  notifyUsers: true,
  notifyAdministrators: false,
  helpdesk: null,
  unlockAllowed: false,
  prefilledDataCounts: true,
  ownDomainEmailAllowed: true,
  coolingOffHours: 0,
  signInAfterReset: true,
}

/** Refuses settings out of range or at odds with one another. Throws `policy_invalid`, naming the first thing wrong. */
export function checkSettings(settings: unknown): ResetPolicySettings {
  checkFits(Settings, settings)
  const read = settings as ResetPolicySettings
  if (read.questionsToReset > read.questionsToRegister)
    throw directoryError('policy_invalid', 'questionsToReset: no more than questionsToRegister')
  // Two proofs by one method are one proof: nobody could ever pass.
  if (read.methods.length < read.gates) throw directoryError('policy_invalid', 'methods: at least as many as gates')
  const wordless = read.questions.find(question => !('text' in question) && !questionIds.includes(question.id))
  if (wordless)
    throw directoryError(
      'policy_invalid',
      `questions: "${wordless.id}" is none of the built-in ones, so it needs a text`,
    )
  const asks = read.methods.includes('securityQuestions')
  if (asks && new Set(read.questions.map(question => question.id)).size !== read.questions.length)
    throw directoryError('policy_invalid', 'questions: an id stands twice')
  if (asks && read.questions.length < read.questionsToRegister)
    throw directoryError('policy_invalid', 'questions: at least as many as questionsToRegister')
  // §2.6: somebody who loses the phone with the app must have another way.
  if (read.methods.includes('authenticatorCode') && read.methods.length <= read.gates)
    throw directoryError('policy_invalid', 'methods: the authenticator app needs others beside it')
  return read
}

/** A policy of the tenant's list. The first in order of priority that fits a user is theirs; the default one is last. */
export interface ResetPolicy {
  id: string
  displayName: string
  priority: number
  includedGroups: string[]
  excludedGroups: string[]
  isDefault: boolean
  settings: ResetPolicySettings
}

/** What holds for one person. */
export interface EffectivePolicy {
  id: string
  settings: ResetPolicySettings
  /** What would hold without any role: all that a stranger learns. */
  plain: ResetPolicySettings
  /** Whether some other policy of the tenant lets people reset: tells "not you" from "nobody". */
  enabledForSome: boolean
  /** Whether the fixed rules for administrators replaced the tenant's. */
  administrator: boolean
  /** What a tenant that conceals its accounts shows for every name; undefined where no policy lets anybody reset. */
  face: ResetPolicySettings | undefined
}

/**
 * Administrators' fixed rules (§2.9): always enabled, two proofs, never questions, never data that they did not prove themselves.
 * So no office phone either: a colleague fills it in, and could put their own number there to take a stronger account over.
 */
const forAdministrators = (settings: ResetPolicySettings): ResetPolicySettings => ({
  ...settings,
  enabled: true,
  gates: 2,
  methods: ['mobilePhone', 'email', 'authenticatorCode'],
  prefilledDataCounts: false,
  signInAfterReset: false,
})

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
      settings: JSON.stringify(defaultSettings),
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
      'settings',
    ])
    .where('tenant_id', '=', tenantId)
    .orderBy('is_default')
    .orderBy('priority')
    .execute()
  return rows.map(row => ({ ...row, settings: row.settings as ResetPolicySettings }))
}

/** Changes some settings of the tenant's default policy. Returns what holds now. Throws `policy_invalid`, changing nothing. */
export async function changeDefaultPolicy(
  trx: Trx,
  means: Means,
  tenantId: string,
  changes: Partial<ResetPolicySettings>,
): Promise<ResetPolicySettings> {
  const current = await trx
    .selectFrom('reset_policies')
    .select('settings')
    .where('tenant_id', '=', tenantId)
    .where('is_default', '=', true)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const settings = checkSettings({ ...(current.settings as ResetPolicySettings), ...changes })
  await trx
    .updateTable('reset_policies')
    .set({ settings: JSON.stringify(settings), updated_at: means.now })
    .where('tenant_id', '=', tenantId)
    .where('is_default', '=', true)
    .execute()
  return settings
}

/** Adds a policy for some groups, tried before those of a higher priority number. Throws `policy_invalid`. Returns its id. */
export async function addPolicy(
  trx: Trx,
  means: Means,
  tenantId: string,
  policy: Omit<ResetPolicy, 'id' | 'isDefault'>,
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
      settings: JSON.stringify(checkSettings(policy.settings)),
      updated_at: means.now,
    })
    .execute()
  return id
}

/** A policy as it was tried on one person. */
export interface TriedPolicy {
  id: string
  settings: ResetPolicySettings
  fits: boolean
}

/** The tenant's policies in order, each with whether it fits the person of this id; for SQL, as a jsonb array. `person` is an expression. */
export const triedPolicies = (tenantId: string, person: RawBuilder<unknown>) => sql<TriedPolicy[]>`(
  with recursive membership as (
    select group_id from group_members where tenant_id = ${tenantId} and member_id = ${person}
    union
    select above.group_id from group_members above join membership on above.member_id = membership.group_id
    where above.tenant_id = ${tenantId}
  ), groups as (select coalesce(array_agg(group_id), '{}') ids from membership)
  select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'settings', p.settings, 'fits',
      p.is_default or ((p.included_groups = '{}' or p.included_groups && groups.ids)
        and not p.excluded_groups && groups.ids)) order by p.is_default, p.priority), '[]')
  from reset_policies p cross join groups
  where p.tenant_id = ${tenantId})`

/** Somebody and the policy that fits them. */
export interface Account {
  /** The account that the name or id leads to, switched off or not. */
  found: User | undefined
  /** The same, where it is switched on: whom a journey may serve. */
  user: User | undefined
  policy: EffectivePolicy
  protection: ProtectionSettings
}

/** An account as it is stored. */
export interface StoredAccount {
  found: User | null
  tried: TriedPolicy[]
  protection: Record<string, unknown>
}

/** For SQL: the user that `match` finds, as `with` takes it. `lock`: as in `findAccount`. */
export const subjectOf = (trx: Trx, tenantId: string, match: RawBuilder<unknown>, lock = false) =>
  sql`subject as (${selectUser(trx)
    .where('users.tenant_id', '=', tenantId)
    .where(sql<boolean>`${match}`)
    .$if(lock, query => query.forNoKeyUpdate('users'))})`

/** For SQL: the columns of a `StoredAccount`, from `tenants left join subject on true`. */
export const accountColumns = (tenantId: string) =>
  sql`to_json(subject) as found, ${triedPolicies(tenantId, sql`subject.id`)} as tried, tenants.protection`

/**
 * For SQL: the id of the subject where their account is switched on, else the one that stands for nobody: what is skipped for an unknown name could be measured.
 * No `coalesce`: under row-level security it reaches no index, and each step of a reset would read the whole tenant.
 */
export const subjectId = sql`case when subject."accountEnabled" then subject.id else ${sql.lit(NOBODY)}::uuid end`

/** What was stored, with the policy that fits. */
export function readAccount(tenantId: string, stored: StoredAccount | undefined): Account {
  const found = stored?.found ?? undefined
  const user = found?.accountEnabled ? found : undefined
  const policy = choosePolicy(tenantId, stored?.tried ?? [], user)
  return { found, user, policy, protection: readProtection(stored?.protection) }
}

/**
 * A user by name (from `readName`) or id, the policy that fits, and the tenant's protection settings, in one statement.
 * `lock`: the user's row until the transaction ends, so that of two acts that each end what the other stands on, one comes first.
 */
export async function findAccount(
  trx: Trx,
  tenantId: string,
  by: { name: string } | { id: string | null },
  lock = false,
): Promise<Account> {
  const match = 'name' in by ? sql`users.user_principal_name_folded = ${by.name}` : sql`users.id = ${by.id}::uuid`
  const { rows } = await sql<StoredAccount>`
    with ${subjectOf(trx, tenantId, match, lock)}
    select ${accountColumns(tenantId)} from tenants left join subject on true where tenants.tenant_id = ${tenantId}`.execute(
    trx,
  )
  return readAccount(tenantId, rows[0])
}

/**
 * The policy that fits, of those that were tried: the first in order whose included groups (none means everybody) the user is in and whose excluded groups the user is not in, directly or through other groups.
 * For nobody in particular (an unknown name) it is the first that lets people reset, so that such a name reads like that of somebody who never registered.
 */
export function choosePolicy(tenantId: string, tried: readonly TriedPolicy[], user: User | undefined): EffectivePolicy {
  const enabled = tried.find(policy => policy.settings.enabled)
  const found = (user === undefined && enabled) || tried.find(policy => policy.fits)
  const administrator = user !== undefined && isAdministrator(user)
  // The empty tenant has no policy row; the defaults stand in, so that it refuses like a tenant where nobody is registered.
  const settings = found?.settings ?? { ...defaultSettings, enabled: true }
  // Settings are checked when they are written. Damaged ones must not pass for fewer gates than were asked for, nor for none.
  if (settings.gates !== 1 && settings.gates !== 2)
    throw directoryError('policy_invalid', 'the stored gates are no number')
  return {
    id: found?.id ?? tenantId,
    settings: administrator ? forAdministrators(settings) : settings,
    plain: settings,
    enabledForSome: enabled !== undefined,
    administrator,
    face: faceOf(tried),
  }
}

/** The first policy that lets people reset, with the ways of every such policy and as many questions as any of them asks: nothing in it depends on a name, and nobody gets through with less than their own policy wants. */
function faceOf(tried: readonly TriedPolicy[]): ResetPolicySettings | undefined {
  const enabled = tried.filter(policy => policy.settings.enabled)
  const offered = new Set(enabled.flatMap(policy => policy.settings.methods))
  const most = (key: 'questionsToRegister' | 'questionsToReset') =>
    Math.max(...enabled.map(({ settings }) => settings[key]))
  return (
    enabled[0] && {
      ...enabled[0].settings,
      methods: methodKinds.filter(kind => offered.has(kind)),
      questionsToRegister: most('questionsToRegister'),
      questionsToReset: most('questionsToReset'),
    }
  )
}
