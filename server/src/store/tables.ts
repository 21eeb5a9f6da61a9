import type { ColumnType, Generated } from 'kysely'

// The row types of every table, as Kysely wants them. This file mirrors migrations/ and holds nothing else.

/** A column that a statement may leave out because the table has a default for it. */
type Optional<T> = ColumnType<T, T | undefined, T>
/** jsonb: read as a value, written as its JSON text. */
type Json<T> = ColumnType<T, string, string>

export interface TenantRow {
  tenant_id: string
  display_name: string
  color: string | null
  logo: Buffer | null
  logo_type: string | null
  preferred_language: Optional<string>
  country: Optional<string | null>
  created_at: Date
  protection: ColumnType<Record<string, unknown>, string | undefined, string>
  usual_resets_per_hour: Optional<number>
  usual_learnt_at: Optional<Date | null>
}

export interface DomainRow {
  tenant_id: string
  name: string
  is_default: Optional<boolean>
  verified_at: Date
}

export interface UserRow {
  tenant_id: string
  id: string
  user_principal_name: string
  user_principal_name_folded: string
  display_name: string
  given_name: string | null
  surname: string | null
  mail: string | null
  proxy_addresses: Optional<string[]>
  preferred_language: string | null
  account_enabled: Optional<boolean>
  password_mastered_in: Optional<'cloud' | 'directory'>
  security_epoch: Optional<number>
  created_at: Date
}

export interface PasswordRow {
  tenant_id: string
  user_id: string
  hash: Optional<string | null>
  hash_sealed: Buffer | null
  scheme: string
  set_at: Date
  must_change: Optional<boolean>
}

export interface PasswordHistoryRow {
  tenant_id: string
  user_id: string
  id: string
  hash: Optional<string | null>
  hash_sealed: Buffer | null
  set_at: Date
}

export interface BannedWordRow {
  tenant_id: string
  word: string
  added_at: Date
}

export interface GroupRow {
  tenant_id: string
  id: string
  display_name: string
  created_at: Date
}

export interface GroupMemberRow {
  tenant_id: string
  group_id: string
  member_kind: 'user' | 'group'
  member_id: string
}

export interface RoleAssignmentRow {
  tenant_id: string
  user_id: string
  role: string
  assigned_at: Date
}

export interface ResetPolicyRow {
  tenant_id: string
  id: string
  display_name: string
  priority: number
  included_groups: string[]
  excluded_groups: string[]
  is_default: Optional<boolean>
  settings: Json<unknown>
  updated_at: Date
}

export type StoredMethodKind = 'mobilePhone' | 'officePhone' | 'email' | 'securityQuestions' | 'authenticatorCode'
export type MethodSource = 'person' | 'administrator' | 'import' | 'directory'

export interface MethodRow {
  tenant_id: string
  id: string
  user_id: string
  kind: StoredMethodKind
  source: MethodSource
  value_sealed: Buffer | null
  value_hash: Buffer | null
  created_at: Date
  confirmed_at: Date | null
  last_used_step: ColumnType<string | null, number | null, number | null>
  proved_at: Optional<Date | null>
  blocked_at: Optional<Date | null>
}

export interface FormerAddressRow {
  tenant_id: string
  user_id: string
  id: string
  address_sealed: Buffer
  removed_at: Date
}

export interface SecurityAnswerRow {
  tenant_id: string
  user_id: string
  question: string
  question_text: string | null
  answer_hash: Optional<string | null>
  answer_sealed: Buffer | null
  registered_at: Date
}

export interface SessionRow {
  tenant_id: string
  id: string
  user_id: string
  token_hash: Buffer
  correlation_id: string
  security_epoch: number
  requires: 'change-password' | 'register' | 'confirm' | null
  password_at: Date
  proved_at: Date | null
  language: string
  created_at: Date
  expires_at: Date
  address: string
  user_agent: string
}

