import { availableParallelism } from 'node:os'
import { sql } from 'kysely'
import type { Role } from '../access/index.ts'
import type { Act, Trail } from '../act.ts'
import { plus } from '../clock.ts'
import { createHasher, type Hasher, type Means, openHash, systemRandom, type Verifier } from '../crypto/index.ts'
import {
  assignRole,
  createTenant,
  createUser,
  getUser,
  type NewUser,
  NOBODYS_TENANT,
  nobody,
  setContactInfo,
  type User,
} from '../directory/index.ts'
import { blockOf, blocksOf, type CounterName, hasLock } from '../limits/index.ts'
import { type PreparedAnswers, prepareAnswers, saveAnswers, saveMethod } from '../methods/index.ts'
import type { RelyingParty } from '../passkeys/index.ts'
import {
  createPasswordChecks,
  homeOf,
  type Passwords,
  type PreparedPassword,
  preparePassword,
  readPasswordRules,
  setPassword,
} from '../passwords/index.ts'
import { changeDefaultPolicy, type MethodKind, type ResetPolicySettings } from '../policies/index.ts'
import {
  familiarityOf,
  findSession,
  newSession,
  type Requirement,
  type Session,
  type SessionProof,
} from '../sessions/index.ts'
import { askOne, inTenant, type Store, type Trx } from '../store/index.ts'
import { testDatabase } from './database.ts'
import { testKeys } from './keys.ts'

/** The password of everybody in the tests. */
export const PASSWORD = 'Correct horse battery 1'

/** When the tests begin. Nothing depends on the day; a fixed one makes failures the same every time. */
export const START = new Date('2026-03-02T09:00:00.000Z')

export const SECRET = 'a secret that only tests have: 90c41d7a'

/** What a rule is handed, `milliseconds` after the start. */
export const meansAt = (milliseconds = 0): Act => ({
  now: plus(START, milliseconds),
  random: systemRandom,
  keys: testKeys(SECRET),
  actor: { kind: 'system' },
  trail: newTrail(),
})

/** A trail of its own for each use. */
export const newTrail = (): Trail => ({
  correlationId: systemRandom.uuid(START),
  address: '192.0.2.7',
  userAgent: 'a test',
})

/** A session in which a second step was taken. */
export const STEPPED: { proofs: SessionProof[]; deviceCookie: undefined } = {
  proofs: [{ kind: 'email', channel: 'email', at: START, isStep: true, remember: false }],
  deviceCookie: undefined,
}

/** The answer that everybody in the tests has given to a question. */
export const answerTo = (question: string) => `the answer to ${question}`

/** The methods of a person: numbers, addresses and keys by kind, and the ids of answered questions. */
export interface OnRecord {
  mobilePhone?: string
  officePhone?: string
  email?: string
  authenticatorCode?: string
  questions?: readonly string[]
}

export interface NewPerson extends Partial<Omit<NewUser, 'userPrincipalName'>> {
  roles?: readonly Role[]
  mustChange?: boolean
  /** Without a password, the account exists and nobody can sign in to it. */
  password?: false
  /** Proved by the person. The office phone is an administrator's word all the same. */
  registered?: OnRecord
  /** How long before the start they registered. */
  registeredAgo?: number
  /** Filled in by an administrator. */
  prefilled?: Omit<OnRecord, 'questions'>
}

/** Makes tenants and people with the real rules. */
export interface Cast extends RelyingParty {
  db: Store
  hasher: Hasher
  /** With that hasher, and no source of breached passwords. */
  checks: Passwords
  /** A tenant of this domain, with these settings in its default policy. */
  tenant(domain: string, settings?: Partial<ResetPolicySettings>): Promise<string>
  /** Changes the tenant's default policy. */
  policy(tenantId: string, changes: Partial<ResetPolicySettings>): Promise<void>
  /** Somebody with this user principal name. */
  person(tenantId: string, name: string, person?: NewPerson): Promise<User>
  /** The same user as the database has them now. */
  again(user: User): Promise<User>
  /** Forgets every message that was counted: tests send many to one address, at one moment. */
  forgetSends(): Promise<void>
  /** Makes a session one in which its person's address was just proved, under the same id. */
  proved(means: Means, session: Session): Promise<void>
  /** Signs somebody in, as if their password had been right. */
  session(act: Act, user: User, requires?: Requirement | null): Promise<Session & { cookie: string }>
}

/** What a test of rules stands on: a database of the file's own, and the cast that makes tenants and people in it. */
export async function stage(): Promise<{ store: Store; cast: Cast }> {
  const store = await testDatabase()
  return { store, cast: await castIn(store) }
}

