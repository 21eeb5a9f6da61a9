import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { readAccess } from './access.ts'
import { changeAccount, getAccount, type PartnerAccount } from './accounts.ts'
import {
  AGREEMENT,
  beginEnrollment,
  type Enrollment,
  getEnrollment,
  listEnrollments,
  signEnrollment,
  submitEnrollment,
  withdrawEnrollment,
} from './enrollments.ts'
import { type Contact, type LegalProfile, warningsOf } from './legal.ts'
import {
  type AccountRole,
  assignPartnerRole,
  listRoleAssignments,
  type RoleAssignment,
  unassignPartnerRole,
} from './roles.ts'
import { verificationStatuses } from './stages.ts'

const text = (length: number) => Type.String({ maxLength: length })
const maybe = (length: number) => Type.Optional(Type.Union([text(length), Type.Null()]))
const closed = { additionalProperties: false }
const when = Type.String({ format: 'date-time' })

const Legal = Type.Object(
  {
    companyName: text(256),
    street: text(256),
    city: text(128),
    postalCode: maybe(32),
    country: text(2),
    registrationNumber: maybe(32),
  },
  closed,
)
const ContactBody = Type.Object(
  { givenName: text(64), surname: text(64), mail: text(254), phoneNumber: maybe(32) },
  closed,
)
const Programs = Type.Enum(['membership', 'indirectReseller', 'indirectProvider', 'directBill'])
const ContactAnswer = Type.Union([ContactBody, Type.Null()])

const Account = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    partnerId: Type.String(),
    kinds: Type.Array(Programs),
    status: Type.Enum(['onboarding', 'active', 'suspended']),
    country: Type.String(),
    legalProfile: Legal,
    primaryContact: ContactAnswer,
    supportContact: ContactAnswer,
    securityContact: ContactAnswer,
    agreement: Type.Union([
      Type.Object({ version: Type.String(), signedDateTime: when, signedBy: Type.String() }),
      Type.Null(),
    ]),
    suspension: Type.Union([Type.Object({ reason: Type.String(), sinceDateTime: when }), Type.Null()]),
    verification: Type.Enum([...verificationStatuses]),
  },
  { title: 'partnerAccount' },
)

const EnrollmentAnswer = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    program: Programs,
    status: Type.Enum(['draft', 'verifying', 'agreement', 'active', 'refused', 'withdrawn']),
    createdDateTime: when,
    agreementVersion: Type.String(),
    warnings: Type.Array(Type.String()),
  },
  { title: 'partnerEnrollment' },
)

const ROLES = { accountAdmin: 'Account admin', membershipAdmin: 'Membership admin' } as const
const RoleName = Type.Enum(['accountAdmin', 'membershipAdmin'])
const Assignment = Type.Object(
  { id: Type.String({ format: 'uuid' }), principalId: Type.String({ format: 'uuid' }), role: RoleName },
  { title: 'partnerRoleAssignment' },
)

const named = Type.Object({
  displayName: Type.String(),
  userPrincipalName: Type.String(),
  mail: Type.Union([Type.String(), Type.Null()]),
})
const Access = Type.Object({
  roles: Type.Array(Type.String()),
  actions: Type.Array(
    Type.Object({ action: Type.String(), allowed: Type.Boolean(), rolesThatMay: Type.Array(Type.String()) }),
  ),
  ask: Type.Array(Type.Object({ role: Type.String(), people: Type.Array(named) })),
})

/** A firm as a partner: its account, its enrollments and its people's roles (partners on the wire, §2.3). */
export function partnersApi(api: Api) {
  declareEnrollments(api)
  declareAccount(api)
  declareRoles(api)
}

