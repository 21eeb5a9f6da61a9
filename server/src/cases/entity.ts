import { sql } from 'kysely'
import { type TSchema, Type } from 'typebox'
import { type Asking, type Entity, TIMES } from '../odata/index.ts'

const column = (name: string) => sql.ref(`cases.${name}`)

/** The open and closed cases of a company, as its helpers list them: without what was written. */
export const caseEntity: Entity = {
  name: 'recoveryCase',
  type: '#latchkey.recoveryCase',
  // A mailbox that nobody has proved yet has opened nothing.
  from: sql`(select *, case when closed_at is not null then 'closed' when answered_at is not null then 'asker' else asked end as state
    from cases where opened_at is not null) as cases`,
  tenant: column('tenant_id'),
  order: { by: 'openedDateTime', descending: true },
  properties: {
    id: { kind: 'uuid', sql: column('id'), unasked: true },
    number: { kind: 'text', sql: column('number'), unasked: true, filter: ['eq'] },
    kind: { kind: 'text', sql: column('kind'), unasked: true, filter: ['eq', 'in'] },
    domain: { kind: 'text', sql: column('domain'), unasked: true, filter: ['eq'] },
    /** Who has to do something next; `asker`: somebody has answered. */
    state: { kind: 'text', sql: column('state'), unasked: true, filter: ['eq', 'ne', 'in'] },
    address: {
      kind: 'value',
      schema: Type.String() as TSchema,
      sql: sql`json_build_array(${column('id')}, encode(${column('address_sealed')}, 'hex'))`,
      read(json: unknown, { keys, tenantId }: Asking) {
        const [rowId, sealed] = json as [string, string]
        return keys.open({ purpose: 'case-address', tenantId, rowId }, Buffer.from(sealed, 'hex'))
      },
      unasked: true,
    },
    openedDateTime: { kind: 'time', sql: column('opened_at'), unasked: true, order: true, filter: TIMES },
    dueDateTime: { kind: 'time', sql: column('due_at'), unasked: true },
    closedDateTime: { kind: 'time', sql: column('closed_at'), unasked: true, nullable: true },
    result: { kind: 'text', sql: column('result'), unasked: true, nullable: true },
  },
}
