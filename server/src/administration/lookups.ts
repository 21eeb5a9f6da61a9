import { type RawBuilder, sql } from 'kysely'
import { authorize, demandAny } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findAsker } from '../cases/index.ts'
import { ENDING, endsWith, hasAddress, nameWord, rankedUsers } from '../directory/index.ts'
import { hasWords } from '../odata/index.ts'
import type { Trx } from '../store/index.ts'
import { foldName, foldText, lowerAscii, mailboxOf, readSupportCode } from '../typing/index.ts'
import { findNearNames } from './nearNames.ts'

/** What a caller of a help desk was found by, the surest first. */
export const matches = [
  'supportCode',
  'nearName',
  'caseNumber',
  'contactInfo',
  'raisedCase',
  'employeeId',
  'userPrincipalName',
  'mail',
  'displayName',
] as const

/** Somebody who was found. `journeyId`: of the reset whose support code was typed; `caseNumber`: of the recovery case. `raisedCase`: one that a helper opened, so that nothing is proved by it. */
export interface Found {
  id: string
  displayName: string
  userPrincipalName: string
  officeLocation: string | null
  department: string | null
  matchedBy: (typeof matches)[number]
  journeyId?: string
  caseNumber?: string
}

/** Who was found. `isUnknownName`: the support code is of a reset that was begun with a name of nobody; it is never told. */
export interface LookedUp {
  people: Found[]
  isUnknownName: boolean
}

/** More would be a list of the company. A caller can say more of themselves. */
const AT_MOST = 8

/**
 * Finds those who may be calling, among the people whom the actor may help: by name, sign-in name, address, employee id,
 * support code of a reset, number of a recovery case, or the last digits of contact info. The log says who was found, and not what was typed.
 */
export async function lookUp(trx: Trx, act: Act, query: string): Promise<LookedUp> {
  demandAny(act, 'readiness.read')
  const beyond = (await rankedUsers(trx)).filter(user => !authorize(act, 'readiness.read', user).allowed)
  const asker = await findAsker(trx, act, query)
  const code = codeIn(query.trim())
  const near = code === undefined ? undefined : await findNearNames(trx, act, code)
  const found = new Map<string, Found>()
  for (const matchedBy of matches) {
    const match = matchOf(trx, act, matchedBy, { query: query.trim(), asker, near })
    const left = AT_MOST - found.size
    if (!match || left === 0) continue
    const passed = [...beyond.map(({ id }) => id), ...found.keys()]
    for (const row of await readMatching(trx, match, { passed, left })) {
      const { journeyId, ...user } = row
      found.set(user.id, {
        ...user,
        matchedBy,
        ...(journeyId !== null && { journeyId }),
        ...(asker && isByCase(matchedBy) && { caseNumber: asker.number }),
      })
    }
  }
  const people = [...found.values()]
  const details = {
    found: String(people.length),
    people: people.map(({ id }) => id).join(),
    by: [...new Set(people.map(({ matchedBy }) => matchedBy))].join(),
  }
  await record(trx, act, { activity: 'users.looked_up', result: 'success', details })
  return { people, isUnknownName: near !== undefined }
}

/** The support code that a query is; undefined where it is none. */
function codeIn(query: string): string | undefined {
  const code = readSupportCode(query)
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(code) ? code : undefined
}

/** `journey`: the id of the journey that a row was found by. */
interface Match {
  where: RawBuilder<boolean>
  journey?: RawBuilder<string>
}

/** What a query is read as. `near`: the people whose names are near to that of its reset. */
interface Read {
  query: string
  asker: Asker | undefined
  near: string[] | undefined
}

type Asker = NonNullable<Awaited<ReturnType<typeof findAsker>>>

const isByCase = (matchedBy: Found['matchedBy']) => matchedBy === 'caseNumber' || matchedBy === 'raisedCase'

/** The person whom a helper opened a case for: the word of a caller, whoever proved the mailbox since. */
const forCaller = ({ userId }: Asker): Match | undefined =>
  userId === null ? undefined : { where: sql`users.id = ${userId}::uuid` }

/** Those whose own address is the mailbox that a case proved. What a caller only said, and what somebody registered, are not looked at. */
function ofAsker({ tenantId }: Trx, act: Act, { address, addressProved, userId }: Asker): Match | undefined {
  if (!addressProved || userId !== null) return undefined
  const { mailbox, domain } = mailboxOf(address)
  const own = [address, `${mailbox}@${domain}`]
  return {
    where: sql`(users.user_principal_name_folded = any(${own.map(foldName)}::text[])
      or users.mail_folded = any(${own.map(lowerAscii)}::text[]) or ${hasAddress(act, tenantId, own)})`,
  }
}

/** The people that a query means in one way; undefined where it cannot mean any. */
function matchOf(trx: Trx, act: Act, matchedBy: Found['matchedBy'], { query, asker, near }: Read): Match | undefined {
  const { tenantId } = trx
  switch (matchedBy) {
    case 'supportCode': {
      const code = codeIn(query)
      if (code === undefined) return undefined
      const journey = sql<string>`(select correlation_id from audit_events e where e.tenant_id = ${tenantId}
        and e.support_code = ${code} and e.activity = 'reset.started' and e.target_id = users.id limit 1)`
      return {
        journey,
        where: sql`users.id in (select target_id from audit_events e where e.tenant_id = ${tenantId}
        and e.support_code = ${code} and e.activity = 'reset.started')`,
      }
    }
    case 'nearName':
      return near && { where: sql`users.id = any(${near}::uuid[])` }
    case 'caseNumber':
      return asker && ofAsker(trx, act, asker)
    case 'raisedCase':
      return asker && forCaller(asker)
    case 'contactInfo':
      return query.length === ENDING && /^\d+$/.test(query) ? { where: endsWith(act, tenantId, query) } : undefined
    case 'employeeId':
      return { where: sql`users.employee_id_folded = ${foldText(query)}` }
    case 'userPrincipalName':
      return { where: sql`users.user_principal_name_folded ^@ ${foldName(query)}` }
    case 'mail':
      return { where: sql`users.mail_folded ^@ ${lowerAscii(query)}` }
    case 'displayName':
      return { where: hasWords(foldText(query), nameWord(tenantId)) }
  }
}

async function readMatching(
  trx: Trx,
  { where, journey = sql`null` }: Match,
  { passed, left }: { passed: readonly string[]; left: number },
) {
  const { rows } = await sql<Omit<Found, 'matchedBy' | 'journeyId'> & { journeyId: string | null }>`
    select users.id, display_name as "displayName", user_principal_name as "userPrincipalName",
      office_location as "officeLocation", department, ${journey} as "journeyId"
    from users where users.tenant_id = ${trx.tenantId} and ${where} and users.id <> all(${passed}::uuid[])
    order by display_name_folded, users.id limit ${left}`.execute(trx)
  return rows
}
