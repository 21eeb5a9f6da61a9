import { Type } from 'typebox'
import { type Api, answerList, inOwn, readRow } from '../api/index.ts'
import { rowSchema } from '../odata/index.ts'
import { isOwn, organizationEntity, privacyProfile } from './entities.ts'
import { refuse } from './errors.ts'
import { changeProfile } from './profile.ts'

const answer = rowSchema(organizationEntity)
const mails = Type.Array(Type.String({ minLength: 3, maxLength: 320 }), { maxItems: 20, uniqueItems: true })

/** What a company says of itself. */
export function organizationApi(api: Api) {
  api.add({
    ...{ method: 'GET', path: '/organization', action: 'organization.read', context: 'organization', status: 200 },
    summary: 'List the caller’s organization',
    answer: Type.Object({ value: Type.Array(answer) }),
    options: ['$select', '$top', '$count'],
    handle: call => answerList(call, organizationEntity),
  })
  api.add({
    ...{ method: 'GET', path: '/organization/{id}', action: 'organization.read', status: 200, answer },
    ...{ summary: 'Read the organization', context: 'organization/$entity', options: ['$select'] },
    async handle(call) {
      const row = await inOwn(call, trx => readRow(trx, call, organizationEntity, { where: isOwn(call.tenantId) }))
      if (!row) throw refuse('not_found')
      return row
    },
  })
  api.add({
    ...{ method: 'PATCH', path: '/organization/{id}', action: 'organization.write', status: 204 },
    summary: 'Change what the organization says of itself',
    body: Type.Object(
      {
        displayName: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
        preferredLanguage: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$' })),
        technicalNotificationMails: Type.Optional(mails),
        securityComplianceNotificationMails: Type.Optional(mails),
        privacyProfile: Type.Optional(privacyProfile),
      },
      { additionalProperties: false },
    ),
    readOnly: ['id', 'createdDateTime', 'countryLetterCode', 'tenantType', 'verifiedDomains'],
    unsupported: Object.keys(organizationEntity.lacking ?? {}),
    async handle(call) {
      await inOwn(call, trx => changeProfile(trx, call.act, call.body, call.headers['if-match']))
      return {}
    },
  })
}