function declareAccount(api: Api) {
  api.add({
    method: 'GET',
    path: '/partner',
    action: 'partner.account.read',
    summary: 'Read your firm’s account as a partner',
    context: 'partner',
    answer: Account,
    status: 200,
    handle: answerAccount,
  })
  api.add({
    method: 'PATCH',
    path: '/partner',
    action: ['partner.account.write', 'partner.securityContact.write'],
    summary: 'Change the profile or a contact; what names the company is verified anew',
    body: Type.Object(
      {
        legalProfile: Type.Optional(Legal),
        primaryContact: Type.Optional(ContactBody),
        supportContact: Type.Optional(Type.Union([ContactBody, Type.Null()])),
        securityContact: Type.Optional(Type.Union([ContactBody, Type.Null()])),
      },
      closed,
    ),
    readOnly: ['id', 'partnerId', 'kinds', 'status', 'country', 'agreement', 'suspension', 'verification'],
    context: 'partner',
    answer: Account,
    status: 200,
    async handle(call) {
      const { db, act, tenantId, body, headers } = call
      const changes = {
        legalProfile: body.legalProfile && profileOf(body.legalProfile),
        primaryContact: body.primaryContact && contactOf(body.primaryContact),
        supportContact: body.supportContact && contactOf(body.supportContact),
        securityContact: body.securityContact && contactOf(body.securityContact),
      }
      await inTenant(db, tenantId, trx => changeAccount(trx, act, { changes, ifMatch: headers['if-match'] }))
      return answerAccount(call)
    },
  })
  api.add({
    method: 'GET',
    path: '/partner/access',
    action: 'self.read',
    delegated: true,
    summary: 'Tell what you may do for your firm as a partner, and whom to ask for more',
    answer: Access,
    status: 200,
    async handle({ db, act, tenantId }) {
      const { roles, actions, ask } = await inTenant(db, tenantId, trx => readAccess(trx, act))
      return { json: { roles, actions, ask } }
    },
  })
}

async function answerAccount({ db, act, tenantId }: Call) {
  const account = await inTenant(db, tenantId, trx => getAccount(trx, act))
  const etag = `W/"${account.version}"`
  return { json: { '@odata.etag': etag, ...accountView(tenantId, account) }, etag }
}

const accountView = (tenantId: string, account: PartnerAccount) => ({
  id: tenantId,
  partnerId: account.partnerId,
  kinds: account.kinds,
  status: account.status,
  country: account.legalProfile.country,
  legalProfile: account.legalProfile,
  primaryContact: account.contacts.primary,
  supportContact: account.contacts.support,
  securityContact: account.contacts.security,
  agreement: account.agreement && {
    version: account.agreement.version,
    signedDateTime: account.agreement.signedAt,
    signedBy: account.agreement.signedBy,
  },
  suspension: account.suspension && {
    reason: account.suspension.reason,
    sinceDateTime: account.suspension.since.toISOString(),
  },
  verification: account.verification,
})

type Loose<T, Optional extends keyof T> = Omit<T, Optional> & { [Name in Optional]?: T[Name] | undefined }

const profileOf = ({
  postalCode = null,
  registrationNumber = null,
  ...rest
}: Loose<LegalProfile, 'postalCode' | 'registrationNumber'>): LegalProfile => ({
  ...rest,
  postalCode,
  registrationNumber,
})

const contactOf = ({ phoneNumber = null, ...rest }: Loose<Contact, 'phoneNumber'>): Contact => ({
  ...rest,
  phoneNumber,
})

const LIST = '/partner/enrollments'