async function castIn(db: Store): Promise<Cast> {
  const hasher = await createHasher({ atOnce: availableParallelism(), waiting: 1_000 })
  const checks = { ...createPasswordChecks(hasher, undefined), homeOf }
  const means = meansAt()
  const rules = await inTenant(db, NOBODYS_TENANT, trx =>
    readPasswordRules(trx, means, nobody(NOBODYS_TENANT), 'reset'),
  )
  const judged = await preparePassword(db, meansAt(), checks, { rules, newPassword: PASSWORD })
  if ('refused' in judged) throw new Error(`the tests' password is refused: ${judged.refused.join(', ')}`)
  const prepared: PreparedPassword = judged.prepared

  const policy: Cast['policy'] = async (tenantId, changes) => {
    await inTenant(db, tenantId, trx => changeDefaultPolicy(trx, means, tenantId, changes))
  }

  // Hashed once for everybody who registered the same questions, as the password above is.
  const answered = new Map<string, Promise<PreparedAnswers>>()
  const answersTo = (questions: readonly string[]) => {
    const key = questions.join()
    const made =
      answered.get(key) ??
      prepareAnswers(
        hasher,
        { questions: questions.map(id => ({ id })), questionsToRegister: questions.length },
        questions.map(question => ({ question, answer: answerTo(question) })),
      )
    answered.set(key, made)
    return made
  }

  const again: Cast['again'] = user => inTenant(db, user.tenantId, trx => getUser(trx, user.tenantId, user.id))

  return {
    db,
    hasher,
    origin: 'http://localhost:8080',
    checks,
    policy,
    again,

    async tenant(domain, settings) {
      const id = systemRandom.uuid(START)
      await inTenant(db, id, trx =>
        createTenant(trx, means, id, { displayName: domain.split('.')[0] ?? domain, domain }),
      )
      if (settings) await policy(id, settings)
      return id
    },

    async person(tenantId, name, person = {}) {
      const {
        registered = {},
        prefilled = {},
        roles = [],
        mustChange = false,
        password,
        registeredAgo = 0,
        ...profile
      } = person
      const then = meansAt(-registeredAgo)
      const { questions } = registered
      const answers = questions && (await answersTo(questions))
      return inTenant(db, tenantId, async trx => {
        const user = await createUser(trx, means, tenantId, {
          displayName: 'Some Person',
          ...profile,
          userPrincipalName: name,
        })
        for (const role of roles) await assignRole(trx, means, user.id, role)
        if (password !== false) await setPassword(trx, means, user, { ...prepared, mustChange })
        for (const [kind, value] of valuesOf(registered)) {
          if (kind === 'officePhone') await setContactInfo(trx, then, user, { kind, value, setBy: 'administrator' })
          else await saveMethod(trx, then, user, { kind, source: 'person', value, provedAt: then.now })
        }
        for (const [kind, value] of valuesOf(prefilled)) {
          const info = { value, confirmedAt: null }
          if (kind === 'authenticatorCode')
            await saveMethod(trx, then, user, { kind, source: 'administrator', ...info })
          else await setContactInfo(trx, then, user, { kind, setBy: 'administrator', ...info })
        }
        if (answers) {
          await saveMethod(trx, then, user, { kind: 'securityQuestions', source: 'person', value: null })
          await saveAnswers(trx, then, user, answers)
        }
        return getUser(trx, tenantId, user.id)
      })
    },

    async forgetSends() {
      await db.pool.query('delete from latchkey.sends')
    },

    async proved({ now }, { tenantId, id }) {
      await inTenant(db, tenantId, trx =>
        trx
          .updateTable('sessions')
          .set({
            proved_at: now,
            proofs: JSON.stringify([{ kind: 'email', channel: 'email', at: now, isStep: false, remember: false }]),
          })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', id)
          .execute(),
      )
    },

    async session(given, user, requires = null) {
      const act = { ...given, trail: newTrail() }
      const cookie = await inTenant(db, user.tenantId, trx => newSession(trx, act, user, { requires, language: 'en' }))
      const session = await findSession(db, act, cookie)
      if (!session) throw new Error('a session that was just begun does not open')
      return { ...session, cookie }
    },
  }
}

const valuesOf = ({ questions: _, ...values }: OnRecord) =>
  Object.entries(values) as [Exclude<MethodKind, 'passkey' | 'securityQuestions' | 'recoveryCode'>, string][]

