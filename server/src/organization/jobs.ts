import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { removeDomain } from './removal.ts'

export { unprovenDomains } from './removal.ts'

/** The job of a forced removal. */
export const domainTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  async 'remove-domain'(asked) {
    const { correlationId } = asked
    const act = { now: clock(), random, keys, actor: { kind: 'system' }, trail: { correlationId } } as const
    await removeDomain(db, act, asked)
  },
})
