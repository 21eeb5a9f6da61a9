import { type Action, type Actor, authorize } from '../access/index.ts'
import type { Means } from '../crypto/index.ts'
import { targetOf, type User } from '../directory/index.ts'
import { listPasskeys, modelOf } from '../passkeys/index.ts'
import type { Trx } from '../store/index.ts'
import { directoryNumber } from '../typing/index.ts'

/**
 * The methods of a person, as one reader may see them: what they registered, else what an administrator did. A key that
 * the reader may not see is absent; null says that there is nothing.
 */
export interface Registered {
  authenticationPhone?: string | null
  authenticationOfficePhone?: string | null
  authenticationEmail?: string | null
  /** Of each number and address: another text after each change. */
  versions?: Partial<Record<Addressable, string>> | null
  /** The id of the app's registration; its key is shown to nobody. */
  authenticatorApp?: string | null
  /** The passkeys, by the names that their owner sees. */
  passkeys?: {
    id: string
    name: string | null
    model: string | null
    aaguid: string
    synced: boolean
    createdAt: Date
  }[]
  /** The sheet of recovery codes, and how many are left; the codes are shown to nobody. */
  recoveryCodes?: { id: string; left: number } | null
  /** The chosen questions, without their answers. `text`: null for Latchkey's own. */
  questions?: { id: string; text: string | null }[]
}

/** Reads the methods of a person that `authorize` allows this actor. The rest is neither selected nor opened. */
export async function readRegistered(trx: Trx, means: Means, actor: Actor, user: User): Promise<Registered> {
  const may = (action: Action) => authorize({ actor, now: means.now }, action, targetOf(user)).allowed
  const [authentication, questions] = await Promise.all([
    may('methods.read') ? readAuthentication(trx, means, user) : undefined,
    may('questions.read') ? readQuestions(trx, user) : undefined,
  ])
  return { ...authentication, ...(questions && { questions }) }
}

async function readAuthentication(trx: Trx, means: Means, user: User) {
  const registered = selectNumbers(trx, user)
  const registeredApp = trx
    .selectFrom('methods')
    .select('id')
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', '=', 'authenticatorCode')
    .where('source', '=', 'person')
    .executeTakeFirst()
  const sheet = trx
    .selectFrom('methods')
    .leftJoin('recovery_codes', join =>
      join
        .on('recovery_codes.tenant_id', '=', user.tenantId)
        .onRef('recovery_codes.method_id', '=', 'methods.id')
        .on('used_at', 'is', null),
    )
    .select(row => ['methods.id', row.fn.count('code_hash').as('left')])
    .where('methods.tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', '=', 'recoveryCode')
    .groupBy('methods.id')
    .executeTakeFirst()
  const own = listPasskeys(trx, { tenantId: user.tenantId, userId: user.id })
  const [rows, app, codes, passkeys] = await Promise.all([registered, registeredApp, sheet, own])
  const kept = keptIn(rows)
  const value = (kind: Addressable) => openRow(means, user, kept(kind))
  const kinds = ['mobilePhone', 'officePhone', 'email'] as const
  return {
    authenticationPhone: directoryNumber(value('mobilePhone')),
    authenticationOfficePhone: directoryNumber(value('officePhone')),
    authenticationEmail: value('email'),
    versions:
      rows.length > 0 ? Object.fromEntries(kinds.flatMap(kind => (kept(kind) ? [[kind, kept(kind)!.id]] : []))) : null,
    authenticatorApp: app?.id ?? null,
    passkeys: passkeys.map(({ id, name, aaguid, synced, createdAt }) => {
      const model = modelOf(aaguid) ?? null
      return { id, name: name ?? model, model, aaguid, synced, createdAt }
    }),
    recoveryCodes: codes ? { id: codes.id, left: Number(codes.left) } : null,
  }
}

/** Kinds whose value is a number or an address. An app's key is a secret, and no caller can ask for it here. */
export type Addressable = 'mobilePhone' | 'officePhone' | 'email'

const selectNumbers = (trx: Trx, user: User) =>
  trx
    .selectFrom('methods')
    .select(['id', 'kind', 'source', 'value_sealed'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', 'in', ['mobilePhone', 'officePhone', 'email'])
    .execute()

type NumberRow = Awaited<ReturnType<typeof selectNumbers>>[number]

/** The number or address of a kind that counts: the person's own goes before an administrator's. */
const keptIn =
  (rows: readonly NumberRow[]) =>
  (kind: Addressable): NumberRow | undefined => {
    const ofKind = rows.filter(one => one.kind === kind)
    return ofKind.find(({ source }) => source === 'person') ?? ofKind[0]
  }

const openRow = ({ keys }: Means, { tenantId }: User, row: NumberRow | undefined): string | null =>
  row?.value_sealed ? keys.open({ purpose: 'method', tenantId, rowId: row.id }, row.value_sealed) : null

const readQuestions = (trx: Trx, user: User) =>
  trx
    .selectFrom('security_answers')
    .select(['question as id', 'question_text as text'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .orderBy('question')
    .execute()
