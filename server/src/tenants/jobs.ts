import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { tellOfLink } from './telling.ts'

export { oldLinkRequests } from './requests.ts'

/** The job that tells a company's other tenants what was done to their links. */
export const tenantTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  async 'tell-of-link'(told) {
    const { correlationId } = told
    await tellOfLink(db, { now: clock(), random, keys, actor: { kind: 'system' }, trail: { correlationId } }, told)
  },
})
