import type { TaskName } from '../store/index.ts'

/** Jobs that come by themselves, and when. */
export type Schedule = { task: TaskName; match: string }[]

/** The jobs of every server that come by themselves. */
export const schedule: Schedule = [
  { task: 'remove-expired', match: '17 * * * *' },
  // A code can be used for five minutes.
  { task: 'enqueue-lost', match: '* * * * *' },
  { task: 'fail-unsent', match: '* * * * *' },
  { task: 'check-domains', match: '* * * * *' },
  { task: 'read-bounces', match: '* * * * *' },
  // What a policy or a group changes is in reports within a quarter of an hour.
  { task: 'refresh-registrations', match: '*/5 * * * *' },
  // A case has days.
  { task: 'move-cases', match: '*/5 * * * *' },
  { task: 'move-takeovers', match: '* * * * *' },
  { task: 'move-relationships', match: '* * * * *' },
  { task: 'move-rescues', match: '* * * * *' },
  // A verification has days.
  { task: 'move-verifications', match: '*/5 * * * *' },
  // Daily, though it makes months: a server that was off when a month began catches up.
  { task: 'make-audit-partitions', match: '41 3 * * *' },
  { task: 'ask-second-administrators', match: '23 7 * * *' },
  { task: 'end-unjoined', match: '29 4 * * *' },
  // For rows that were in use when the start sealed the rest.
  { task: 'reseal', match: '53 3 * * *' },
]
