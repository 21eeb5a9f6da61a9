/** The kinds of notices that have words here, by whom they go to, in the order of the page (docs/messages.md). */
export const groups = {
  owners: [
    ...(['password_reset', 'password_changed', 'password_set_late', 'account_unlocked'] as const),
    ...(['security_info_added', 'security_info_changed', 'security_info_removed'] as const),
    ...(['activity_reported', 'proofs_blocked', 'recovery_code_used', 'pass_issued', 'reset_link_sent'] as const),
    ...(['registration_required', 'renamed', 'renamed_disabled', 'account_closed'] as const),
    ...(['explanation', 'link', 'announcement_coming', 'announcement', 'announcement_reminder'] as const),
    ...(['announcement_last_days', 'announcement_available', 'announcement_help_desk'] as const),
  ],
  administrators: [
    ...(['administrator_reset', 'new_administrator', 'account_reported', 'caller_denied'] as const),
    ...(['emergency_code_used', 'request', 'approval', 'second_administrator', 'guessing', 'message_limit'] as const),
    ...(['brake', 'domain', 'relationship', 'tenant_link'] as const),
  ],
} as const

export type Group = keyof typeof groups
export const groupNames = Object.keys(groups) as Group[]
export type Kind = (typeof groups)[Group][number]

/** Whether this version of the application has words for a kind. */
export const isKind = (name: string): name is Kind => groupNames.some(group => groups[group].some(one => one === name))
