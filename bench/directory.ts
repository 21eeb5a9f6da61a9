import { sql } from 'kysely'
import { DAY } from '../server/src/clock.ts'
import { type Means, type Place, systemRandom } from '../server/src/crypto/index.ts'
import { inTenant, type Store } from '../server/src/store/index.ts'
import { foldAddress, foldText } from '../server/src/typing/index.ts'
import { DOMAIN } from './people.ts'

// A directory of any size. Its rows are those that an import of the same people leaves, without passwords and events.

/** Every fourth person is in it, so that its first page is full at each size. */
export const DEPARTMENT = 'Harbour'
/** So many people have it at every size. */
export const RARE = { surname: 'Quill', people: 20 }

const DEPARTMENTS = [DEPARTMENT, 'Finance', 'Sales', 'Legal']
const GIVEN = ['Ana', 'Ben', 'Chloé', 'Daisuke', 'Emma', 'Farid', 'Grace', 'Hugo', 'Ines', 'Jun', 'Kim', 'Léa', 'Mei']
const SURNAMES = ['Abe', 'Berger', 'Cohen', 'Durand', 'Eriksen', 'Faure', 'Garcia', 'Haddad', 'Ito', 'Jansen', 'Kaya']
const TOGETHER = 5_000

/** Adds people until the tenant has so many, and has PostgreSQL count them. Returns the ids of some. */
export async function growTo(store: Store, means: Means, tenantId: string, size: number): Promise<string[]> {
  const { rows } = await store.pool.query('select count(*)::int as count from accounts where tenant_id = $1', [
    tenantId,
  ])
  let countedAt = 0
  for (let from: number = rows[0].count; from < size; from += TOGETHER) {
    const count = Math.min(TOGETHER, size - from)
    const people = Array.from({ length: count }, (_, place) => personOf(means, tenantId, from + place))
    await inTenant(store, tenantId, async trx => {
      await sql`insert into users (${sql.raw(COLUMNS)}) select ${sql.raw(COLUMNS)}
        from json_populate_recordset(null::users, ${JSON.stringify(people.map(({ user }) => user))})`.execute(trx)
      await sql`insert into contact_info (${sql.raw(CONTACT)}) select ${sql.raw(CONTACT)}
        from json_populate_recordset(null::contact_info, ${JSON.stringify(people.flatMap(({ phones }) => phones))})`.execute(
        trx,
      )
    })
    // As an import does: by counts of an empty table each row's trigger would read all rows before it.
    if (from + count >= countedAt) {
      await inTenant(store, tenantId, trx => sql`select count_people()`.execute(trx))
      countedAt = (from + count) * 4
    }
  }
  await store.pool.query('vacuum analyze accounts, contact_info')
  const some = await store.pool.query(
    `select id from accounts where tenant_id = $1 and employee_id is not null order by md5(id::text) limit 500`,
    [tenantId],
  )
  return some.rows.map(({ id }) => id)
}

const texts = ['display_name', 'given_name', 'surname', 'mail', 'department', 'job_title', 'office_location', 'city']
const more = ['country', 'employee_id', 'usage_location', 'preferred_language']
const folded = [...texts, ...more].flatMap(name => [name, `${name}_folded`])
/** What is written of an account. */
export const COLUMNS = ['tenant_id, id, user_principal_name, user_principal_name_folded, created_at', ...folded].join()
/** The same of a number. */
export const CONTACT = 'tenant_id, user_id, kind, id, value_sealed, value_hash, ending_hash, set_at, set_by'

/** Ids are made in order of creation, before those of the bench's other people: the first page is the same at every size. */
function personOf({ keys, now: today }: Means, tenantId: string, n: number) {
  const now = new Date(today.getTime() - DAY + n)
  const id = systemRandom.uuid(now)
  const given = GIVEN[n % GIVEN.length]!
  const surname = n >= 700 && n < 700 + RARE.people ? RARE.surname : SURNAMES[n % SURNAMES.length]!
  const name = `person-${n}@${DOMAIN}`
  const profile = {
    display_name: `${given} ${surname} ${n}`,
    given_name: given,
    surname,
    mail: name,
    department: DEPARTMENTS[n % DEPARTMENTS.length]!,
    job_title: `Clerk, grade ${n % 9}`,
    office_location: `Floor ${n % 40}`,
    city: 'Nagasaki',
    country: 'Japan',
    employee_id: String(100_000 + n),
    usage_location: 'JP',
    preferred_language: ['en', 'fr', 'ja'][n % 3]!,
  }
  const number = (kind: string, digits: string) => {
    const place: Place = { purpose: 'method', tenantId, rowId: systemRandom.uuid(now) }
    return {
      tenant_id: tenantId,
      user_id: id,
      kind,
      id: place.rowId,
      value_sealed: bytea(keys.seal(place, digits)),
      value_hash: bytea(keys.mac('destination', tenantId, foldAddress(digits))),
      ending_hash: bytea(keys.mac('ending', tenantId, digits.slice(-4))),
      set_at: now,
      set_by: 'administrator',
    }
  }
  const user = {
    tenant_id: tenantId,
    id,
    user_principal_name: name,
    user_principal_name_folded: name,
    created_at: now,
    ...profile,
    ...Object.fromEntries(Object.entries(profile).map(([column, text]) => [`${column}_folded`, foldText(text)])),
  }
  const digits = String(n).padStart(7, '0')
  const phones = [number('mobilePhone', `+8190${digits}0`), number('officePhone', `+8195${digits}`)]
  return { user, phones: n % 3 === 0 ? phones : phones.slice(0, 1) }
}

const bytea = (bytes: Buffer) => `\\x${bytes.toString('hex')}`
