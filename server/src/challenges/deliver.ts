import type { Job } from 'graphile-worker'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import {
  codeMessage,
  type Message,
  type Messaging,
  messageDelayed,
  messageFailed,
  messageReference,
  messageSent,
  SendError,
  type Senders,
  type Taken,
  wayOf,
} from '../notifications/index.ts'
import { askTenant, type Db, inTenant, isOver, type Row, sql } from '../store/index.ts'
import { chooseLanguage } from '../words/index.ts'
import { CHALLENGE_LASTS, challengeSeconds } from './held.ts'

/**
 * Sends the code of a challenge to its method's present destination, and notes the delivery for the page that waits.
 * Sends nothing once the challenge is over, the account switched off or its password set. Throws where it should be
 * tried again. Gives up, with an event, after a final refusal or once the code has expired.
 */
export async function deliverCode(
  db: Db,
  means: Means,
  { words, senders, origin }: Messaging,
  { tenantId, challengeId, job = { attempts: 1, last_error: null } }: Delivery,
) {
  const [waiting] = await askTenant(db, tenantId, waitingChallenge(tenantId, challengeId))
  if (!waiting?.code_sealed) return
  const note = (
    delivery: 'sent' | 'failed' | null,
    forGood: boolean,
    { gateway, messageId, asksForKeys }: Taken = {},
  ) => sql<never>`
    update challenges set delivery = coalesce(${deliveryOf(delivery)}, delivery) ${forGood ? sql`, code_sealed = null` : sql``}
      ${asksForKeys ? sql`, spoken_sealed = code_sealed` : sql``}
      ${messageId === undefined ? sql`` : sql`, gateway_message = ${`${gateway} ${messageId}`}`}
    where tenant_id = ${tenantId} and id = ${challengeId}`
  if (!waiting.holds) {
    // The code can no longer be used: not even its sealed text stays.
    await askTenant(db, tenantId, note(null, true))
    return
  }

  const channel = waiting.channel ?? 'email'
  const holderId = waiting.journey_id ?? waiting.session_id ?? ''
  const { keys } = means
  const to =
    (waiting.destination_sealed
      ? keys.open({ purpose: 'challenge', tenantId, rowId: challengeId }, waiting.destination_sealed)
      : waiting.value_sealed &&
        waiting.method_id &&
        keys.open({ purpose: 'method', tenantId, rowId: waiting.method_id }, waiting.value_sealed)) || null
  const trail = { correlationId: waiting.correlation_id ?? holderId }
  const act: Act = { ...means, actor: { kind: 'system' }, trail }
  const target = { id: waiting.user_id, name: waiting.user_principal_name }
  const giveUp = (reason: string, gateway?: string) =>
    inTenant(db, tenantId, async trx => {
      const { rows } = await sql`${note('failed', true)} and code_sealed is not null returning id`.execute(trx)
      // Told already, when it expired or was answered meanwhile.
      if (rows.length === 0) return
      await record(trx, act, { ...messageFailed('code', wayOf(senders, channel, to, gateway), reason), target })
    })
  if (isOver(waiting.expires_at, means.now, CHALLENGE_LASTS)) return giveUp(reasonOf(job.last_error) ?? 'expired')

  const code = keys.open({ purpose: 'code', tenantId, rowId: challengeId }, waiting.code_sealed)
  const text = codeMessage(words.in(chooseLanguage([waiting.language])), channel, {
    organization: waiting.organization,
    code,
    seconds: challengeSeconds,
    askedBy: waiting.journey_id ? 'reset' : 'session',
    origin,
  })

  const reference = messageReference(keys, { of: 'code', id: challengeId })
  const message = {
    id: challengeId,
    reference,
    channel,
    kind: 'code',
    tenantId,
    journeyId: holderId,
    to,
    ...text,
  } as const
  const sent = await trySending(means.now, senders, message, { expiresAt: waiting.expires_at, job })
  if ('gaveUp' in sent) return giveUp(sent.gaveUp, sent.gateway)
  if ('failed' in sent) {
    const { failed } = sent
    await inTenant(db, tenantId, async trx => {
      await note('failed', false).execute(trx)
      // At the first try: an administrator must not learn of it minutes later, when the last one has failed.
      if (failed instanceof SendError && job.attempts === 1) {
        const way = wayOf(senders, channel, to, failed.failed?.at(-1)?.gateway)
        await record(trx, act, { ...messageDelayed('code', way, failed.message), target })
      }
    })
    throw failed
  }
  await inTenant(db, tenantId, async trx => {
    await note('sent', true, sent).execute(trx)
    await record(trx, act, { ...messageSent(wayOf(senders, channel, to, sent.gateway), sent.cost), target })
  })
}

