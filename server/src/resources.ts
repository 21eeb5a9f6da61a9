import { applicationsApi } from './administration/applicationsApi.ts'
import { callerChecksApi } from './administration/callerChecksApi.ts'
import { deletedItemsApi } from './administration/deletedItemsApi.ts'
import { grantsApi } from './administration/grantsApi.ts'
import { groupsApi } from './administration/groupsApi.ts'
import { lookupsApi } from './administration/lookupsApi.ts'
import { membershipsApi } from './administration/membershipsApi.ts'
import { methodsApi } from './administration/methodsApi.ts'
import { methodsPolicyApi } from './administration/methodsPolicyApi.ts'
import { passesApi } from './administration/passesApi.ts'
import { passwordsApi } from './administration/passwordsApi.ts'
import { policiesApi } from './administration/policiesApi.ts'
import { previewsApi } from './administration/previewsApi.ts'
import { readinessApi } from './administration/readinessApi.ts'
import { resetLinkApi } from './administration/resetLinkApi.ts'
import { rolesApi } from './administration/rolesApi.ts'
import { usersApi } from './administration/usersApi.ts'
import { type Api, type Description, describeApi, type Resource } from './api/index.ts'
import { noticesApi } from './branding/noticesApi.ts'
import { bulkApi } from './bulk/bulkApi.ts'
import { casesApi } from './cases/casesApi.ts'
import { brandingApi } from './organization/brandingApi.ts'
import { domainsApi } from './organization/domainsApi.ts'
import { organizationApi } from './organization/organizationApi.ts'
import { partnersApi } from './partners/partnersApi.ts'
import { personalDataApi } from './personalData/personalDataApi.ts'
import { actingApi } from './relationships/actingApi.ts'
import { customersApi } from './relationships/customersApi.ts'
import { decisionsApi } from './relationships/decisionsApi.ts'
import { invitationsApi } from './relationships/invitationsApi.ts'
import { relationshipsApi } from './relationships/relationshipsApi.ts'
import { rescueAgreementApi } from './relationships/rescueAgreementApi.ts'
import { attentionApi } from './reports/attentionApi.ts'
import { journeysApi } from './reports/journeysApi.ts'
import { logsApi } from './reports/logsApi.ts'
import { partnerActivitiesApi } from './reports/partnerActivitiesApi.ts'
import { registrationsApi } from './reports/registrationsApi.ts'
import { summariesApi } from './reports/summariesApi.ts'
import { rescuesApi } from './rescues/rescuesApi.ts'
import { scimTokensApi } from './scim/tokensApi.ts'
import { customerApi } from './signup/customerApi.ts'
import { supportApi } from './support/supportApi.ts'
import { synchronizationApi } from './synchronization/synchronizationApi.ts'
import { deskApi } from './verification/deskApi.ts'
import { verificationApi } from './verification/verificationApi.ts'
import { subscriptionsApi } from './webhooks/subscriptionsApi.ts'
import { agentsApi } from './writeback/agentsApi.ts'

/** Declares every resource of `/v1.0`. */
export function declareResources(api: Api) {
  usersApi(api)
  groupsApi(api)
  membershipsApi(api)
  rolesApi(api)
  applicationsApi(api)
  grantsApi(api)
  deletedItemsApi(api)
  methodsApi(api)
  subscriptionsApi(api)
  passesApi(api)
  passwordsApi(api)
  resetLinkApi(api)
  callerChecksApi(api)
  logsApi(api)
  domainsApi(api)
  organizationApi(api)
  brandingApi(api)
  noticesApi(api)
  policiesApi(api)
  methodsPolicyApi(api)
  previewsApi(api)
  readinessApi(api)
  personalDataApi(api)
  lookupsApi(api)
  casesApi(api)
  journeysApi(api)
  bulkApi(api)
  registrationsApi(api)
  summariesApi(api)
  attentionApi(api)
  scimTokensApi(api)
  supportApi(api)
  partnersApi(api)
  verificationApi(api)
  deskApi(api)
  relationshipsApi(api)
  invitationsApi(api)
  customerApi(api)
  actingApi(api)
  decisionsApi(api)
  rescueAgreementApi(api)
  rescuesApi(api)
  agentsApi(api)
  synchronizationApi(api)
  customersApi(api)
  partnerActivitiesApi(api)
}

/** The description of `/v1.0` for a server of this origin. It needs no database. */
export function describeResources(origin: string): Description {
  const resources: Resource[] = []
  declareResources({ resources, add: resource => void resources.push(resource as unknown as Resource) })
  return describeApi(resources, origin)
}
