import type { TaskList } from 'graphile-worker'
import type { Act } from '../act.ts'
import type { Services } from '../http/index.ts'
import { decideContest, tellContester } from './contest.ts'
import { tellHolder } from './proof.ts'
import { removeDomain } from './removal.ts'
import { checkDue, checkDueDomains } from './upkeep.ts'

export { expiredBrandingPreviews } from './brandingPreviews.ts'
export { unprovenDomains } from './removal.ts'

const actOf = ({ clock, random, keys }: Services, correlationId: string): Act => ({
  ...{ now: clock(), random, keys, actor: { kind: 'system' }, trail: { correlationId } },
})

/** The job of a forced removal, those that tell of a subdomain and of the end of a contest, and the one that finds the domains whose check is due. */
export const domainTasks = (services: Services): TaskList => ({
  'remove-domain': asked => removeDomain(services.db, actOf(services, asked.correlationId), asked),
  'tell-contester': asked => tellContester(services.db, actOf(services, asked.correlationId), asked),
  'tell-holder': asked => tellHolder(services.db, actOf(services, asked.correlationId), asked),
  'check-domains': () => checkDueDomains(services.db, actOf(services, services.random.uuid(services.clock()))),
})

/** The checks and what they decide, apart from other jobs: a company's name servers may take their time. */
export const domainCheckTasks = (services: Services): TaskList => ({
  'decide-contest': asked =>
    decideContest(services.db, actOf(services, asked.correlationId), { ...asked, dns: services.dns }),
  'check-domain': asked => checkDue(services.db, actOf(services, asked.correlationId), { ...asked, dns: services.dns }),
})
