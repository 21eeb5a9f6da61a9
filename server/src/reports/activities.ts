import { type RawBuilder, sql } from 'kysely'
import { type Activity, activities } from '../audit/index.ts'
import { foldText } from '../typing/index.ts'

/** The activities of the log of sign-ins; every other one is in the directory's. Indexes have the same list. */
export const SIGN_INS = ['signin.succeeded', 'signin.failed', 'signin.blocked'] as const satisfies readonly Activity[]

/** How an activity is told in Microsoft Graph's words (administration on the wire, §2.6). */
interface Told {
  activityDisplayName: string
  category: string
  loggedByService: string
  operationType: string
}

const PASSWORDS = 'Self-service Password Management'
const METHODS = 'Authentication Methods'
const DIRECTORY = 'Core Directory'

/** Service and category by the first word of an activity's name. */
const kinds: Record<string, [loggedByService: string, category: string]> = {
  reset: [PASSWORDS, 'UserManagement'],
  password: [PASSWORDS, 'UserManagement'],
  securityInfo: [METHODS, 'UserManagement'],
  method: [METHODS, 'UserManagement'],
  methods: [METHODS, 'UserManagement'],
  pass: [METHODS, 'UserManagement'],
  passkey: [METHODS, 'UserManagement'],
  proof: [METHODS, 'UserManagement'],
  user: [DIRECTORY, 'UserManagement'],
  journey: [DIRECTORY, 'UserManagement'],
  account: [DIRECTORY, 'UserManagement'],
  sessions: [DIRECTORY, 'UserManagement'],
  link: [DIRECTORY, 'UserManagement'],
  group: [DIRECTORY, 'GroupManagement'],
  role: [DIRECTORY, 'RoleManagement'],
  application: [DIRECTORY, 'ApplicationManagement'],
  consent: [DIRECTORY, 'ApplicationManagement'],
  token: [DIRECTORY, 'ApplicationManagement'],
  logout: [DIRECTORY, 'ApplicationManagement'],
  policy: [DIRECTORY, 'Policy'],
  protection: [DIRECTORY, 'Policy'],
  signInPolicy: [DIRECTORY, 'Policy'],
}

const ADDS = /\.(created|added|assigned|issued|given|saved|registered|started|succeeded)$/
const REMOVES = /\.(deleted|removed|unassigned|erased|taken_back|secret_removed|member_removed|owner_removed)$/

/** An activity of a version that came later has its own name. */
export function tell(activity: string): Told {
  const [loggedByService, category] = kinds[activity.split('.')[0]!] ?? [DIRECTORY, 'DirectoryManagement']
  return {
    activityDisplayName: Object.hasOwn(activities, activity) ? activities[activity as Activity] : activity,
    category,
    loggedByService,
    operationType: ADDS.test(activity) ? 'Add' : REMOVES.test(activity) ? 'Delete' : 'Update',
  }
}

const all = Object.keys(activities) as Activity[]

/**
 * The condition that an activity is told so. The names of our own activities stand in the statement, so that
 * PostgreSQL knows how frequent each is.
 */
export function activityTold(
  name: keyof Told,
  values: readonly string[],
  operator: 'startsWith' | undefined,
): RawBuilder<boolean> {
  const fits = (told: string) =>
    values.some(value => (operator === 'startsWith' ? told.startsWith(value) : told === value))
  const fitting = all.filter(activity => fits(foldText(tell(activity)[name])))
  return fitting.length === 0 ? sql`false` : isActivity(fitting)
}

/** The condition that an activity has one of our own names. */
export function activityNamed(names: readonly string[]): RawBuilder<boolean> {
  const named = all.filter(activity => names.includes(activity))
  return named.length === 0 ? sql`false` : isActivity(named)
}

/** For SQL: whether the event is of one of these activities. */
export const isActivity = (some: readonly Activity[]) =>
  sql<boolean>`audit_events.activity in (${sql.join(some.map(one => sql.lit(one)))})`

/** The conditions of the two logs. They read as their indexes do. */
export const areSignIns = isActivity(SIGN_INS)
export const notSignIns = sql<boolean>`audit_events.activity not in (${sql.join(SIGN_INS.map(one => sql.lit(one)))})`
