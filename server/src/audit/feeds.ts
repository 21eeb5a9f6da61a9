import type { AuditEvent } from './events.ts'

/** What webhooks can be about, and how it changed. */
export type Collection = 'users' | 'groups' | 'members' | 'directoryAudits' | 'signIns' | 'journeys'
export type Change = 'created' | 'updated' | 'deleted'
export type Feed = `${Collection}.${Change}`

/**
 * What an event tells subscribers: the log that it stands in, and the object that it changed. Registered methods and
 * passwords are no part of a user there: when somebody changes them is not everybody's to know.
 */
export function feedsOf({ activity, result }: Pick<AuditEvent, 'activity' | 'result'>): Feed[] {
  const log: Feed = activity.startsWith('signin.') ? 'signIns.created' : 'directoryAudits.created'
  if (activity === 'reset.started') return [log, 'journeys.created']
  const [object, act = ''] = activity.split('.')
  if (result === 'failure') return [log]
  if (object === 'user' && act !== 'unblocked') return [log, `users.${changeOf(act)}`]
  if (object !== 'group') return [log]
  // A group changes with its members, and subscribers that ask for updates of members hear of both.
  if (act === 'member_added') return [log, 'groups.updated', 'members.created', 'members.updated']
  if (act === 'member_removed') return [log, 'groups.updated', 'members.deleted', 'members.updated']
  return [log, `groups.${changeOf(act)}`]
}

const changeOf = (act: string): Change =>
  act === 'created' ? 'created' : act === 'deleted' || act === 'erased' ? 'deleted' : 'updated'
