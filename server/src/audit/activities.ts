/**
 * Everything that is recorded, by Latchkey's own name, with the activity that reports show it under
 * (self-service password reset, §8.5). `flow progress` events say in their reason which step was taken (§8.4).
 */
export const activities = {
  'tenant.created': 'Create tenant',
  'policy.changed': 'Self-service password reset policy changes',
  'protection.changed': 'Update password protection settings',
  'user.created': 'Add user',
  'user.unblocked': 'Unblock user',
  'signin.succeeded': 'Sign-in',
  'signin.failed': 'Sign-in',
  'signin.blocked': 'Sign-in',
  'signout.succeeded': 'Sign-out',
  'proof.passed': 'Verification for a session',
  'proof.failed': 'Verification for a session',
  'account.reported': 'Unfamiliar activity reported',
  'password.changed': 'Change password (self-service)',
  'password.change_failed': 'Change password (self-service)',
  'password.breach_check_failed': 'Breached password check could not be made',
  'reset.started': 'Self-service password reset flow activity progress',
  'reset.refused': 'Self-service password reset flow activity progress',
  'reset.problem_chosen': 'Self-service password reset flow activity progress',
  'reset.challenge_issued': 'Self-service password reset flow activity progress',
  'reset.proof_passed': 'Self-service password reset flow activity progress',
  'reset.proof_failed': 'Self-service password reset flow activity progress',
  'reset.contacted': 'Self-service password reset flow activity progress',
  'reset.explained': 'Self-service password reset flow activity progress',
  'reset.blocked': 'Blocked from self-service password reset',
  'reset.finished': 'Reset password (self-service)',
  'reset.failed': 'Reset password (self-service)',
  'reset.unlocked': 'Unlock user account (self-service)',
  'securityInfo.challenge_issued': 'User started security info registration',
  'securityInfo.saved': 'Security info saved for self-service password reset',
  'securityInfo.registered': 'User registered for self-service password reset',
  'securityInfo.confirmed': 'User reviewed security info',
  'securityInfo.removed': 'User deleted security info',
  'securityInfo.put_off': 'User canceled security info registration',
  'message.failed': 'Message could not be delivered',
  'messages.limit_near': 'Daily message limit almost reached',
  'messages.limit_reached': 'Daily message limit reached',
} as const

export type Activity = keyof typeof activities
