import type { Migration } from 'kysely/migration'
import * as first from './0001_first.ts'
import * as protection from './0002_protection.ts'
import * as proofs from './0003_proofs.ts'
import * as limits from './0004_limits.ts'
import * as definers from './0005_definers.ts'
import * as signInAfterReset from './0006_sign_in_after_reset.ts'
import * as typing from './0007_typing.ts'
import * as repeats from './0008_repeats.ts'
import * as days from './0009_days.ts'
import * as growth from './0010_growth.ts'
import * as contactInfo from './0011_contact_info.ts'
import * as counterKeys from './0012_counter_keys.ts'
import * as applications from './0016_applications.ts'
import * as singleSignOn from './0017_single_sign_on.ts'
import * as secondStep from './0018_second_step.ts'
import * as signIn from './0019_sign_in.ts'
import * as logout from './0020_logout.ts'
import * as deviceCodes from './0021_device_codes.ts'
import * as wire from './0022_wire.ts'
import * as sealedRequests from './0023_sealed_requests.ts'
import * as byPassword from './0024_by_password.ts'
import * as approvals from './0025_approvals.ts'
import * as deviceRefusals from './0025_device_refusals.ts'
import * as passkeys from './0027_passkeys.ts'
import * as recoveryCodes from './0028_recovery_codes.ts'
import * as passkeysByPassword from './0029_passkeys_by_password.ts'
import * as accounts from './0030_accounts.ts'
import * as people from './0031_people.ts'
import * as groups from './0033_groups.ts'
import * as erasedGroups from './0034_erased_groups.ts'
import * as domains from './0035_domains.ts'
import * as organization from './0036_organization.ts'
import * as mailedLinks from './0037_mailed_links.ts'
import * as webhooks from './0038_webhooks.ts'
import * as programs from './0039_programs.ts'
import * as bulk from './0041_bulk.ts'
import * as givenMethods from './0042_given_methods.ts'
import * as passIds from './0043_pass_ids.ts'
import * as logs from './0045_logs.ts'
import * as registrations from './0046_registrations.ts'
import * as registrationSummaries from './0047_registration_summaries.ts'
import * as registeredApplications from './0048_registered_applications.ts'
import * as scim from './0050_scim.ts'
import * as previews from './0051_previews.ts'
import * as lookups from './0052_lookups.ts'
import * as words from './0058_words.ts'
import * as methodsPolicy from './0062_methods_policy.ts'
import * as registrationAsked from './0063_registration_asked.ts'
import * as domainChecks from './0065_domain_checks.ts'
import * as mailboxes from './0068_mailboxes.ts'
import * as signups from './0069_signups.ts'
import * as administratorInvitations from './0070_administrator_invitations.ts'
import * as supportContacts from './0071_support_contacts.ts'
import * as callerChecks from './0073_caller_checks.ts'
import * as cases from './0074_cases.ts'
import * as onboardings from './0076_onboardings.ts'
import * as unmanagedTenants from './0078_unmanaged_tenants.ts'
import * as takeovers from './0079_takeovers.ts'
import * as tenantSettings from './0081_tenant_settings.ts'
import * as tenantLinks from './0082_tenant_links.ts'
import * as assistants from './0084_assistants.ts'
import * as signupInvitations from './0085_signup_invitations.ts'
import * as accountCheckLinks from './0086_account_check_links.ts'
import * as caseProofs from './0087_case_proofs.ts'
import * as resetStates from './0088_reset_states.ts'
import * as subscriptionEpochs from './0089_subscription_epochs.ts'
import * as agents from './0090_agents.ts'
import * as contendingTakeovers from './0091_contending_takeovers.ts'
import * as domainContests from './0092_domain_contests.ts'
import * as signupPersons from './0094_signup_persons.ts'
import * as recoveries from './0095_recoveries.ts'
import * as directoryAnchors from './0096_directory_anchors.ts'
import * as directoryPasswords from './0097_directory_passwords.ts'
import * as synchronizations from './0099_synchronizations.ts'
import * as partners from './0102_partners.ts'
import * as relationships from './0103_relationships.ts'
import * as registrationGoal from './0114_registration_goal.ts'
import * as movedPasskeys from './0115_moved_passkeys.ts'
import * as externalTakeovers from './0116_external_takeovers.ts'
import * as caseAssistants from './0118_case_assistants.ts'
import * as brandingPreviews from './0119_branding_previews.ts'
import * as judgedMethods from './0120_judged_methods.ts'
import * as claims from './0121_claims.ts'
import * as agentKeys from './0123_agent_keys.ts'
import * as directoryGroups from './0124_directory_groups.ts'
import * as stayingTold from './0125_staying_told.ts'
import * as emptiedTenants from './0126_emptied_tenants.ts'
import * as unregistered from './0127_unregistered.ts'
import * as givenPasswords from './0129_given_passwords.ts'
import * as wordings from './0130_wordings.ts'
import * as receipts from './0131_receipts.ts'
import * as gatewayMessages from './0132_gateway_messages.ts'
import * as newestCodes from './0133_newest_codes.ts'
import * as invitations from './0137_invitations.ts'
import * as customers from './0138_customers.ts'
import * as madeCustomers from './0139_made_customers.ts'
import * as partnersJobs from './0140_partners_jobs.ts'
import * as partnerActivities from './0141_partner_activities.ts'
import * as customerTags from './0142_customer_tags.ts'
import * as unjoinedCompanies from './0143_unjoined_companies.ts'
import * as endedOffers from './0144_ended_offers.ts'
import * as rescueAgreements from './0145_rescue_agreements.ts'
import * as rescues from './0146_rescues.ts'
import * as verifications from './0147_verifications.ts'
import * as waitingFirms from './0148_waiting_firms.ts'
import * as raisedCases from './0150_raised_cases.ts'
import * as supportCodes from './0151_support_codes.ts'
import * as repeatedCalls from './0152_repeated_calls.ts'
import * as accountRows from './0154_account_rows.ts'
import * as announcementStops from './0156_announcement_stops.ts'
import * as handedOver from './0158_handed_over.ts'
import * as deskPlaces from './0165_desk_places.ts'
import * as countedPeople from './0166_counted_people.ts'
import * as newestOfASecond from './0167_newest_of_a_second.ts'