/** What a page is told after a try: a receipt may be faster than its note, and knows more. Null: nothing new. */
export const deliveryOf = (tried: 'sent' | 'failed' | null) =>
  sql`case receipt when 'delivered' then 'sent' when 'undelivered' then 'failed' else ${tried}::text end`

/**
 * Sends a message that is of use until a moment, if anybody can. `gaveUp`: why no other try follows, because the other side refused for
 * good or the next one would come too late. `failed`: the error of a try that another one follows.
 */
export async function trySending(
  now: Date,
  senders: Senders,
  message: Omit<Message, 'to'> & { to: string | null },
  { expiresAt, job }: { expiresAt: Date; job: Run },
): Promise<Taken | { gaveUp: string; gateway?: string | undefined } | { failed: unknown }> {
  const { channel, to } = message
  try {
    const sender = senders[channel]
    if (!sender || !to) throw new SendError(channel === 'email' ? 'mail server' : 'gateway', 'not set', true)
    return await sender.send({ ...message, to })
  } catch (error) {
    // The queue waits e, e², e³ … seconds.
    const next = plus(now, Math.exp(Math.min(job.attempts, 10)) * SECOND)
    if (error instanceof SendError && (error.final || next >= expiresAt))
      return { gaveUp: error.message, gateway: error.failed?.at(-1)?.gateway }
    return { failed: error }
  }
}

/** A code to send. `job`: the run that sends it. */
type Delivery = GraphileWorker.Tasks['deliver-code'] & { job?: Run | undefined }

/** The queue's facts of the running job: the number of its try, and the error of the last one. */
export type Run = Pick<Job, 'attempts' | 'last_error'>

/** The reason of the last failure, where it was the other side's: another error may quote data. */
export const reasonOf = (lastError: string | null) => /^(mail server|gateway): [\w ]+$/.exec(lastError ?? '')?.[0]

type Waiting = Pick<
  Row<'challenges'>,
  'expires_at' | 'journey_id' | 'session_id' | 'channel' | 'code_sealed' | 'destination_sealed' | 'language'
> & {
  user_id: string
  user_principal_name: string
  /** Whether the account is unchanged since the code was asked for. */
  holds: boolean
  correlation_id: string | null
  organization: string
  method_id: string | null
  value_sealed: Buffer | null
}

/** A challenge that can still be answered, with the destination of its code. */
const waitingChallenge = (tenantId: string, id: string) => sql<Waiting>`
  select u.id as user_id, u.user_principal_name, u.account_enabled and u.security_epoch = c.security_epoch as holds,
    s.correlation_id, t.display_name as organization, coalesce(m.id, i.id) as method_id,
    coalesce(m.value_sealed, i.value_sealed) as value_sealed,
    c.expires_at, c.journey_id, c.session_id, c.channel, c.code_sealed, c.destination_sealed, c.language
  from challenges c
  join tenants t on t.tenant_id = c.tenant_id
  join users u on u.tenant_id = c.tenant_id and u.id = c.user_id
  left join methods m on m.tenant_id = c.tenant_id and m.id = c.method_id
  left join contact_info i on i.tenant_id = c.tenant_id and i.id = c.method_id
  left join sessions s on s.tenant_id = c.tenant_id and s.id = c.session_id
  where c.tenant_id = ${tenantId} and c.id = ${id} and c.voided_at is null and c.consumed_at is null`
