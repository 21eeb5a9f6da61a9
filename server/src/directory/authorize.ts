import type { User } from './users.ts'

/** Who somebody is to the person whose data they ask for. Somebody of another tenant is nobody at all. */
type Audience = 'self' | 'other'

/** Who may see what (self-service password reset, §11), a row for each kind of data. Whoever is not named in a row may not. */
const readers = {
  /** Names, primary address and language: what a directory is for. */
  'profile.read': ['self', 'other'],
  /** Mobile phone, office phone and alternate email, as others than the person filled them in. */
  'contactInfo.read': ['self', 'other'],
  /** Phone, email and app that the person registered. They never appear in the directory. */
  'authenticationMethods.read': ['self'],
  /** Which security questions were chosen. */
  'questions.read': ['self'],
  /** Shown to nobody again, not even to whoever typed them. */
  'answers.read': [],
  /** Passwords, codes, keys and hashes. */
  'secrets.read': [],
  /** What "my account" shows of the person's own events. */
  'activity.read': ['self'],
  /** The audit log itself: for reporting roles, once roles count here. */
  'audit.read': [],
} as const satisfies Record<string, readonly Audience[]>

export type Action = keyof typeof readers

/**
 * Whether this actor may do this to this person. The one place that decides it.
 * Roles do not count yet: an administrator is `other`, like anybody of the tenant, and so sees less than the table of §11 will allow them.
 */
export function authorize(actor: User, action: Action, target: { id: string; tenantId: string }): boolean {
  // Judged before the id: an id that stands in two tenants (after an import) does not make one person of them.
  if (actor.tenantId !== target.tenantId) return false
  const audience: Audience = actor.id === target.id ? 'self' : 'other'
  return (readers[action] as readonly Audience[]).includes(audience)
}