export interface DeviceRow {
  tenant_id: string
  id: string
  user_id: string
  token_hash: Buffer
  security_epoch: number
  created_at: Date
  expires_at: Date
}

export interface JourneyRow {
  tenant_id: string
  id: string
  kind: 'reset'
  user_id: string | null
  typed_name_sealed: Buffer
  browser_hash: Buffer
  security_epoch: number | null
  may_unlock: boolean
  problem: 'forgot' | 'unlock' | null
  refusal: string | null
  language: string
  created_at: Date
  expires_at: Date
  passwords_refused: Generated<number>
  contacted_at: Date | null
  finished_at: Date | null
}

export interface ChallengeRow {
  tenant_id: string
  id: string
  purpose: 'reset' | 'register' | 'session'
  journey_id: string | null
  session_id: string | null
  user_id: string | null
  security_epoch: number
  kind: StoredMethodKind
  channel: 'sms' | 'voice' | 'email' | null
  method_id: string | null
  destination_sealed: Buffer | null
  code_sealed: Buffer | null
  code_hash: Buffer | null
  questions: string[] | null
  language: string
  attempts: Generated<number>
  /** Keyed hashes of 16 bits of what was handed in: the same mistake made again is no new one. */
  given: Generated<number[]>
  created_at: Date
  expires_at: Date
  voided_at: Date | null
  consumed_at: Date | null
  delivery: 'pending' | 'sent' | 'failed' | null
}

export interface CounterRow {
  tenant_id: string
  kind: 'password' | 'proofs' | 'phoneNumber' | 'lock' | 'contact' | 'provedContact' | 'tenantContacts' | 'tenantProofs'
  subject: Buffer
  browser: 'familiar' | 'other'
  failures: number
  window_ends_at: Date
  blocked_until: Date | number | null
  recent: Optional<number[]>
  month_failures: Optional<number>
  month_ends_at: Optional<Date | null>
}

export interface SendRow {
  tenant_id: string
  scope: 'destination' | 'account' | 'destinationDay' | 'accountDay' | 'tenant' | 'country'
  subject: Buffer
  sent: number
  window_ends_at: Date
}

export interface NoticeRow {
  tenant_id: string
  id: string
  correlation_id: string
  template: string
  to_sealed: Buffer
  variables: Json<Record<string, string>>
  language: string
  created_at: Date
  sent_at: Date | null
  failed_at: Date | null
}

export interface AuditEventRow {
  tenant_id: string
  at: Date
  id: string
  activity: string
  result: 'success' | 'failure'
  reason: string | null
  actor_kind: 'user' | 'system' | 'operator'
  actor_id: string | null
  actor_name: string | null
  target_id: string | null
  target_name: string | null
  correlation_id: string
  address: string | null
  user_agent: string | null
  details: ColumnType<Record<string, string>, string, string>
  count: Optional<number>
}

export interface DemoOutboxRow {
  id: string
  sealed: Buffer
  sent_at: Date
}

export interface SpentCaptchaRow {
  id: Buffer
  expires_at: Date
}

export interface FloodPointsRow {
  key: string
  points: Optional<number>
  expire: string | null
}

export interface FactRow {
  name: string
  value: string
}

export interface Tables {
  tenants: TenantRow
  domains: DomainRow
  users: UserRow
  passwords: PasswordRow
  password_history: PasswordHistoryRow
  banned_words: BannedWordRow
  groups: GroupRow
  group_members: GroupMemberRow
  role_assignments: RoleAssignmentRow
  reset_policies: ResetPolicyRow
  methods: MethodRow
  former_addresses: FormerAddressRow
  security_answers: SecurityAnswerRow
  sessions: SessionRow
  devices: DeviceRow
  journeys: JourneyRow
  challenges: ChallengeRow
  counters: CounterRow
  sends: SendRow
  notices: NoticeRow
  audit_events: AuditEventRow
  demo_outbox: DemoOutboxRow
  spent_captchas: SpentCaptchaRow
  flood_points: FloodPointsRow
  facts: FactRow
}