function declareEnrollments(api: Api) {
  api.add({
    method: 'GET',
    path: LIST,
    action: 'partner.account.read',
    summary: 'List your firm’s enrollments in programs',
    context: 'partner/enrollments',
    answer: Type.Object({ value: Type.Array(EnrollmentAnswer) }),
    status: 200,
    async handle({ db, act, tenantId }) {
      const value = await inTenant(db, tenantId, async trx => {
        const { legalProfile } = await getAccount(trx, act)
        return (await listEnrollments(trx)).map(one => enrollmentView(one, legalProfile))
      })
      return { json: { value } }
    },
  })
  api.add({
    method: 'POST',
    path: LIST,
    action: 'partner.enroll',
    summary: 'Begin to enroll; the membership comes first, with the company’s profile',
    body: Type.Object(
      {
        program: Programs,
        legalProfile: Type.Optional(Legal),
        primaryContact: Type.Optional(ContactBody),
        supportContact: Type.Optional(ContactBody),
      },
      closed,
    ),
    readOnly: ['id', 'status'],
    context: 'partner/enrollments/$entity',
    answer: EnrollmentAnswer,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, body } = call
      const asked = {
        program: body.program,
        legalProfile: body.legalProfile && profileOf(body.legalProfile),
        primaryContact: body.primaryContact && contactOf(body.primaryContact),
        supportContact: body.supportContact && contactOf(body.supportContact),
      }
      const id = await inTenant(db, tenantId, trx => beginEnrollment(trx, act, asked))
      return { ...(await answerEnrollment(call, id)), location: `${LIST}/${id}` }
    },
  })
  api.add({
    method: 'GET',
    path: `${LIST}/{id}`,
    action: 'partner.account.read',
    summary: 'Read an enrollment',
    context: 'partner/enrollments/$entity',
    answer: EnrollmentAnswer,
    status: 200,
    handle: call => answerEnrollment(call, call.params.id!),
  })
  const step = { method: 'POST', action: 'partner.enroll', context: 'partner/enrollments/$entity' } as const
  api.add({
    ...step,
    path: `${LIST}/{id}/submit`,
    takesNone: true,
    summary: 'Hand an enrollment in to be verified',
    answer: EnrollmentAnswer,
    status: 200,
    async handle(call) {
      await inTenant(call.db, call.tenantId, trx => submitEnrollment(trx, call.act, call.params.id!))
      return answerEnrollment(call, call.params.id!)
    },
  })
  api.add({
    ...step,
    path: `${LIST}/{id}/sign`,
    summary: 'Sign the agreement of an admitted enrollment; the first signer becomes the first Admin agent',
    body: Type.Object({ version: text(32) }, closed),
    answer: EnrollmentAnswer,
    status: 200,
    async handle(call) {
      const { db, act, tenantId, params, body } = call
      await inTenant(db, tenantId, trx => signEnrollment(trx, act, { id: params.id!, version: body.version }))
      return answerEnrollment(call, params.id!)
    },
  })
  api.add({
    ...step,
    path: `${LIST}/{id}/withdraw`,
    takesNone: true,
    summary: 'Give an enrollment up before it is signed',
    answer: EnrollmentAnswer,
    status: 200,
    async handle(call) {
      await inTenant(call.db, call.tenantId, trx => withdrawEnrollment(trx, call.act, call.params.id!))
      return answerEnrollment(call, call.params.id!)
    },
  })
}

const answerEnrollment = async ({ db, act, tenantId }: Call, id: string) => ({
  json: await inTenant(db, tenantId, async trx => {
    const { legalProfile } = await getAccount(trx, act)
    return enrollmentView(await getEnrollment(trx, id), legalProfile)
  }),
})

const enrollmentView = ({ id, program, status, createdAt }: Enrollment, profile: LegalProfile) => ({
  ...{ id, program, status },
  createdDateTime: new Date(createdAt).toISOString(),
  agreementVersion: AGREEMENT,
  warnings: warningsOf(profile),
})

function declareRoles(api: Api) {
  const path = '/partner/roleAssignments'
  api.add({
    method: 'GET',
    path,
    action: 'partner.account.read',
    summary: 'List who has which role in the account; agents are members of three groups',
    context: 'partner/roleAssignments',
    answer: Type.Object({ value: Type.Array(Assignment) }),
    status: 200,
    async handle({ db, tenantId }) {
      return { json: { value: (await inTenant(db, tenantId, listRoleAssignments)).map(assignmentView) } }
    },
  })
  api.add({
    method: 'POST',
    path,
    action: 'partner.roles.assign',
    summary: 'Give a person of your firm a role in its account',
    body: Type.Object({ principalId: text(64), role: RoleName }, closed),
    readOnly: ['id'],
    context: 'partner/roleAssignments/$entity',
    answer: Assignment,
    status: 201,
    async handle({ db, act, tenantId, body }) {
      const given = await inTenant(db, tenantId, trx =>
        assignPartnerRole(trx, act, { userId: body.principalId, role: ROLES[body.role] }),
      )
      return { json: assignmentView(given), location: `${path}/${given.id}` }
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{id}`,
    action: 'partner.roles.assign',
    summary: 'Take a role in the account away',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => unassignPartnerRole(trx, act, params.id!))
      return {}
    },
  })
}

const nameOf = (role: AccountRole) => (Object.keys(ROLES) as (keyof typeof ROLES)[]).find(name => ROLES[name] === role)!

const assignmentView = ({ id, userId, role }: RoleAssignment) => ({ id, principalId: userId, role: nameOf(role) })
