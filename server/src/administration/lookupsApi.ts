import { Type } from 'typebox'
import { type Api, countMinute } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { lookUp, matches } from './lookups.ts'

/** Of one caller in a minute: somebody who answers calls needs fewer, and a list of the company takes days. */
const LOOKUPS = 60

const orNull = Type.Union([Type.String(), Type.Null()])

/** Whom a help desk has on the telephone. */
export function lookupsApi(api: Api) {
  api.add({
    method: 'POST',
    path: '/helpDesk/lookups',
    action: 'readiness.read',
    summary:
      'Find who is calling, by name, employee id, support code, number of a case or the last four digits of contact info',
    body: Type.Object(
      {
        query: Type.String({
          minLength: 2,
          maxLength: 120,
          pattern: '^\\s*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]+$',
        }),
      },
      { additionalProperties: false },
    ),
    context: 'Collection(latchkey.helpDeskLookup)',
    answer: Type.Object({
      value: Type.Array(
        Type.Object(
          {
            id: Type.String({ format: 'uuid' }),
            displayName: Type.String(),
            userPrincipalName: Type.String(),
            officeLocation: orNull,
            department: orNull,
            matchedBy: Type.Enum([...matches]),
            journeyId: Type.Optional(Type.String({ format: 'uuid' })),
            caseNumber: Type.Optional(Type.String()),
          },
          { title: 'helpDeskLookup' },
        ),
        { maxItems: 8 },
      ),
      isUnknownName: Type.Boolean({
        description: 'The support code is of a reset that was begun with a name of nobody. The name is never told.',
      }),
    }),
    status: 200,
    async handle(call) {
      await countMinute(call, 'lookups', LOOKUPS)
      const { people, isUnknownName } = await inTenant(call.db, call.tenantId, trx =>
        lookUp(trx, call.act, call.body.query),
      )
      return { json: { value: people, isUnknownName } }
    },
  })
}