/** The hash of somebody's password, opened. */
export async function hashOf(db: Store, { tenantId, id }: User): Promise<string | undefined> {
  const row = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('passwords')
      .select(['hash as plain', 'hash_sealed as sealed'])
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', id)
      .executeTakeFirst(),
  )
  return row && openHash(meansAt().keys, { purpose: 'password', tenantId, rowId: id }, row)
}

/** A real hasher that reports each hash before it is made; `asked`: also the hashes to be verified. */
export const watchedHasher = (
  hasher: Hasher,
  watch: (work: 'hash' | 'verify') => void | Promise<void>,
  asked: (stored: string | undefined, alike: string | undefined) => void = () => {},
): Hasher => {
  const watched = (verifier: Verifier): Verifier => ({
    async verify(stored, secret, alike) {
      asked(stored, alike)
      await watch('verify')
      return verifier.verify(stored, secret, alike)
    },
  })
  return {
    async hash(secret) {
      await watch('hash')
      return hasher.hash(secret)
    },
    ...watched(hasher),
    withPlace: work => hasher.withPlace(verifier => work(watched(verifier))),
    requirePlace: asker => hasher.requirePlace(asker),
    waiting: () => hasher.waiting(),
    isNearlyFull: () => hasher.isNearlyFull(),
    askedBy: (asker, work) => hasher.askedBy(asker, work),
  }
}

/** The code that waits to be sent for a challenge, opened as its job would; undefined where none waits. */
export async function waitingCode(db: Store, tenantId: string, challengeId: string): Promise<string | undefined> {
  const row = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('challenges')
      .select('code_sealed')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', challengeId)
      .executeTakeFirstOrThrow(),
  )
  if (!row.code_sealed) return undefined
  return meansAt().keys.open({ purpose: 'code', tenantId, rowId: challengeId }, row.code_sealed)
}

/** Runs `work` while the only place of a hasher is taken. */
export async function whileFull(hasher: Hasher, work: () => Promise<void>): Promise<void> {
  const done = Promise.withResolvers<void>()
  const held = hasher.withPlace(() => done.promise)
  try {
    await work()
  } finally {
    done.resolve()
    await held
  }
}

let guesses = 0
/** A password that nobody has, another one each time: the same mistake made again counts once. */
export const wrongPassword = () => `wrong password ${++guesses}`

/** A code that is not this one, another one each time. */
export function wrongCode(code: string | undefined): string {
  const guess = String(++guesses).padStart(6, '0')
  return guess === code ? wrongCode(code) : guess
}

/** The tenant's mails, sent or not, oldest first. */
export async function readNotices(
  db: Store,
  tenantId: string,
): Promise<{ template: string; to: string; language: string; variables: Record<string, string> }[]> {
  const rows = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('notices')
      .select(['id', 'template', 'to_sealed', 'language', 'variables'])
      .where('tenant_id', '=', tenantId)
      .orderBy('created_at')
      // Several of one moment come in the order in which they were written: a place that came free is taken again.
      .orderBy(sql`xmin::text::bigint`)
      .orderBy(sql`ctid`)
      .execute(),
  )
  return rows.map(({ id, to_sealed, ...row }) => ({
    ...row,
    to: meansAt().keys.open({ purpose: 'notice', tenantId, rowId: id }, to_sealed),
  }))
}

/** The tenant's audit events as "activity result reason", oldest first; within one moment, by the alphabet. */
export async function readEvents(db: Store, tenantId: string, correlationId?: string): Promise<string[]> {
  const rows = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('audit_events')
      .select(['activity', 'result', 'reason', 'correlation_id'])
      .where('tenant_id', '=', tenantId)
      .orderBy('at')
      .orderBy('activity')
      .orderBy('reason')
      .execute(),
  )
  return rows
    .filter(row => correlationId === undefined || row.correlation_id === correlationId)
    .map(({ activity, result, reason }) => [activity, result, reason].filter(Boolean).join(' '))
}

/** Whether the cookie's browser is familiar to the user. */
export const isFamiliar = async (trx: Trx, act: Act, user: User, cookie: string | undefined): Promise<boolean> =>
  (await askOne(trx, familiarityOf(act, user, cookie))) === 'familiar'

/** How long a counter still blocks, in seconds; 0 where it does not. */
export const blockedFor = (trx: Trx, means: Means, counter: CounterName): Promise<number> =>
  askOne(trx, blockOf(means, counter))

/** Whether sign-in by password is locked for this name, in any browser. */
export const isLocked = async (trx: Trx, means: Means, tenantId: string, name: string): Promise<boolean> =>
  hasLock(await askOne(trx, blocksOf(means, tenantId, name, 'password', 'lock')))
