import type { Role } from './roles.ts'

const PLAIN: readonly Role[] = ['Directory Readers', 'Guest Inviter', 'Password Administrator']
const REPORTING: readonly Role[] = [
  'Message Center Reader',
  'Reports Reader',
  'User Experience Success Manager',
  'Usage Summary Reports Reader',
]
const HELPDESK: readonly Role[] = [...PLAIN, ...REPORTING, 'Helpdesk Administrator']
const USERS: readonly Role[] = [...HELPDESK, 'Groups Administrator', 'User Administrator']

/** The holders that each role may act on; `all`: also unknown roles, and members of groups that hold roles. */
type Ranks = Partial<Record<Role, readonly Role[] | 'all'>>

/** Who may reset whose password, and related acts (partner center and work accounts, §3.6, first table). */
export const resetRanks: Ranks = {
  'Password Administrator': PLAIN,
  'Helpdesk Administrator': HELPDESK,
  'Authentication Administrator': [...PLAIN, ...REPORTING, 'Authentication Administrator'],
  'User Administrator': USERS,
  'Privileged Authentication Administrator': 'all',
  'Global Administrator': 'all',
}

/** Who may do acts that open a reset or end an account (§3.6, second table): otherwise a help desk could plant a number. */
export const sensitiveRanks: Ranks = {
  'Authentication Administrator': resetRanks['Authentication Administrator']!,
  'User Administrator': USERS,
  'Privileged Authentication Administrator': 'all',
  'Global Administrator': 'all',
}

/** Whether one of these roles may act on a user. Each role that the user holds counts, also of a disabled account. */
export const outranks = (
  ranks: Ranks,
  roles: readonly Role[],
  target: { roles: readonly Role[]; roleAssignable: boolean },
): boolean =>
  roles.some(role => {
    const reach = Object.hasOwn(ranks, role) ? ranks[role] : undefined
    return reach === 'all' || (reach && !target.roleAssignable && target.roles.every(held => reach.includes(held)))
  })
