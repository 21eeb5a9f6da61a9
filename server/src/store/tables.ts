import type { ColumnType, Selectable } from 'kysely'

// This file is long because it is printed: the row of every table, from PostgreSQL's catalogue, by `npm run tables`.

/** A column that a statement may leave out, because the table has a default for it. */
type Optional<T> = [T] extends [ColumnType<infer S, infer I, infer U>]
  ? ColumnType<S, I | undefined, U>
  : ColumnType<T, T | undefined, T>
/** jsonb: read as a value, written as its JSON text. */
type Json<T> = ColumnType<T, string, string>
/** bigint: read as text. */
type BigInteger = ColumnType<string, number | string, number | string>
/** A column of one of the two that may hold nothing. */
type Nullable<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S | null, I | null, U | null> : never

/** A row of a table, as it is read. */
export type Row<T extends keyof Tables> = Selectable<Tables[T]>

export interface Tables {
  access_passes: {
    tenant_id: string
    user_id: string
    pass_hash: Buffer
    security_epoch: number
    once: boolean
    used_at: Date | null
    starts_at: Date
    ends_at: Date
    id: Optional<string>
    created_at: Optional<Date>
  }
  account_check_links: {
    tenant_id: string
    id: string
    token_hash: Buffer
    subject: Buffer
    address_sealed: Buffer
    created_at: Date
    expires_at: Date
  }
  account_words: {
    tenant_id: string
    user_id: string
    word: string
  }
  accounts: {
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
    step_methods: string[] | null
    department: string | null
    company_name: string | null
    mail_nickname: string | null
    job_title: string | null
    office_location: string | null
    city: string | null
    state: string | null
    country: string | null
    postal_code: string | null
    street_address: string | null
    employee_id: string | null
    usage_location: string | null
    on_premises_immutable_id: string | null
    on_premises_sync_enabled: Optional<boolean>
    on_premises_last_sync_at: Date | null
    password_policies: 'DisablePasswordExpiration' | null
    sessions_valid_from: Date | null
    deleted_at: Date | null
    is_deleted: Optional<boolean>
    version: Optional<number>
    changed_in: Optional<string>
    display_name_folded: string
    given_name_folded: string | null
    surname_folded: string | null
    mail_folded: string | null
    department_folded: string | null
    company_name_folded: string | null
    mail_nickname_folded: string | null
    job_title_folded: string | null
    office_location_folded: string | null
    city_folded: string | null
    state_folded: string | null
    country_folded: string | null
    postal_code_folded: string | null
    street_address_folded: string | null
    employee_id_folded: string | null
    usage_location_folded: string | null
    preferred_language_folded: string | null
    on_premises_immutable_id_folded: string | null
    user_principal_name_reversed: Optional<string | null>
    mail_reversed: Optional<string | null>
    registration_asked_at: Date | null
    directory_anchor: string | null
    directory_locked_at: Date | null
    directory_protected: Optional<boolean>
    directory_must_change: Optional<boolean>
    directory_password_at: Date | null
    directory_unsure_at: Date | null
    directory_lockout: Nullable<Json<unknown>>
    settling_until: Date | null
  }
  administrator_invitations: {
    tenant_id: string
    id: string
    token_hash: Buffer
    address_sealed: Buffer
    invited_by: string | null
    created_at: Date
    expires_at: Date
    browser_hashes: Optional<Buffer[]>
    joined_at: Date | null
    inviter: Nullable<Json<unknown>>
    proposed: Nullable<Json<unknown>>
  }
  agent_requests: {
    tenant_id: string
    id: string
    agent_id: string
    sealed: string
    expires_at: Date
    sent_at: Date | null
    answer: string | null
    password_of: string | null
    must_change: Optional<boolean>
  }
  agent_tokens: {
    tenant_id: string
    token_hash: Buffer
    expires_at: Date
  }
  agents: {
    tenant_id: string
    id: string
    name: string
    version: string
    signing_key: Json<unknown>
    sealing_key: Json<unknown>
    enrolled_at: Date
    link_id: string | null
    last_beat_at: Date | null
    latency_ms: number | null
    former_signing_key: Nullable<Json<unknown>>
    former_ends_at: Date | null
  }
  announcement_stops: {
    tenant_id: string
    user_id: string
    stopped_at: Date
  }
  application_groups: {
    tenant_id: string
    app_id: string
    group_id: string
    role_id: string
    assigned_at: Date
  }
  application_owners: {
    tenant_id: string
    app_id: string
    owner_kind: 'user' | 'servicePrincipal'
    owner_id: string
    user_id: Optional<string | null>
    service_principal_id: Optional<string | null>
  }
  application_secrets: {
    tenant_id: string
    app_id: string
    id: string
    display_name: string
    hint: string
    hash_sealed: Buffer
    starts_at: Date
    expires_at: Date
    last_used_at: Date | null
  }
  application_users: {
    tenant_id: string
    app_id: string
    user_id: string
    role_id: string
    assigned_at: Date
  }
  asked_jobs: {
    name: string
  }
  assistants: {
    tenant_id: string
    id: string
    browser_hash: Buffer
    told_sealed: Buffer
    steps: Optional<number>
    created_at: Date
    expires_at: Date
  }
  audit_events: {
    tenant_id: string
    at: Date
    id: string
    activity: string
    result: 'success' | 'failure'
    reason: string | null
    actor_kind: 'user' | 'application' | 'partner' | 'system' | 'operator'
    actor_id: string | null
    actor_name: string | null
    target_id: string | null
    target_name: string | null
    correlation_id: string
    address: string | null
    user_agent: string | null
    details: Optional<Json<Record<string, string>>>
    count: Optional<number>
    support_code: string | null
    app_id: string | null
  }
  banned_words: {
    tenant_id: string
    word: string
    added_at: Date
  }
  branding: {
    tenant_id: string
    locale: string
    settings: Json<Record<string, string | null>>
    changed_at: Date
  }
  branding_images: {
    tenant_id: string
    locale: string
    kind: 'bannerLogo' | 'squareLogo' | 'squareLogoDark' | 'headerLogo' | 'favicon' | 'backgroundImage'
    type: 'image/png' | 'image/jpeg' | 'image/webp'
    image: Buffer
  }
  branding_previews: {
    tenant_id: string
    id: string
    kind: 'bannerLogo' | 'squareLogo' | 'squareLogoDark' | 'headerLogo' | 'favicon' | 'backgroundImage'
    type: 'image/png' | 'image/jpeg' | 'image/webp'
    image: Buffer
    expires_at: Date
  }
  bulk_jobs: {
    tenant_id: string
    id: string
    kind: string
    is_dry_run: boolean
    file_name: string | null
    creator_kind: 'user' | 'application' | 'partner'
    creator_id: string
    app_id: string
    scopes: string[]
    acr: string | null
    auth_time: Date | null
    security_epoch: number | null
    query_sealed: Buffer | null
    status: Optional<'notStarted' | 'running' | 'succeeded' | 'failed' | 'canceled' | 'stopped'>
    created_at: Date
    started_at: Date | null
    progressed_at: Date
    ended_at: Date | null
    total: number | null
    succeeded: Optional<number>
    failed: Optional<number>
    passwords_taken_at: Date | null
    home_tenant_id: string | null
  }
  bulk_rows: {
    tenant_id: string
    job_id: string
    number: number
    input_sealed: Buffer | null
    faults: Optional<number>
    status: number | null
    object_id: string | null
    code: string | null
    target: string | null
    password_sealed: Buffer | null
  }
  caller_checks: {
    tenant_id: string
    id: string
    user_id: string
    security_epoch: number
    asked_by: string
    means: 'approvalLink' | 'callBack' | 'inPerson'
    choices: string[]
    spoken: string | null
    link_id: string | null
    browser_hash: Buffer | null
    created_at: Date
    expires_at: Date
    approved_at: Date | null
    denied_at: Date | null
    outcome: 'resolved' | 'unresolved' | 'handedOver' | 'wrongPerson' | null
    given_kind: 'password' | 'pass' | null
    given_sealed: Buffer | null
    given_until: Date | null
  }
  case_links: {
    tenant_id: string
    id: string
    case_id: string
    token_hash: Buffer
    created_at: Date
    expires_at: Date
    opens_as: Optional<'asker' | 'provider'>
  }
  case_messages: {
    tenant_id: string
    id: string
    case_id: string
    written_by: 'asker' | 'administrator' | 'provider' | 'operator'
    at: Date
    text_sealed: Buffer
    learned_sealed: Buffer | null
  }
  cases: {
    tenant_id: string
    id: string
    number: string
    kind: 'no-administrator' | 'colleague' | 'no-way-in' | 'domain' | 'other'
    domain: string
    asker: Buffer
    address_sealed: Buffer
    language: string
    browser_hashes: Buffer[]
    created_at: Date
    opened_at: Date | null
    asked: 'administrators' | 'provider' | 'operator'
    answered_at: Date | null
    due_at: Date
    closed_at: Date | null
    result: 'resolved' | 'refused' | 'withdrawn' | 'unanswered' | null
    proof: string | null
    dns_proved_at: Date | null
    last_check: Nullable<Json<unknown>>
    provider: Buffer | null
    provider_hashes: Optional<Buffer[]>
    raised_by: string | null
    user_id: string | null
    address_proved_at: Date | null
    finding: string | null
    check_means: string | null
    checked_at: Date | null
  }
  challenges: {
    tenant_id: string
    id: string
    purpose: 'reset' | 'register' | 'session'
    journey_id: string | null
    session_id: string | null
    user_id: string | null
    security_epoch: number
    kind:
      | 'passkey'
      | 'mobilePhone'
      | 'officePhone'
      | 'email'
      | 'securityQuestions'
      | 'authenticatorCode'
      | 'recoveryCode'
    channel: 'sms' | 'voice' | 'email' | null
    method_id: string | null
    destination_sealed: Buffer | null
    code_sealed: Buffer | null
    code_hash: Buffer | null
    questions: string[] | null
    language: string
    attempts: Optional<number>
    created_at: Date
    expires_at: Date
    voided_at: Date | null
    consumed_at: Date | null
    delivery: 'pending' | 'sent' | 'failed' | null
    given: Optional<number[]>
    receipt: 'delivered' | 'undelivered' | null
    gateway_message: string | null
    spoken_sealed: Buffer | null
    repeats: Optional<number>
  }
  contact_info: {
    tenant_id: string
    user_id: string
    kind: 'mobilePhone' | 'officePhone' | 'email'
    id: string
    value_sealed: Buffer
    value_hash: Buffer
    set_at: Date
    set_by: 'administrator' | 'import' | 'directory'
    confirmed_at: Date | null
    blocked_at: Date | null
    ending_hash: Buffer | null
    failing_since: Date | null
    failing_reason: string | null
  }
  counters: {
    tenant_id: string
    kind:
      | 'password'
      | 'directory'
      | 'proofs'
      | 'phoneNumber'
      | 'lock'
      | 'contact'
      | 'provedContact'
      | 'tenantContacts'
      | 'tenantProofs'
      | 'approval'
    subject: Buffer
    browser: 'familiar' | 'other'
    failures: number
    window_ends_at: Date
    blocked_until: Date | number | null
    recent: Optional<number[]>
    month_failures: Optional<number>
    month_ends_at: Date | null
  }
  customer_tags: {
    tenant_id: string
    customer_id: string
    tags: string[]
  }
  daps: {
    tenant_id: string
    other_tenant_id: string
    starts_at: Date
    ends_at: Date
    ended_at: Date | null
    awake_at: Date
    last_used_at: Date | null
    due_at: Date | null
  }
  deliveries: {
    tenant_id: string
    subscription_id: string
    id: string
    at: Date
    change: 'created' | 'updated' | 'deleted' | 'missed' | 'subscriptionRemoved'
    object_id: string | null
    message_id: string | null
    attempts: Optional<number>
    attempted_at: Date | null
    gives_up_at: Date
    status: Optional<'waiting' | 'delivered' | 'dead'>
    problem: string | null
  }
  demo_outbox: {
    id: string
    sealed: Buffer
    sent_at: Date
  }
  device_codes: {
    tenant_id: string
    id: string
    device_code_hash: Buffer
    user_code_hash: Buffer
    app_id: string
    address: string | null
    asked_at: Date
    expires_at: Date
    poll_seconds: number
    next_poll_at: Date
    answered_at: Date | null
    user_id: string | null
    security_epoch: number | null
    proof: Nullable<Json<{ acr: string; amr: string[]; authTime: number }>>
    refusal: 'declined' | 'not_assigned' | 'needs_administrator' | 'no_second_step' | null
    grant_id: string | null
    claimed_at: Date | null
    request_sealed: Buffer
  }
  devices: {
    tenant_id: string
    id: string
    user_id: string
    token_hash: Buffer
    security_epoch: number
    created_at: Date
    expires_at: Date
    step_at: Date | null
    step_by: string | null
  }
  domains: {
    tenant_id: string
    name: string
    is_default: Optional<boolean>
    verified_at: Date | null
    added_at: Date
    is_initial: Optional<boolean>
    is_root: Optional<boolean>
    proof: string | null
    checks: Optional<number>
    checked_at: Date | null
    removal: 'Scheduled' | 'InProgress' | 'Failed' | null
    removal_at: Date | null
    removal_disables: Optional<boolean>
    added_by: string | null
    last_check: Nullable<Json<unknown>>
    next_check_at: Date | null
    zone: string | null
    registrar: string | null
    gone: 'record' | 'domain' | null
    gone_since: Date | null
    warned_at: Date | null
    contested_until: Date | null
    contested_by: string | null
    former_proof: string | null
    uncontested_until: Date | null
    contesting_until: Date | null
    taken_by: string | null
  }
  erased_accounts: {
    tenant_id: string
    id: string
    changed_in: Optional<string>
    erased_at: Optional<Date>
  }
  erased_groups: {
    tenant_id: string
    id: string
    changed_in: Optional<string>
    erased_at: Optional<Date>
  }
  external_ids: {
    tenant_id: string
    app_id: string
    object_id: string
    object_kind: 'user' | 'group'
    external_id: string
    user_id: Optional<string | null>
    group_id: Optional<string | null>
  }
  facts: {
    name: string
    value: string
  }
  flood_points: {
    key: string
    points: Optional<number>
    expire: Nullable<BigInteger>
  }
  former_addresses: {
    tenant_id: string
    user_id: string
    id: string
    address_sealed: Buffer
    removed_at: Date
  }
  former_members: {
    tenant_id: string
    group_id: string
    member_kind: 'user' | 'group' | 'servicePrincipal'
    member_id: string
    removed_in: Optional<string>
    removed_at: Date
  }
  gdap_assignments: {
    tenant_id: string
    id: string
    other_tenant_id: string
    offer_id: string
    group_id: string
    roles: string[]
    created_at: Date
    modified_at: Date
    version: Optional<number>
  }
  gdap_grants: {
    tenant_id: string
    id: string
    other_tenant_id: string
    display_name: string
    roles: string[]
    duration: string
    auto_extend: boolean
    decided_at: Date
    ends_at: Date | null
    ended_at: Date | null
    end_reason: 'rejected' | 'terminatedByCustomer' | 'terminatedByPartner' | 'expired' | null
    last_used_at: Date | null
    modified_at: Date
    due_at: Date | null
    version: Optional<number>
  }
  gdap_offers: {
    tenant_id: string
    id: string
    other_tenant_id: string | null
    customer_name: string | null
    display_name: string
    display_name_folded: string
    roles: string[]
    duration: string
    auto_extend: boolean
    created_at: Date
    modified_at: Date
    locked_at: Date | null
    token_hash: Buffer | null
    ended_at: Date | null
    version: Optional<number>
  }
  gdap_requests: {
    tenant_id: string
    id: string
    offer_id: string
    action:
      | 'lockForApproval'
      | 'terminate'
      | 'delegatedAdminAccessAssignmentUpdate'
      | 'delegatedAdminRelationshipUpdate'
    created_at: Date
  }
  group_members: {
    tenant_id: string
    group_id: string
    member_kind: 'user' | 'group' | 'servicePrincipal'
    member_id: string
    holds_roles: Optional<boolean>
    changed_in: Optional<string>
    user_id: Optional<string | null>
    inner_group_id: Optional<string | null>
    service_principal_id: Optional<string | null>
  }
  group_owners: {
    tenant_id: string
    group_id: string
    owner_kind: 'user' | 'servicePrincipal'
    owner_id: string
    holds_roles: boolean
    user_id: Optional<string | null>
    service_principal_id: Optional<string | null>
  }
  groups: {
    tenant_id: string
    id: string
    display_name: string
    created_at: Date
    description: string | null
    mail_nickname: string | null
    is_role_assignable: Optional<boolean>
    display_name_folded: string
    description_folded: string | null
    mail_nickname_folded: string | null
    deleted_at: Date | null
    version: Optional<number>
    changed_in: Optional<string>
    directory_anchor: string | null
    on_premises_last_sync_at: Date | null
  }
  journeys: {
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
    passwords_refused: Optional<number>
    contacted_at: Date | null
    finished_at: Date | null
    counter_keys: Optional<Buffer[]>
    sign_in_id: string | null
    directory_rules: Nullable<Json<unknown>>
    support_code: string | null
  }
  last_sign_ins: {
    tenant_id: string
    user_id: string
    at: Date
  }
  mailbox_challenges: {
    tenant_id: string
    id: string
    journey_id: string
    address_sealed: Buffer
    code_hash: Buffer
    code_sealed: Buffer | null
    stop_sealed: Buffer | null
    language: string
    created_at: Date
    expires_at: Date
    voided_at: Date | null
    consumed_at: Date | null
    attempts: Optional<number>
    given: Optional<number[]>
    delivery: 'pending' | 'sent' | 'failed'
    undelivered: 'domain_without_mail' | null
    receipt: 'delivered' | 'undelivered' | null
  }
  mailbox_links: {
    tenant_id: string
    id: string
    token_hash: Buffer
    purpose: 'stop'
    subject: Buffer
    created_at: Date
    expires_at: Date
  }
  mailed_links: {
    tenant_id: string
    id: string
    token_hash: Buffer
    purpose: 'reset' | 'approval'
    user_id: string
    security_epoch: number
    created_at: Date
    expires_at: Date
    claimed_at: Date | null
  }
  methods: {
    tenant_id: string
    id: string
    user_id: string
    kind:
      | 'passkey'
      | 'mobilePhone'
      | 'officePhone'
      | 'email'
      | 'securityQuestions'
      | 'authenticatorCode'
      | 'recoveryCode'
    source: 'person' | 'administrator' | 'import' | 'directory'
    value_sealed: Buffer | null
    value_hash: Buffer | null
    created_at: Date
    confirmed_at: Date | null
    last_used_step: Nullable<BigInteger>
    blocked_at: Date | null
    proved_at: Date | null
    by_password_at: Date | null
    failing_since: Date | null
    failing_reason: string | null
  }
  moved_passkeys: {
    tenant_id: string
    user_id: string
    now_in: string
  }
  notice_wordings: {
    tenant_id: string
    kind: string
    language: string
    subject: string | null
    opening: string | null
    closing: string | null
  }
  notices: {
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
    secret_sealed: Buffer | null
    receipt: 'delivered' | 'undelivered' | null
  }
  onboarding_links: {
    tenant_id: string
    id: string
    onboarding_id: string
    token_hash: Buffer
    created_at: Date
    expires_at: Date
  }
  onboarding_tenants: {
    tenant_id: string
    onboarding_id: string
    use: 'this' | 'dedicated'
    will_use: number
    expires_at: Date
  }
  onboardings: {
    tenant_id: string
    id: string
    browser_hashes: Buffer[]
    created_at: Date
    expires_at: Date
    has_domain: boolean | null
    domain: string | null
    used_here: boolean | null
    lookups: Optional<number>
  }
  opened_applications: {
    tenant_id: string
    sid: string
    app_id: string
    issuer: string
    user_id: string
    opened_at: Date
  }
  organization_consents: {
    tenant_id: string
    app_id: string
    scopes: string[]
    permissions: string[]
    given_at: Date
    given_by: string | null
  }
  other_mails: {
    tenant_id: string
    user_id: string
    place: number
    id: string
    value_sealed: Buffer
    value_hash: Buffer
  }
  partner_accounts: {
    tenant_id: string
    partner_id: string
    legal_profile: Json<unknown>
    contacts_sealed: Buffer
    changed_at: Date | null
    agreement: Nullable<Json<unknown>>
    suspended_at: Date | null
    suspension: 'abuse' | 'verification' | 'operator' | null
    created_at: Date
    version: Optional<number>
    claimed_by: string | null
    claimed_at: Date | null
    desk_place: Nullable<BigInteger>
  }
  partner_activities: {
    tenant_id: string
    id: string
    other_tenant_id: string
    at: Date
    operation: string
    resource: string
    result: string
    customer_id: string | null
    customer_name: string | null
    relationship_id: string | null
    details: Json<unknown>
    user_name: string | null
    display_name: string | null
    application_id: string | null
    correlation_id: string
  }
  partner_agent_groups: {
    tenant_id: string
    role: 'Admin agent' | 'Helpdesk agent' | 'Sales agent'
    group_id: string
  }
  partner_document_parts: {
    tenant_id: string
    document_id: string
    place: number
    content_sealed: Buffer
  }
  partner_documents: {
    tenant_id: string
    id: string
    stage: string
    type: string
    name_sealed: Buffer
    size: number
    sha256: string
    media_type: 'application/pdf' | 'image/png' | 'image/jpeg'
    added_at: Date
    handed_in_at: Date | null
    decided_at: Date | null
    expires_at: Date
  }
  partner_enrollments: {
    tenant_id: string
    id: string
    program: 'membership' | 'indirectReseller' | 'indirectProvider' | 'directBill'
    created_at: Date
    submitted_at: Date | null
    admitted_at: Date | null
    signed_at: Date | null
    ended_at: Date | null
    outcome: 'refused' | 'withdrawn' | null
  }
  partner_invitations: {
    tenant_id: string
    id: string
    kind: 'reseller' | 'partnership' | 'both'
    dap: boolean
    reseller_tenant_id: string | null
    token_hash: Buffer
    created_at: Date
    expires_at: Date
    ended_at: Date | null
    outcome: 'accepted' | 'declined' | 'revoked' | null
    other_tenant_id: string | null
  }
  partner_mailbox_links: {
    tenant_id: string
    id: string
    mailbox_hash: Buffer
    token_hash: Buffer
    created_at: Date
    expires_at: Date
  }
  partner_role_assignments: {
    tenant_id: string
    id: string
    user_id: string
    role: 'Account admin' | 'Membership admin'
    assigned_at: Date
  }
  partner_stage_events: {
    tenant_id: string
    id: string
    at: Date
    stage: string
    status: string
    by: 'firm' | 'reviewer' | 'operator' | 'system'
    reason: string | null
    text_sealed: Buffer | null
  }
  partner_stages: {
    tenant_id: string
    stage: 'emailOwnership' | 'employment' | 'business' | 'dueDiligence'
    status: 'pending' | 'accepted' | 'rejected' | 'actionNeeded'
    since: Date
    due_at: Date | null
    reason:
      | 'name_mismatch'
      | 'address_mismatch'
      | 'not_registered'
      | 'document_old'
      | 'document_unreadable'
      | 'document_incomplete'
      | 'domain_not_theirs'
      | 'contact_not_employee'
      | 'contact_unreachable'
      | 'other'
      | null
    required_documents: Optional<string[]>
    rejected_by: string | null
    look_at: Date | null
  }
  partner_uses: {
    tenant_id: string
    other_tenant_id: string
    user_id: string
    user_name: string
    display_name: string
    first_used_at: Date
    last_used_at: Date
  }
  passkeys: {
    tenant_id: string
    id: string
    user_id: string
    credential_id: Buffer
    public_key: Buffer
    sign_count: BigInteger
    aaguid: string
    name: string | null
    transports: string[]
    may_sync: boolean
    synced: boolean
    rp_id: string
    created_at: Date
    last_used_at: Date | null
    last_challenge_at: Date | null
    by_password_at: Date | null
    handle_tenant_id: string | null
  }
  password_history: {
    tenant_id: string
    user_id: string
    id: string
    hash: string | null
    set_at: Date
    hash_sealed: Buffer | null
  }
  passwords: {
    tenant_id: string
    user_id: string
    hash: string | null
    set_at: Date
    must_change: Optional<boolean>
    hash_sealed: Buffer | null
    scheme: string
  }
  policy_previews: {
    tenant_id: string
    id: string
    maker_id: string
    status: Optional<'running' | 'succeeded' | 'failed'>
    write: Json<Record<string, unknown>>
    version: string | null
    counts: Nullable<Json<unknown>>
    created_at: Date
    expires_at: Date
  }
  previewed_users: {
    tenant_id: string
    preview_id: string
    user_id: string
    effects: string[]
    before: Json<unknown>
    after: Json<unknown>
  }
  provider_records: {
    tenant_id: string
    kind:
      | 'AccessToken'
      | 'AuthorizationCode'
      | 'ClientCredentials'
      | 'DeviceCode'
      | 'Grant'
      | 'PushedAuthorizationRequest'
      | 'RefreshToken'
      | 'ReplayDetection'
    id: Buffer
    grant_id: Buffer | null
    app_id: string | null
    user_id: string | null
    security_epoch: number | null
    payload: Json<Record<string, unknown>>
    consumed_at: Date | null
    expires_at: Date
  }
  recovery_codes: {
    tenant_id: string
    method_id: string
    code_hash: Buffer
    used_at: Date | null
    challenge_id: string | null
    sheet: Optional<'A' | 'B'>
  }
  registered_applications: {
    tenant_id: string
    app_id: string
    principal_id: string
    display_name: string
    settings: Json<unknown>
    created_at: Date
    id: string
    display_name_folded: string
    description: string | null
    notes: string | null
    deleted_at: Date | null
    version: Optional<number>
  }
  registration_rounds: {
    tenant_id: string
    marked_to: string | null
  }
  registration_summaries: {
    tenant_id: string
    date: string
    summary: Json<unknown>
  }
  registrations: {
    tenant_id: string
    user_id: string
    due_at: Optional<Date>
    judged_at: Date | null
    policy_id: string | null
    is_administrator: Optional<boolean>
    is_enabled: Optional<boolean>
    is_registered: Optional<boolean>
    is_capable: Optional<boolean>
    refusal: string | null
    methods: Optional<string[]>
    usable_methods: Optional<string[]>
    subject: Buffer | null
    has_methods: Optional<boolean>
  }
  repeatable_requests: {
    tenant_id: string
    key_hash: Buffer
    body_hash: Buffer
    request_id: string
    begun_at: Date
    status: number | null
    location: string | null
  }
  rescue_agreements: {
    tenant_id: string
    id: string
    terms_sealed: Buffer | null
    next_sealed: Buffer
    next_at: Date
    changed_at: Date
  }
  rescue_links: {
    tenant_id: string
    id: string
    rescue_id: string
    user_id: string | null
    mailbox_hash: Buffer | null
    token_hash: Buffer
    browser_hashes: Optional<Buffer[]>
    created_at: Date
    expires_at: Date
  }
  rescues: {
    tenant_id: string
    id: string
    case_id: string
    act: 'newPassword' | 'newAdministrator'
    target_sealed: Buffer | null
    target_id: string | null
    lost_methods: boolean
    asked_at: Date
    candidates: string[]
    other_tenant_id: string | null
    provider_name: string | null
    taken_at: Date | null
    taken_by: string | null
    taker_name: string | null
    checked: 'calledKnownNumber' | 'metInPerson' | 'document' | 'contract' | null
    note_sealed: Buffer | null
    approved_at: Date | null
    approved_by: string | null
    approver_name: string | null
    cooling_until: Date | null
    ready_at: Date | null
    proved_at: Date | null
    finished_at: Date | null
    user_id: string | null
    former: Nullable<Json<unknown>>
    administrator_at: Date | null
    disputed_at: Date | null
    allowed_at: Date | null
    reason_sealed: Buffer | null
    ended_at: Date | null
    outcome: 'refused' | 'ended' | 'undone' | 'done' | null
    refusal:
      | 'no_provider'
      | 'provider'
      | 'withdrawn'
      | 'administrator_present'
      | 'objection'
      | 'operator'
      | 'authority_lost'
      | 'expired'
      | null
    ends_at: Date
    due_at: Date
  }
  reset_policies: {
    tenant_id: string
    id: string
    display_name: string
    priority: number
    included_groups: Optional<string[]>
    excluded_groups: Optional<string[]>
    is_default: Optional<boolean>
    settings: Json<unknown>
    updated_at: Date
  }
  role_assignments: {
    tenant_id: string
    principal_id: string
    role: string
    assigned_at: Date
    id: string
    principal_kind: 'user' | 'group' | 'servicePrincipal'
    user_id: Optional<string | null>
    group_id: Optional<string | null>
    service_principal_id: Optional<string | null>
    holds_roles: Optional<boolean | null>
  }
  scim_tokens: {
    tenant_id: string
    app_id: string
    id: string
    display_name: string | null
    token_hash: Buffer
    created_at: Date
    expires_at: Date
    last_used_at: Date | null
  }
  security_answers: {
    tenant_id: string
    user_id: string
    question: string
    question_text: string | null
    answer_hash: string | null
    registered_at: Date
    answer_sealed: Buffer | null
  }
  sends: {
    tenant_id: string
    scope: 'destination' | 'account' | 'destinationDay' | 'accountDay' | 'tenant' | 'country' | 'mailbox' | 'mailboxDay'
    subject: Buffer
    sent: number
    window_ends_at: Date
  }
  served_companies: {
    tenant_id: string
    other_tenant_id: string
    display_name: string
    display_name_folded: string
    domain: string
    sold_since: Date | null
    sold_until: Date | null
    reseller_tenant_id: string | null
    provided_since: Date | null
    provided_until: Date | null
    touched_at: Date
    gdap_ends_at: Date | null
    gdap_goes_on_until: Date | null
    dap_ends_at: Date | null
    dap_awake_until: Date | null
    made_at: Date | null
  }
  sessions: {
    tenant_id: string
    id: string
    user_id: string
    token_hash: Buffer
    correlation_id: string
    security_epoch: number
    requires: 'second-step' | 'change-password' | 'register' | 'confirm' | null
    password_at: Date
    proved_at: Date | null
    language: string
    created_at: Date
    expires_at: Date
    address: string
    user_agent: string
    next: string | null
    proofs: Optional<Json<unknown>>
    sign_in_id: string | null
    signed_in_by: Optional<'password' | 'pass' | 'passkey'>
    stay_accepted_at: Date | null
    stay_declined_at: Date | null
    last_used_at: Date | null
    sid: Optional<string>
  }
  sign_ins: {
    tenant_id: string
    id: string
    browser_hash: Buffer
    app_id: string | null
    request_id: string | null
    typed_name_sealed: Buffer | null
    password_from: Date | null
    confirmed_at: Date | null
    declined_at: Date | null
    finished_at: Date | null
    language: string
    created_at: Date
    expires_at: Date
    next: string | null
    chosen_at: Date | null
    device_code_id: string | null
    request_sealed: Buffer | null
    organization_asked_at: Date | null
    approval_asked_at: Date | null
  }
  signing_keys: {
    tenant_id: string
    id: string
    public_key: Json<Record<string, unknown>>
    private_sealed: Buffer
    signs_from: Date
  }
  signup_invitations: {
    tenant_id: string
    id: string
    token_hash: Buffer
    subject: Buffer
    address_sealed: Buffer
    created_at: Date
    expires_at: Date
    voided_at: Date | null
    browser_hashes: Optional<Buffer[]>
  }
  signup_tenants: {
    tenant_id: string
    signup_id: string
    user_id: string | null
    emergency_id: string | null
    codes_sealed: Buffer | null
    made_at: Date
    kept_at: Date | null
    asked: Optional<number>
    ask_at: Date
    onboarding_id: string | null
    invitation_id: string | null
  }
  signups: {
    tenant_id: string
    id: string
    browser_hash: Buffer
    address_sealed: Buffer | null
    language: string
    created_at: Date
    expires_at: Date
    proved_at: Date | null
    anyway_at: Date | null
    display_name: string | null
    country: string | null
    label: string | null
    contact_sealed: Buffer | null
    onboarding_id: string | null
    invitation_id: string | null
    begun_for: Optional<'company' | 'myself'>
    joined_at: Date | null
  }
  spent_captchas: {
    id: Buffer
    expires_at: Date
  }
  stopped_mailboxes: {
    tenant_id: string
    subject: Buffer
    ends_at: Date
  }
  subscriptions: {
    tenant_id: string
    id: string
    creator_kind: 'user' | 'application'
    creator_id: string
    app_id: string
    scopes: string[]
    resource: string
    change_type: string
    feeds: string[]
    object_id: string | null
    notification_url_sealed: Buffer
    lifecycle_url_sealed: Buffer | null
    client_state_sealed: Buffer | null
    secret_sealed: Buffer
    former_secret_sealed: Buffer | null
    former_secret_ends_at: Date | null
    version: Optional<number>
    created_at: Date
    expires_at: Date
    removed_at: Date | null
    failures: Optional<number>
    rests_until: Date | null
    calling_until: Date | null
    security_epoch: number | null
  }
  support_contacts: {
    tenant_id: string
    place: number
    countries: string[]
    languages: string[]
    contact: Json<unknown>
  }
  synchronizations: {
    tenant_id: string
    run_id: string
    agent_id: string
    heard_at: Date
    ended_at: Date | null
    done_at: Date | null
    stopped: string | null
    stopped_at: Date | null
  }
  taken_labels: {
    tenant_id: string
    label: string
    skeleton: string
  }
  takeover_links: {
    tenant_id: string
    id: string
    takeover_id: string
    user_id: string | null
    token_hash: Buffer
    browser_hashes: Optional<Buffer[]>
    created_at: Date
    expires_at: Date
  }
  takeovers: {
    tenant_id: string
    id: string
    kind: 'internal' | 'external' | 'recovery'
    domain: string
    asker: Buffer
    address_sealed: Buffer
    language: string
    browser_hashes: Buffer[]
    proof: string
    created_at: Date
    proved_at: Date | null
    waiting_since: Date | null
    ready_at: Date | null
    finished_at: Date | null
    user_id: string | null
    disputed_at: Date | null
    allowed_at: Date | null
    reason_sealed: Buffer | null
    ended_at: Date | null
    outcome: 'refused' | 'undone' | 'withdrawn' | 'expired' | 'settled' | null
    refusal:
      | 'not_unmanaged'
      | 'takeover_open'
      | 'objection'
      | 'operator'
      | 'administrator_present'
      | 'too_many_people'
      | null
    ends_at: Date
    due_at: Date
    last_check: Nullable<Json<unknown>>
    checked_at: Date | null
    checks: Optional<number>
    telling: 'begun' | 'finished' | 'undone' | 'over' | 'left' | null
    told_after: string | null
    former: Nullable<Json<unknown>>
    administrator_at: Date | null
    other_tenant_id: string | null
    company: string | null
  }
  tenant_link_requests: {
    tenant_id: string
    id: string
    asked_by: string
    browser_hash: Buffer
    created_at: Date
    expires_at: Date
    linked_id: string | null
    linked_at: Date | null
  }
  tenant_links: {
    member: string
    company: string
    primary_since: Date | null
    linked_at: Date
  }
  tenants: {
    tenant_id: string
    display_name: string
    preferred_language: Optional<string>
    created_at: Date
    protection: Optional<Json<Record<string, unknown>>>
    usual_resets_per_hour: Optional<number>
    usual_learnt_at: Date | null
    country: string | null
    sign_in_policy: Optional<Json<Record<string, unknown>>>
    technical_notification_mails: Optional<string[]>
    security_compliance_notification_mails: Optional<string[]>
    privacy_contact: string | null
    privacy_statement: string | null
    methods_policy: Optional<Json<unknown>>
    methods_policy_changed_at: Date | null
    domain_checks: Optional<number>
    domain_checks_at: Date | null
    emergency_user_id: string | null
    unmanaged_since: Date | null
    settling_since: Date | null
    settling_until: Date | null
    email_verified_users_may_join: Optional<boolean>
    public_check: Optional<'shown' | 'hidden'>
    provider_contact: string | null
    writeback: Nullable<Json<unknown>>
    notices_off: Optional<string[]>
  }
  user_consents: {
    tenant_id: string
    app_id: string
    user_id: string
    scopes: string[]
    given_at: Date
  }
  applications: Omit<Tables['registered_applications'], 'deleted_at'>
  users: Omit<Tables['accounts'], 'deleted_at' | 'is_deleted'>
}
