import { expiredPreviews } from '../administration/jobs.ts'
import { oldRequests } from '../api/index.ts'
import { deletedApplications } from '../applications/jobs.ts'
import { expiredAssistants } from '../assistant/index.ts'
import { removeOldEvents } from '../audit/jobs.ts'
import { oldBulkJobs, oldBulkRows } from '../bulk/jobs.ts'
import { oldCallerChecks } from '../callers/jobs.ts'
import { findRatedTenants, learnUsualRate, removeOldFloodPoints, removeSpentCaptchas } from '../captcha/index.ts'
import { closedCases, oldCaseLinks, unprovedCases } from '../cases/jobs.ts'
import { expiredChallenges, unsentCodes } from '../challenges/jobs.ts'
import type { Means } from '../crypto/index.ts'
import { expiredDeviceCodes } from '../deviceCodes/jobs.ts'
import { deletedGroups, erasedGroups, erasedUsers, formerMembers, oldErasures, oldOpenings } from '../directory/jobs.ts'
import type { Services } from '../http/index.ts'
import { expiredCounters, expiredSends } from '../limits/jobs.ts'
import { expiredLinks, oldRescueLinks, oldTakeoverLinks } from '../links/jobs.ts'
import { endedStops, expiredMailboxLinks, oldMailboxChallenges } from '../mailboxes/jobs.ts'
import { formerAddresses } from '../methods/index.ts'
import { oldNotices } from '../notifications/jobs.ts'
import { expiredRecords, rollDueKeys } from '../oidc/jobs.ts'
import { oldOnboardings } from '../onboarding/jobs.ts'
import { expiredBrandingPreviews, unprovenDomains } from '../organization/jobs.ts'
import { oldEnrollments, oldStageEvents } from '../partners/jobs.ts'
import { expiredPasses } from '../passwords/jobs.ts'
import {
  formerCompanies,
  formerTags,
  oldDaps,
  oldGrants,
  oldOffers,
  oldPartnerInvitations,
  oldUses,
} from '../relationships/jobs.ts'
import { oldPartnerActivities, oldRegistrationSummaries } from '../reports/jobs.ts'
import { endedRescues } from '../rescues/jobs.ts'
import { expiredJourneys } from '../reset/jobs.ts'
import { expiredTokens } from '../scim/jobs.ts'
import { expiredDevices, expiredSessions } from '../sessions/jobs.ts'
import { expiredSignIns } from '../signin/jobs.ts'
import { oldInvitations, oldSignupInvitations, oldSignups, unkeptCodes, unprovedAddresses } from '../signup/jobs.ts'
import { inTenant, removeDue, removeFailedJobs } from '../store/index.ts'
import { emptied, endedTakeovers, unprovedTakeovers } from '../takeovers/jobs.ts'
import { oldLinkRequests } from '../tenants/jobs.ts'
import { expiredDocuments, oldMailboxLinks } from '../verification/jobs.ts'
import { endedSubscriptions, oldDeliveries } from '../webhooks/jobs.ts'
import { oldAccountCheckLinks } from '../workAccounts/jobs.ts'
import { oldAgentRequests, unusedAgentTokens } from '../writeback/jobs.ts'

/** The rows of tenants' tables that time removes; store/README.md has the whole list. */
const REMOVALS = [
  expiredSessions,
  expiredDevices,
  unsentCodes,
  expiredChallenges,
  formerAddresses,
  expiredJourneys,
  expiredLinks,
  oldCallerChecks,
  oldRegistrationSummaries,
  expiredCounters,
  expiredSends,
  oldNotices,
  expiredSignIns,
  expiredDeviceCodes,
  expiredRecords,
  oldOpenings,
  expiredPasses,
  deletedApplications,
  deletedGroups,
  erasedGroups,
  formerMembers,
  erasedUsers,
  oldRequests,
  unprovenDomains,
  expiredTokens,
  endedSubscriptions,
  oldDeliveries,
  oldBulkRows,
  oldBulkJobs,
  oldErasures,
  expiredPreviews,
  expiredBrandingPreviews,
  oldMailboxChallenges,
  expiredMailboxLinks,
  endedStops,
  expiredAssistants,
  unprovedCases,
  closedCases,
  oldCaseLinks,
  ...oldOnboardings,
  unprovedTakeovers,
  endedTakeovers,
  oldTakeoverLinks,
  unprovedAddresses,
  oldSignups,
  oldInvitations,
  oldSignupInvitations,
  oldAccountCheckLinks,
  unkeptCodes,
  oldLinkRequests,
  unusedAgentTokens,
  oldAgentRequests,
  oldEnrollments,
  oldGrants,
  oldOffers,
  oldDaps,
  oldUses,
  ...emptied,
  oldPartnerInvitations,
  formerCompanies,
  oldPartnerActivities,
  formerTags,
  endedRescues,
  oldRescueLinks,
  oldStageEvents,
  expiredDocuments,
  oldMailboxLinks,
]

/** Removes expired rows, and lets captchas follow the usual rate. Each part runs even where another failed. */
export async function removeExpired({ db, clock, random, keys }: Services) {
  const means: Means = { now: clock(), random, keys }
  const learn = async () => {
    for (const tenantId of await findRatedTenants(db, means))
      await inTenant(db, tenantId, trx => learnUsualRate(trx, means, tenantId))
  }
  const failures: unknown[] = []
  for (const part of [
    () => removeDue(db, means, REMOVALS),
    learn,
    () => rollDueKeys(db, means),
    () => removeOldEvents(db, means),
    () => removeOldFloodPoints(db, means),
    () => removeSpentCaptchas(db, means),
    () => removeFailedJobs(db, means),
  ])
    await part().catch(error => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