/** Every migration by name, in the order of names, in which they run. A released one is never edited. */
export const migrations: Record<string, Migration> = {
  '0001_first': first,
  '0002_protection': protection,
  '0003_proofs': proofs,
  '0004_limits': limits,
  '0005_definers': definers,
  '0006_sign_in_after_reset': signInAfterReset,
  '0007_typing': typing,
  '0008_repeats': repeats,
  '0009_days': days,
  '0010_growth': growth,
  '0011_contact_info': contactInfo,
  '0012_counter_keys': counterKeys,
  '0016_applications': applications,
  '0017_single_sign_on': singleSignOn,
  '0018_second_step': secondStep,
  '0019_sign_in': signIn,
  '0020_logout': logout,
  '0021_device_codes': deviceCodes,
  '0022_wire': wire,
  '0023_sealed_requests': sealedRequests,
  '0024_by_password': byPassword,
  '0025_approvals': approvals,
  '0025_device_refusals': deviceRefusals,
  '0027_passkeys': passkeys,
  '0028_recovery_codes': recoveryCodes,
  '0029_passkeys_by_password': passkeysByPassword,
  '0030_accounts': accounts,
  '0031_people': people,
  '0033_groups': groups,
  '0034_erased_groups': erasedGroups,
  '0035_domains': domains,
  '0036_organization': organization,
  '0037_mailed_links': mailedLinks,
  '0038_webhooks': webhooks,
  '0039_programs': programs,
  '0041_bulk': bulk,
  '0042_given_methods': givenMethods,
  '0043_pass_ids': passIds,
  '0045_logs': logs,
  '0046_registrations': registrations,
  '0047_registration_summaries': registrationSummaries,
  '0048_registered_applications': registeredApplications,
  '0050_scim': scim,
  '0051_previews': previews,
  '0052_lookups': lookups,
  '0058_words': words,
  '0062_methods_policy': methodsPolicy,
  '0063_registration_asked': registrationAsked,
  '0065_domain_checks': domainChecks,
  '0068_mailboxes': mailboxes,
  '0069_signups': signups,
  '0070_administrator_invitations': administratorInvitations,
  '0071_support_contacts': supportContacts,
  '0073_caller_checks': callerChecks,
  '0074_cases': cases,
  '0076_onboardings': onboardings,
  '0078_unmanaged_tenants': unmanagedTenants,
  '0079_takeovers': takeovers,
  '0081_tenant_settings': tenantSettings,
  '0082_tenant_links': tenantLinks,
  '0084_assistants': assistants,
  '0085_signup_invitations': signupInvitations,
  '0086_account_check_links': accountCheckLinks,
  '0087_case_proofs': caseProofs,
  '0088_reset_states': resetStates,
  '0089_subscription_epochs': subscriptionEpochs,
  '0090_agents': agents,
  '0091_contending_takeovers': contendingTakeovers,
  '0092_domain_contests': domainContests,
  '0094_signup_persons': signupPersons,
  '0095_recoveries': recoveries,
  '0096_directory_anchors': directoryAnchors,
  '0097_directory_passwords': directoryPasswords,
  '0099_synchronizations': synchronizations,
  '0102_partners': partners,
  '0103_relationships': relationships,
  '0114_registration_goal': registrationGoal,
  '0115_moved_passkeys': movedPasskeys,
  '0116_external_takeovers': externalTakeovers,
  '0118_case_assistants': caseAssistants,
  '0119_branding_previews': brandingPreviews,
  '0120_judged_methods': judgedMethods,
  '0121_claims': claims,
  '0123_agent_keys': agentKeys,
  '0124_directory_groups': directoryGroups,
  '0125_staying_told': stayingTold,
  '0126_emptied_tenants': emptiedTenants,
  '0127_unregistered': unregistered,
  '0129_given_passwords': givenPasswords,
  '0130_wordings': wordings,
  '0131_receipts': receipts,
  '0132_gateway_messages': gatewayMessages,
  '0133_newest_codes': newestCodes,
  '0137_invitations': invitations,
  '0138_customers': customers,
  '0139_made_customers': madeCustomers,
  '0140_partners_jobs': partnersJobs,
  '0141_partner_activities': partnerActivities,
  '0142_customer_tags': customerTags,
  '0143_unjoined_companies': unjoinedCompanies,
  '0144_ended_offers': endedOffers,
  '0145_rescue_agreements': rescueAgreements,
  '0146_rescues': rescues,
  '0147_verifications': verifications,
  '0148_waiting_firms': waitingFirms,
  '0150_raised_cases': raisedCases,
  '0151_support_codes': supportCodes,
  '0152_repeated_calls': repeatedCalls,
  '0154_account_rows': accountRows,
  '0156_announcement_stops': announcementStops,
  '0158_handed_over': handedOver,
  '0165_desk_places': deskPlaces,
  '0166_counted_people': countedPeople,
  '0167_newest_of_a_second': newestOfASecond,
}
