// This file is long because it is printed, by `npm run refusals`, from the code that each resource reaches.

/** The codes by which the rules of a resource can refuse, beside those of the door and of rights. */
export const ruleRefusals: Record<string, string> = {
  "DELETE /applications(appId='{id}')":
    'ObjectConflict not_found property_invalid public_client quota_exceeded resource_modified',
  "DELETE /applications(appId='{id}')/owners/{object}/$ref":
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /applications/{id}':
    'ObjectConflict not_found property_invalid public_client quota_exceeded resource_modified',
  'DELETE /applications/{id}/owners/{object}/$ref':
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /bulk/jobs/{id}':
    'ObjectConflict announcement_stopped body_unreadable caller_check_invalid caller_check_needed domain_not_verified email_invalid email_is_this_account email_own_domain last_global_administrator mastered_elsewhere member_invalid not_announced not_found own_account password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple phone_invalid property_invalid property_read_only property_required property_unknown property_unsupported range_invalid registration_off resource_modified step_up',
  'DELETE /directory/deletedItems/{id}':
    'ObjectConflict domain_not_verified email_is_this_account expand_property forbidden last_global_administrator not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded resource_modified',
  "DELETE /directoryRoles(roleTemplateId='{id}')/members/{object}/$ref":
    'last_global_administrator not_found own_account',
  'DELETE /directoryRoles/{id}/members/{object}/$ref': 'last_global_administrator not_found own_account',
  'DELETE /domains/{id}': 'domain_needed in_use not_found',
  'DELETE /groups/{id}': 'in_use last_global_administrator not_found resource_modified',
  'DELETE /groups/{id}/appRoleAssignments/{assignment}':
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /groups/{id}/members/{object}/$ref':
    'ObjectConflict last_global_administrator mastered_elsewhere member_invalid not_found quota_exceeded',
  'DELETE /groups/{id}/owners/{object}/$ref':
    'ObjectConflict last_global_administrator mastered_elsewhere member_invalid not_found quota_exceeded',
  'DELETE /oauth2PermissionGrants/{id}': 'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /onPremises/agents/{id}': 'agent_not_found',
  'DELETE /organization/{id}/branding': 'not_found',
  'DELETE /organization/{id}/branding/backgroundImage': 'not_found',
  'DELETE /organization/{id}/branding/bannerLogo': 'not_found',
  'DELETE /organization/{id}/branding/favicon': 'not_found',
  'DELETE /organization/{id}/branding/headerLogo': 'not_found',
  'DELETE /organization/{id}/branding/localizations/{locale}': 'not_found',
  'DELETE /organization/{id}/branding/localizations/{locale}/backgroundImage': 'not_found',
  'DELETE /organization/{id}/branding/localizations/{locale}/bannerLogo': 'not_found',
  'DELETE /organization/{id}/branding/localizations/{locale}/favicon': 'not_found',
  'DELETE /organization/{id}/branding/localizations/{locale}/headerLogo': 'not_found',
  'DELETE /organization/{id}/branding/localizations/{locale}/squareLogo': 'not_found',
  'DELETE /organization/{id}/branding/localizations/{locale}/squareLogoDark': 'not_found',
  'DELETE /organization/{id}/branding/squareLogo': 'not_found',
  'DELETE /organization/{id}/branding/squareLogoDark': 'not_found',
  'DELETE /organization/{id}/notices/{kind}/wordings/{language}': 'not_found resource_modified',
  'DELETE /partner/customers/{customerTenantId}': 'not_found',
  'DELETE /partner/delegations/{customerTenantId}': 'not_found',
  'DELETE /partner/invitations/{id}': 'not_found wrong_status',
  'DELETE /partner/partnerships/{id}': 'not_found',
  'DELETE /partner/roleAssignments/{id}': 'not_found',
  'DELETE /partner/verification/documents/{id}': 'not_found wrong_status',
  'DELETE /policies/passwordResetPolicies/{id}': 'not_found policy_invalid resource_modified',
  'DELETE /roleManagement/directory/roleAssignments/{id}': 'last_global_administrator not_found own_account',
  "DELETE /servicePrincipals(appId='{id}')":
    'ObjectConflict not_found property_invalid public_client quota_exceeded resource_modified',
  "DELETE /servicePrincipals(appId='{id}')/owners/{object}/$ref":
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /servicePrincipals/{id}':
    'ObjectConflict not_found property_invalid public_client quota_exceeded resource_modified',
  'DELETE /servicePrincipals/{id}/appRoleAssignedTo/{assignment}':
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /servicePrincipals/{id}/appRoleAssignments/{assignment}':
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /servicePrincipals/{id}/owners/{object}/$ref':
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /servicePrincipals/{id}/scimTokens/{token}': 'not_found',
  'DELETE /subscriptions/{id}': 'not_found property_invalid',
  'DELETE /tenantRelationships/dap/{partnerTenantId}': 'not_found',
  'DELETE /tenantRelationships/delegatedAdminRelationships/{id}':
    'if_match_required not_found resource_modified wrong_status',
  'DELETE /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments/{assignmentId}':
    'if_match_required not_found resource_modified',
  'DELETE /users/{id}': 'last_global_administrator not_found own_account resource_modified',
  'DELETE /users/{id}/appRoleAssignments/{assignment}':
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'DELETE /users/{id}/authentication/emailMethods/{methodId}': 'not_found',
  'DELETE /users/{id}/authentication/fido2Methods/{methodId}': 'not_found',
  'DELETE /users/{id}/authentication/phoneMethods/{methodId}': 'not_found',
  'DELETE /users/{id}/authentication/softwareOathMethods/{methodId}': 'not_found',
  'DELETE /users/{id}/authentication/temporaryAccessPassMethods/{passId}': 'not_found',
  'GET /applications':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /applications(appId='{id}')":
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  "GET /applications(appId='{id}')/owners":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /applications(appId='{id}')/owners/$count":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /applications(appId='{id}')/owners/microsoft.graph.user":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /applications(appId='{id}')/owners/microsoft.graph.user/$count":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /applications(appId='{id}')/owners/{object}":
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /applications/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /applications/{id}': 'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /applications/{id}/owners':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /applications/{id}/owners/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /applications/{id}/owners/microsoft.graph.user':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /applications/{id}/owners/microsoft.graph.user/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /applications/{id}/owners/{object}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /auditLogs/directoryAudits':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /auditLogs/directoryAudits/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /auditLogs/signIns':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /auditLogs/signIns/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /bulk/jobs':
    'ObjectConflict announcement_stopped body_unreadable caller_check_invalid caller_check_needed domain_not_verified email_invalid email_is_this_account email_own_domain expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator mastered_elsewhere member_invalid not_announced not_found option_invalid option_repeated option_unsupported orderby_property own_account page_size page_token_expired password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple phone_invalid property_invalid property_read_only property_required property_unknown property_unsupported range_invalid registration_off resource_modified search_invalid search_property step_up',
  'GET /bulk/jobs/{id}':
    'ObjectConflict announcement_stopped body_unreadable caller_check_invalid caller_check_needed domain_not_verified email_invalid email_is_this_account email_own_domain expand_property forbidden last_global_administrator mastered_elsewhere member_invalid not_announced not_found option_repeated option_unsupported own_account password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple phone_invalid property_invalid property_read_only property_required property_unknown property_unsupported range_invalid registration_off resource_modified step_up',
  'GET /bulk/jobs/{id}/content':
    'ObjectConflict announcement_stopped body_unreadable caller_check_invalid caller_check_needed domain_not_verified email_invalid email_is_this_account email_own_domain expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator mastered_elsewhere member_invalid no_content not_announced not_found option_invalid option_repeated option_unsupported orderby_property own_account page_size page_token_expired password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple phone_invalid property_invalid property_read_only property_required property_unknown property_unsupported range_invalid registration_off resource_modified search_invalid search_property step_up',
  'GET /bulk/jobs/{id}/passwords':
    'ObjectConflict announcement_stopped body_unreadable caller_check_invalid caller_check_needed domain_not_verified email_invalid email_is_this_account email_own_domain job_running last_global_administrator mastered_elsewhere member_invalid not_announced not_found own_account password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple passwords_taken phone_invalid property_invalid property_read_only property_required property_unknown property_unsupported range_invalid registration_off resource_modified step_up',
  'GET /bulk/jobs/{id}/results':
    'ObjectConflict announcement_stopped body_unreadable caller_check_invalid caller_check_needed domain_not_verified email_invalid email_is_this_account email_own_domain last_global_administrator mastered_elsewhere member_invalid not_announced not_found own_account password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple phone_invalid property_invalid property_read_only property_required property_unknown property_unsupported range_invalid registration_off resource_modified step_up',
  'GET /cases':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /cases/{number}': 'not_found',
  'GET /delegatedAccess': 'not_found',
  'GET /directory/deletedItems/microsoft.graph.application':
    'ObjectConflict domain_not_verified email_is_this_account expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown public_client quota_exceeded resource_modified search_invalid search_property',
  'GET /directory/deletedItems/microsoft.graph.application/$count':
    'ObjectConflict domain_not_verified email_is_this_account expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown public_client quota_exceeded resource_modified search_invalid search_property',
  'GET /directory/deletedItems/microsoft.graph.group':
    'ObjectConflict domain_not_verified email_is_this_account expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown public_client quota_exceeded resource_modified search_invalid search_property',
  'GET /directory/deletedItems/microsoft.graph.group/$count':
    'ObjectConflict domain_not_verified email_is_this_account expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown public_client quota_exceeded resource_modified search_invalid search_property',
  'GET /directory/deletedItems/microsoft.graph.user':
    'ObjectConflict domain_not_verified email_is_this_account expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown public_client quota_exceeded resource_modified search_invalid search_property',
  'GET /directory/deletedItems/microsoft.graph.user/$count':
    'ObjectConflict domain_not_verified email_is_this_account expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown public_client quota_exceeded resource_modified search_invalid search_property',
  'GET /directory/deletedItems/{id}':
    'ObjectConflict domain_not_verified email_is_this_account expand_property forbidden last_global_administrator not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded resource_modified',
  'GET /directoryRoles':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /directoryRoles(roleTemplateId='{id}')":
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  "GET /directoryRoles(roleTemplateId='{id}')/members":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /directoryRoles(roleTemplateId='{id}')/members/{object}":
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /directoryRoles/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /directoryRoles/{id}': 'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /directoryRoles/{id}/members':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /directoryRoles/{id}/members/{object}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /domains':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /domains/{id}': 'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /domains/{id}/verificationDnsRecords': 'not_found',
  'GET /groups':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/delta':
    'filter_invalid filter_operator filter_property filter_too_large forbidden option_repeated option_unsupported page_token_expired property_unknown search_invalid sync_state_not_found',
  'GET /groups/{id}':
    'ObjectConflict expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator mastered_elsewhere member_invalid not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown quota_exceeded search_invalid search_property',
  'GET /groups/{id}/appRoleAssignments':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/appRoleAssignments/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/appRoleAssignments/{assignment}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /groups/{id}/memberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/memberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/memberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/memberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/memberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/memberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/members':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/members/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/members/microsoft.graph.user':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/members/microsoft.graph.user/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/members/{object}':
    'ObjectConflict expand_property forbidden last_global_administrator mastered_elsewhere member_invalid not_found option_repeated option_unsupported property_unknown quota_exceeded',
  'GET /groups/{id}/owners':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/owners/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/owners/microsoft.graph.user':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/owners/microsoft.graph.user/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/owners/{object}':
    'ObjectConflict expand_property forbidden last_global_administrator mastered_elsewhere member_invalid not_found option_repeated option_unsupported property_unknown quota_exceeded',
  'GET /groups/{id}/transitiveMemberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMemberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMemberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMemberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMemberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMemberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMembers':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMembers/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMembers/microsoft.graph.user':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /groups/{id}/transitiveMembers/microsoft.graph.user/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me': 'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /me/allowedActions': '',
  'GET /me/authentication/emailMethods': 'not_found',
  'GET /me/authentication/emailMethods/{methodId}': 'not_found',
  'GET /me/authentication/fido2Methods': 'not_found',
  'GET /me/authentication/fido2Methods/{methodId}': 'not_found',
  'GET /me/authentication/methods': 'not_found',
  'GET /me/authentication/methods/{methodId}': 'not_found',
  'GET /me/authentication/passwordMethods': 'not_found',
  'GET /me/authentication/passwordMethods/{methodId}': 'not_found',
  'GET /me/authentication/phoneMethods': 'not_found',
  'GET /me/authentication/phoneMethods/{methodId}': 'not_found',
  'GET /me/authentication/softwareOathMethods': 'not_found',
  'GET /me/authentication/softwareOathMethods/{methodId}': 'not_found',
  'GET /me/authentication/temporaryAccessPassMethods': 'not_found',
  'GET /me/authentication/temporaryAccessPassMethods/{passId}': 'not_found',
  'GET /me/memberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/memberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/memberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/memberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/memberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/memberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/transitiveMemberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/transitiveMemberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/transitiveMemberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/transitiveMemberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/transitiveMemberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /me/transitiveMemberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /oauth2PermissionGrants':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /oauth2PermissionGrants/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /oauth2PermissionGrants/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /onPremises/agents': '',
  'GET /onPremises/agents/{id}': 'agent_not_found',
  'GET /onPremises/synchronization': '',
  'GET /organization':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /organization/{id}': 'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /organization/{id}/branding':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /organization/{id}/branding/backgroundImage': 'not_found',
  'GET /organization/{id}/branding/bannerLogo': 'not_found',
  'GET /organization/{id}/branding/favicon': 'not_found',
  'GET /organization/{id}/branding/headerLogo': 'not_found',
  'GET /organization/{id}/branding/localizations':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /organization/{id}/branding/localizations/{locale}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /organization/{id}/branding/localizations/{locale}/backgroundImage': 'not_found',
  'GET /organization/{id}/branding/localizations/{locale}/bannerLogo': 'not_found',
  'GET /organization/{id}/branding/localizations/{locale}/favicon': 'not_found',
  'GET /organization/{id}/branding/localizations/{locale}/headerLogo': 'not_found',
  'GET /organization/{id}/branding/localizations/{locale}/squareLogo': 'not_found',
  'GET /organization/{id}/branding/localizations/{locale}/squareLogoDark': 'not_found',
  'GET /organization/{id}/branding/squareLogo': 'not_found',
  'GET /organization/{id}/branding/squareLogoDark': 'not_found',
  'GET /organization/{id}/notices': 'not_found',
  'GET /organization/{id}/notices/{kind}': 'not_found',
  'GET /organization/{id}/supportContacts': 'forbidden not_found',
  'GET /partner': 'not_found',
  'GET /partner/access': '',
  'GET /partner/activities':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown range_invalid search_invalid search_property',
  'GET /partner/activities/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /partner/customers':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /partner/customers/export':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown range_invalid search_invalid search_property',
  'GET /partner/customers/{customerTenantId}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /partner/customers/{customerTenantId}/access': 'not_found',
  'GET /partner/delegations': '',
  'GET /partner/delegations/{customerTenantId}': 'not_found',
  'GET /partner/enrollments': 'not_found',
  'GET /partner/enrollments/{id}': 'not_found',
  'GET /partner/invitations': '',
  'GET /partner/invitations/{id}': 'not_found',
  'GET /partner/partnerships': '',
  'GET /partner/partnerships/{id}': 'not_found',
  'GET /partner/rescues': 'not_found',
  'GET /partner/rescues/{id}': 'not_found',
  'GET /partner/roleAssignments': '',
  'GET /partner/verification': 'not_found',
  'GET /policies/authenticationMethodsPolicy': '',
  'GET /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{name}': 'not_found',
  'GET /policies/authorizationPolicy': '',
  'GET /policies/passwordProtectionPolicy': '',
  'GET /policies/passwordProtectionPolicy/bannedWords': '',
  'GET /policies/passwordResetPolicies':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /policies/passwordResetPolicies/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /policies/passwordResetPolicy':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /policies/previews/{id}': 'not_found',
  'GET /policies/previews/{id}/affectedUsers':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /policies/signInPolicy': '',
  'GET /policies/writebackPolicy': '',
  'GET /reports/attention': '',
  'GET /reports/authenticationMethods/userRegistrationDetails':
    'argument_invalid expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /reports/authenticationMethods/userRegistrationDetails/{id}':
    'argument_invalid expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /reports/authenticationMethods/usersRegisteredByFeature': 'argument_invalid',
  'GET /reports/authenticationMethods/usersRegisteredByFeature({arguments})': 'argument_invalid',
  'GET /reports/authenticationMethods/usersRegisteredByMethod': 'argument_invalid',
  'GET /reports/authenticationMethods/usersRegisteredByMethod({arguments})': 'argument_invalid',
  'GET /reports/messages/dailySummaries': 'range_invalid time_zone_unknown',
  'GET /reports/passwordReset/dailySummaries': 'range_invalid time_zone_unknown',
  'GET /reports/registration/dailySummaries': 'range_invalid time_zone_unknown',
  'GET /reports/registration/departments': '',
  'GET /reports/registration/policies': '',
  'GET /reports/security/dailySummaries': 'range_invalid time_zone_unknown',
  'GET /reset/journeys':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /reset/journeys/{id}': 'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /roleManagement/directory/roleAssignments':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /roleManagement/directory/roleAssignments/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /roleManagement/directory/roleAssignments/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /roleManagement/directory/roleDefinitions':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /roleManagement/directory/roleDefinitions/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /roleManagement/directory/roleDefinitions/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /servicePrincipals':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /servicePrincipals(appId='{id}')":
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  "GET /servicePrincipals(appId='{id}')/owners":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /servicePrincipals(appId='{id}')/owners/$count":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /servicePrincipals(appId='{id}')/owners/microsoft.graph.user":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /servicePrincipals(appId='{id}')/owners/microsoft.graph.user/$count":
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  "GET /servicePrincipals(appId='{id}')/owners/{object}":
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /servicePrincipals/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /servicePrincipals/{id}/appRoleAssignedTo':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/appRoleAssignedTo/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/appRoleAssignedTo/{assignment}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /servicePrincipals/{id}/appRoleAssignments':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/appRoleAssignments/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/appRoleAssignments/{assignment}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /servicePrincipals/{id}/memberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/memberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/memberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/memberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/memberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/memberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/owners':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/owners/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/owners/microsoft.graph.user':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/owners/microsoft.graph.user/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/owners/{object}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /servicePrincipals/{id}/scimTokens': 'not_found',
  'GET /servicePrincipals/{id}/scimTokens/{token}': 'not_found',
  'GET /servicePrincipals/{id}/transitiveMemberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/transitiveMemberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /subscriptions':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /subscriptions/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown',
  'GET /subscriptions/{id}/deliveries':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown search_invalid search_property',
  'GET /supportContacts': 'choice_unknown',
  'GET /tenantRelationships/delegatedAdminCustomers': '',
  'GET /tenantRelationships/delegatedAdminCustomers/{id}': 'not_found',
  'GET /tenantRelationships/delegatedAdminCustomers/{id}/serviceManagementDetails': 'not_found',
  'GET /tenantRelationships/delegatedAdminRelationships':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /tenantRelationships/delegatedAdminRelationships/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments': 'not_found',
  'GET /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments/{assignmentId}': 'not_found',
  'GET /tenantRelationships/delegatedAdminRelationships/{id}/operations': 'not_found',
  'GET /tenantRelationships/delegatedAdminRelationships/{id}/operations/{operationId}': 'not_found',
  'GET /tenantRelationships/delegatedAdminRelationships/{id}/requests': 'not_found',
  'GET /tenantRelationships/delegatedAdminRelationships/{id}/requests/{requestId}': 'not_found',
  'GET /tenantRelationships/partnerRequests': '',
  'GET /tenantRelationships/partnerRequests/{id}': 'not_found',
  'GET /tenantRelationships/partners': '',
  'GET /tenantRelationships/partners/{partnerTenantId}': 'not_found',
  'GET /tenantRelationships/rescueAgreement': '',
  'GET /tenantRelationships/rescues': 'not_found',
  'GET /users':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/delta':
    'filter_invalid filter_operator filter_property filter_too_large forbidden option_repeated option_unsupported page_token_expired property_unknown search_invalid sync_state_not_found',
  'GET /users/{id}': 'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /users/{id}/allowedActions': 'not_found step_up',
  'GET /users/{id}/appRoleAssignments':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/appRoleAssignments/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/appRoleAssignments/{assignment}':
    'expand_property forbidden not_found option_repeated option_unsupported property_unknown',
  'GET /users/{id}/authentication/emailMethods': 'not_found',
  'GET /users/{id}/authentication/emailMethods/{methodId}': 'not_found',
  'GET /users/{id}/authentication/fido2Methods': 'not_found',
  'GET /users/{id}/authentication/fido2Methods/{methodId}': 'not_found',
  'GET /users/{id}/authentication/methods': 'not_found',
  'GET /users/{id}/authentication/methods/{methodId}': 'not_found',
  'GET /users/{id}/authentication/operations/{operationId}': 'not_found',
  'GET /users/{id}/authentication/passwordMethods': 'not_found',
  'GET /users/{id}/authentication/passwordMethods/{methodId}': 'not_found',
  'GET /users/{id}/authentication/phoneMethods': 'not_found',
  'GET /users/{id}/authentication/phoneMethods/{methodId}': 'not_found',
  'GET /users/{id}/authentication/resetReadiness': 'not_found',
  'GET /users/{id}/authentication/softwareOathMethods': 'not_found',
  'GET /users/{id}/authentication/softwareOathMethods/{methodId}': 'not_found',
  'GET /users/{id}/authentication/temporaryAccessPassMethods': 'not_found',
  'GET /users/{id}/authentication/temporaryAccessPassMethods/{passId}': 'not_found',
  'GET /users/{id}/callerChecks/{callerCheckId}': 'not_found',
  'GET /users/{id}/effectivePolicies': 'not_found',
  'GET /users/{id}/memberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/memberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/memberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/memberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/memberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/memberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/transitiveMemberOf':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/transitiveMemberOf/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/transitiveMemberOf/microsoft.graph.directoryRole':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/transitiveMemberOf/microsoft.graph.directoryRole/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/transitiveMemberOf/microsoft.graph.group':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /users/{id}/transitiveMemberOf/microsoft.graph.group/$count':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /verification/cases':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'GET /verification/cases/{id}': 'not_found own_company',
  'GET /verification/cases/{id}/documents/{documentId}': 'not_found own_company',
  "PATCH /applications(appId='{id}')":
    'ObjectConflict not_found property_invalid property_required public_client quota_exceeded resource_modified',
  'PATCH /applications/{id}':
    'ObjectConflict not_found property_invalid property_required public_client quota_exceeded resource_modified',
  'PATCH /domains/{id}': 'domain_not_verified in_use not_found resource_modified',
  'PATCH /groups/{id}': 'mastered_elsewhere not_found property_unsupported resource_modified',
  'PATCH /me': 'not_found property_forbidden',
  'PATCH /oauth2PermissionGrants/{id}': 'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'PATCH /organization/{id}': 'not_found property_invalid resource_modified',
  'PATCH /organization/{id}/branding': 'not_found property_invalid resource_modified',
  'PATCH /organization/{id}/branding/localizations/{locale}': 'not_found property_invalid resource_modified',
  'PATCH /organization/{id}/notices/{kind}': 'not_found notice_always_sent resource_modified',
  'PATCH /partner':
    'address_incomplete contact_invalid country_mismatch country_unknown name_blank name_legal_form name_too_short name_without_letters not_found registration_number_invalid registration_number_missing resource_modified throttled',
  'PATCH /partner/customers/{customerTenantId}':
    'expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown',
  'PATCH /policies/authenticationMethodsPolicy': 'ObjectConflict not_found policy_invalid resource_modified',
  'PATCH /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{name}':
    'ObjectConflict last_global_administrator not_found policy_invalid resource_modified',
  'PATCH /policies/passwordProtectionPolicy': 'ObjectConflict policy_invalid resource_modified',
  'PATCH /policies/passwordResetPolicies/{id}': 'ObjectConflict not_found policy_invalid resource_modified',
  'PATCH /policies/passwordResetPolicy': 'ObjectConflict not_found policy_invalid resource_modified',
  'PATCH /policies/signInPolicy': 'ObjectConflict policy_invalid resource_modified',
  'PATCH /policies/writebackPolicy': 'ObjectConflict policy_invalid resource_modified',
  "PATCH /servicePrincipals(appId='{id}')":
    'ObjectConflict not_found property_invalid public_client quota_exceeded resource_modified',
  'PATCH /servicePrincipals/{id}':
    'ObjectConflict not_found property_invalid public_client quota_exceeded resource_modified',
  'PATCH /subscriptions/{id}':
    'expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown resource_modified',
  'PATCH /tenantRelationships/dap/{partnerTenantId}': 'end_later not_found property_invalid',
  'PATCH /tenantRelationships/delegatedAdminRelationships/{id}':
    'ObjectConflict auto_extend_invalid auto_extend_not_requested duration_invalid end_later expand_property forbidden if_match_required not_found option_repeated option_unsupported own_tenant property_invalid property_unknown resource_modified role_not_requested role_unknown wrong_status',
  'PATCH /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments/{assignmentId}':
    'group_unknown if_match_required not_found resource_modified role_not_approved role_unknown wrong_status',
  'PATCH /tenantRelationships/partnerRelationships/{id}':
    'auto_extend_invalid auto_extend_not_requested duration_invalid end_later if_match_required not_found own_tenant property_invalid resource_modified role_not_requested role_unknown wrong_status',
  'PATCH /users/{id}':
    'ObjectConflict caller_check_invalid caller_check_needed domain_not_verified email_is_this_account last_global_administrator mastered_elsewhere not_found own_account password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple property_invalid resource_modified step_up throttled',
  'PATCH /users/{id}/authentication/emailMethods/{methodId}':
    'email_invalid email_is_this_account email_own_domain not_found phone_invalid resource_modified',
  'PATCH /users/{id}/authentication/phoneMethods/{methodId}':
    'email_invalid email_is_this_account email_own_domain not_found phone_invalid property_invalid resource_modified',
  'PATCH /users/{id}/callerChecks/{callerCheckId}': 'not_found',
  'POST /announcements':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_required property_unknown quota_exceeded row_too_long rows_at_most search_invalid search_property',
  'POST /applications':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_required property_unknown public_client quota_exceeded',
  "POST /applications(appId='{id}')/addPassword":
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  "POST /applications(appId='{id}')/owners/$ref":
    'ObjectConflict member_invalid not_found property_invalid public_client quota_exceeded',
  "POST /applications(appId='{id}')/removePassword":
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'POST /applications/{id}/addPassword': 'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'POST /applications/{id}/owners/$ref':
    'ObjectConflict member_invalid not_found property_invalid public_client quota_exceeded',
  'POST /applications/{id}/removePassword': 'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'POST /bulk/jobs':
    'ObjectConflict announcement_stopped body_unreadable caller_check_invalid caller_check_needed csv_invalid domain_not_verified email_invalid email_is_this_account email_own_domain expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator mastered_elsewhere media_type member_invalid not_announced not_found option_invalid option_repeated option_unsupported orderby_property own_account page_size page_token_expired password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple phone_invalid property_invalid property_read_only property_required property_unknown property_unsupported quota_exceeded range_invalid registration_off resource_modified row_too_long rows_at_most search_invalid search_property step_up',
  'POST /cases': 'caller_check_invalid case_open email_invalid not_found text_empty throttled',
  'POST /cases/{number}/close': 'not_found text_empty wrong_state',
  'POST /cases/{number}/messages': 'not_found text_empty wrong_state',
  'POST /directory/deletedItems/{id}/restore':
    'ObjectConflict domain_not_verified email_is_this_account expand_property forbidden last_global_administrator not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded resource_modified',
  'POST /directoryObjects/getByIds':
    'expand_property filter_invalid filter_operator filter_property filter_too_large forbidden option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_unknown search_invalid search_property',
  'POST /directoryObjects/{id}/checkMemberGroups': 'not_found',
  'POST /directoryObjects/{id}/getMemberGroups': 'not_found',
  'POST /directoryObjects/{id}/getMemberObjects': 'not_found',
  'POST /directoryRoles': 'ObjectConflict not_found',
  "POST /directoryRoles(roleTemplateId='{id}')/members/$ref":
    'ObjectConflict not_found principal_invalid property_invalid',
  'POST /directoryRoles/{id}/members/$ref': 'ObjectConflict not_found principal_invalid property_invalid',
  'POST /domains':
    'ObjectConflict domain_public_suffix domain_reserved expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown quota_exceeded',
  'POST /domains/{id}/contest':
    'ask_operator contest_closed dns_record_not_found dns_unreachable domain_taken domain_unmanaged expand_property forbidden not_found not_verified option_repeated option_unsupported property_unknown throttled',
  'POST /domains/{id}/forceDelete': 'domain_needed in_use last_global_administrator not_found protected_target',
  'POST /domains/{id}/promote': 'domain_not_verified in_use not_found',
  'POST /domains/{id}/verify':
    'dns_record_not_found dns_unreachable domain_taken expand_property forbidden not_found option_repeated option_unsupported property_unknown throttled',
  'POST /groups':
    'ObjectConflict expand_property filter_invalid filter_operator filter_property filter_too_large forbidden last_global_administrator mastered_elsewhere member_invalid not_found option_invalid option_repeated option_unsupported orderby_property page_size page_token_expired property_invalid property_unknown property_unsupported quota_exceeded search_invalid search_property',
  'POST /groups/{id}/appRoleAssignments':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded',
  'POST /groups/{id}/checkMemberGroups': 'not_found',
  'POST /groups/{id}/getMemberGroups': 'not_found',
  'POST /groups/{id}/getMemberObjects': 'not_found',
  'POST /groups/{id}/members/$ref':
    'ObjectConflict last_global_administrator mastered_elsewhere member_invalid not_found property_invalid quota_exceeded',
  'POST /groups/{id}/owners/$ref':
    'ObjectConflict last_global_administrator mastered_elsewhere member_invalid not_found property_invalid quota_exceeded',
  'POST /helpDesk/lookups': 'throttled',
  'POST /me/changePassword':
    'SSPR_0029 SSPR_0030 current_password_incorrect not_signed_in password_banned password_breached password_contains_name password_in_history password_not_checked password_refused_by_directory password_reported password_same password_too_long password_too_recent password_too_short password_too_simple throttled',
  'POST /me/checkMemberGroups': 'not_found',
  'POST /me/getMemberGroups': 'not_found',
  'POST /me/getMemberObjects': 'not_found',
  'POST /me/revokeSignInSessions': 'not_found',
  'POST /oauth2PermissionGrants':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_required property_unknown public_client quota_exceeded',
  'POST /onPremises/agentTokens': '',
  'POST /organization/{id}/branding/localizations':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown quota_exceeded',
  'POST /organization/{id}/branding/previews': 'image_dimensions image_too_large image_type not_found property_invalid',
  'POST /organization/{id}/notices/{kind}/previews':
    'foreign_address not_found placeholder_missing placeholder_unknown property_invalid wording_fixed',
  'POST /partner/customers':
    'ObjectConflict account_not_active address_invalid auto_extend_invalid country_invalid duration_invalid label_invalid label_reserved label_taken name_doubtful name_invalid name_is_address no_initial_domains not_found own_tenant property_invalid quota_exceeded reseller_unknown role_unknown throttled user_name_invalid wrong_status',
  'POST /partner/customers/{customerTenantId}/administratorInvitation':
    'address_invalid administrator_joined name_invalid name_is_address not_found throttled user_name_invalid',
  'POST /partner/enrollments':
    'ObjectConflict address_incomplete contact_invalid country_mismatch country_unknown kind_conflict membership_first name_blank name_legal_form name_too_short name_without_letters not_found property_required registration_number_invalid registration_number_missing',
  'POST /partner/enrollments/{id}/sign': 'agreement_outdated not_found verification_pending wrong_status',
  'POST /partner/enrollments/{id}/submit': 'not_found wrong_status',
  'POST /partner/enrollments/{id}/withdraw': 'not_found wrong_status',
  'POST /partner/invitations':
    'account_not_active not_a_provider not_found property_invalid quota_exceeded reseller_unknown',
  'POST /partner/rescues/{id}/approve':
    'account_not_active not_found role_missing same_person target_unknown wrong_status',
  'POST /partner/rescues/{id}/refuse': 'not_found reason_missing role_missing wrong_status',
  'POST /partner/rescues/{id}/release': 'not_found role_missing wrong_status',
  'POST /partner/rescues/{id}/take': 'account_not_active not_found role_missing target_unknown wrong_status',
  'POST /partner/roleAssignments': 'ObjectConflict not_found principal_invalid',
  'POST /partner/verification/documents':
    'document_type_unknown document_unsupported documents_too_many file_name_invalid not_found wrong_status',
  'POST /partner/verification/stages/emailOwnership/resend': 'not_found throttled wrong_status',
  'POST /partner/verification/stages/{stage}/fix':
    'address_incomplete contact_invalid country_mismatch country_unknown document_unknown name_blank name_legal_form name_too_short name_without_letters not_found registration_number_invalid registration_number_missing resource_modified throttled wrong_status',
  'POST /policies/passwordProtectionPolicy/bannedWords/add': '',
  'POST /policies/passwordProtectionPolicy/bannedWords/remove': '',
  'POST /policies/passwordResetPolicies':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported policy_invalid property_unknown',
  'POST /policies/previews':
    'ObjectConflict body_unreadable last_global_administrator mastered_elsewhere member_invalid method_unknown not_found not_implemented path_unknown policy_invalid property_invalid property_read_only property_required property_unknown property_unsupported resource_modified',
  'POST /roleManagement/directory/roleAssignments':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported principal_invalid property_invalid property_unknown',
  'POST /servicePrincipals':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded resource_modified',
  "POST /servicePrincipals(appId='{id}')/addPassword":
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  "POST /servicePrincipals(appId='{id}')/owners/$ref":
    'ObjectConflict member_invalid not_found property_invalid public_client quota_exceeded',
  "POST /servicePrincipals(appId='{id}')/removePassword":
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'POST /servicePrincipals/{id}/addPassword': 'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'POST /servicePrincipals/{id}/appRoleAssignedTo':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded',
  'POST /servicePrincipals/{id}/appRoleAssignments':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded',
  'POST /servicePrincipals/{id}/checkMemberGroups': 'not_found',
  'POST /servicePrincipals/{id}/getMemberGroups': 'not_found',
  'POST /servicePrincipals/{id}/getMemberObjects': 'not_found',
  'POST /servicePrincipals/{id}/owners/$ref':
    'ObjectConflict member_invalid not_found property_invalid public_client quota_exceeded',
  'POST /servicePrincipals/{id}/removePassword':
    'ObjectConflict not_found property_invalid public_client quota_exceeded',
  'POST /servicePrincipals/{id}/scimTokens': 'not_found property_invalid quota_exceeded',
  'POST /subscriptions':
    'endpoint_not_validated endpoint_refused expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown subscriptions_at_most throttled',
  'POST /subscriptions/{id}/deliveries/{deliveryId}/redeliver': 'not_found property_invalid',
  'POST /subscriptions/{id}/reauthorize': 'not_found property_invalid',
  'POST /subscriptions/{id}/rollSecret': 'not_found property_invalid',
  'POST /tenantRelationships/delegatedAdminRelationships':
    'ObjectConflict account_not_active auto_extend_invalid duration_invalid expand_property forbidden not_found option_repeated option_unsupported own_tenant property_invalid property_unknown quota_exceeded role_unknown',
  'POST /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments':
    'ObjectConflict group_unknown not_found quota_exceeded role_not_approved role_unknown wrong_status',
  'POST /tenantRelationships/delegatedAdminRelationships/{id}/approvalLink':
    'auto_extend_invalid duration_invalid not_found own_tenant property_invalid wrong_status',
  'POST /tenantRelationships/delegatedAdminRelationships/{id}/requests':
    'auto_extend_invalid duration_invalid not_found own_tenant property_invalid quota_exceeded wrong_status',
  'POST /tenantRelationships/partnerRelationships/{id}/terminate':
    'auto_extend_invalid duration_invalid not_found own_tenant property_invalid wrong_status',
  'POST /tenantRelationships/partnerRequests/{id}/approve':
    'auto_extend_invalid auto_extend_not_requested duration_invalid duration_longer not_found own_tenant property_invalid quota_exceeded role_not_requested role_unknown wrong_status',
  'POST /tenantRelationships/partnerRequests/{id}/reject':
    'auto_extend_invalid duration_invalid not_found own_tenant property_invalid wrong_status',
  'POST /tenantRelationships/partners/{partnerTenantId}/end':
    'auto_extend_invalid duration_invalid not_found own_tenant property_invalid wrong_status',
  'POST /users':
    'ObjectConflict domain_not_verified expand_property forbidden not_found option_repeated option_unsupported password_banned password_breached password_contains_name password_in_history password_not_checked password_same password_too_long password_too_recent password_too_short password_too_simple property_invalid property_unknown',
  'POST /users/{id}/appRoleAssignments':
    'ObjectConflict expand_property forbidden not_found option_repeated option_unsupported property_invalid property_unknown public_client quota_exceeded',
  'POST /users/{id}/authentication/emailMethods':
    'ObjectConflict email_invalid email_is_this_account email_own_domain not_found phone_invalid',
  'POST /users/{id}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword':
    'SSPR_0029 SSPR_0030 caller_check_invalid caller_check_needed mastered_elsewhere not_found password_banned password_breached password_contains_name password_in_history password_not_checked password_refused_by_directory password_same password_too_long password_too_recent password_too_short password_too_simple property_invalid property_required',
  'POST /users/{id}/authentication/phoneMethods':
    'ObjectConflict email_invalid email_is_this_account email_own_domain not_found not_implemented phone_invalid',
  'POST /users/{id}/authentication/requireRegistration': 'not_found registration_off',
  'POST /users/{id}/authentication/resetLink': 'mailbox_missing not_found throttled',
  'POST /users/{id}/authentication/temporaryAccessPassMethods':
    'ObjectConflict caller_check_invalid caller_check_needed method_off not_found property_invalid',
  'POST /users/{id}/authentication/unblock': 'not_found',
  'POST /users/{id}/callerChecks': 'mailbox_missing means_refused not_found throttled',
  'POST /users/{id}/checkMemberGroups': 'not_found',
  'POST /users/{id}/exportPersonalData': 'not_found',
  'POST /users/{id}/getMemberGroups': 'not_found',
  'POST /users/{id}/getMemberObjects': 'not_found',
  'POST /users/{id}/revokeSignInSessions': 'not_found',
  'POST /verification/cases/{id}/claim': 'claimed not_found own_company',
  'POST /verification/cases/{id}/decide': 'claimed not_found own_company reason_missing same_person wrong_status',
  'PUT /organization/{id}/branding/backgroundImage': 'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/bannerLogo': 'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/favicon': 'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/headerLogo': 'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/localizations/{locale}/backgroundImage':
    'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/localizations/{locale}/bannerLogo':
    'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/localizations/{locale}/favicon':
    'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/localizations/{locale}/headerLogo':
    'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/localizations/{locale}/squareLogo':
    'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/localizations/{locale}/squareLogoDark':
    'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/squareLogo': 'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/branding/squareLogoDark': 'image_dimensions image_too_large image_type not_found',
  'PUT /organization/{id}/notices/{kind}/wordings/{language}':
    'foreign_address not_found placeholder_missing placeholder_unknown property_invalid resource_modified wording_fixed',
  'PUT /organization/{id}/supportContacts': 'contacts_invalid not_found resource_modified',
  'PUT /tenantRelationships/rescueAgreement':
    'acts_missing cooling_off_invalid phrase_invalid provider_unknown tell_invalid',
}
