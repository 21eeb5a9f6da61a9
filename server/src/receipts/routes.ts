import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { repeatCode } from '../challenges/index.ts'
import type { Means } from '../crypto/index.ts'
import { checkFlood, openDoor, type Services } from '../http/index.ts'
import { ForgedReceipt, type Gateway, readReference } from '../notifications/index.ts'
import { Refusal } from '../refusals.ts'
import { BOUNCE_AT_MOST } from './bounce.ts'
import { isBound, noteReceipt } from './note.ts'
import { takeBounce } from './takeBounce.ts'

const BOUNCES = { noted: 204, 'not ours': 404, 'no report': 400 } as const

const open = { config: { access: 'anyone' } } as const

/** More than any gateway tells of one message. */
const RECEIPT_AT_MOST = 16 * 1024

/** Where mail servers and gateways tell what became of messages. Nobody is signed in: each report proves itself. */
export async function receiptRoutes(app: FastifyInstance, services: Services, gateways: readonly Gateway[]) {
  const { db, keys } = services
  const means = (): Means => ({ now: services.clock(), random: services.random, keys })

  await openDoor(app, door => {
    door.addHook('onRequest', count)
    door.addContentTypeParser('message/rfc822', { parseAs: 'buffer', bodyLimit: BOUNCE_AT_MOST }, asItIs)
    door.post('/messages/bounces', { ...open, bodyLimit: BOUNCE_AT_MOST }, async ({ body }, reply) => {
      if (!Buffer.isBuffer(body)) return reply.code(415).send()
      return reply.code(BOUNCES[await takeBounce(db, means(), body)]).send()
    })
  })

  await openDoor(app, door => {
    door.addHook('onRequest', count)
    // Signatures are over the bytes.
    door.removeAllContentTypeParsers()
    door.addContentTypeParser('*', { parseAs: 'string' }, asItIs)
    door.post<{ Params: { gateway: string; reference: string } }>(
      '/messages/calls/:gateway/:reference',
      { ...open, bodyLimit: RECEIPT_AT_MOST },
      async ({ params, headers, body }, reply) => {
        const gateway = gateways.find(one => one.name === params.gateway)
        const reference = readReference(keys, params.reference)
        if (!gateway?.readKey || !gateway.answerKey || reference?.of !== 'code' || typeof body !== 'string')
          return reply.code(404).send()
        const url = gateway.callsAt + params.reference
        try {
          const { key, messageId } = await gateway.readKey({ url, reference: params.reference, headers, body })
          const about = { id: reference.id, ...(messageId && { gatewayMessage: `${gateway.name} ${messageId}` }) }
          const said = key === '1' ? await repeatCode(db, means(), services, about) : undefined
          const answer = gateway.answerKey(said, url)
          reply.header('cache-control', 'no-store')
          return answer.body === '' ? reply.code(204).send() : reply.type(answer.type).send(answer.body)
        } catch (error) {
          if (error instanceof ForgedReceipt) return reply.code(403).send()
          throw error
        }
      },
    )
    door.post<{ Params: { gateway: string; reference: string } }>(
      '/messages/receipts/:gateway/:reference',
      { ...open, bodyLimit: RECEIPT_AT_MOST },
      async ({ params, headers, body }, reply) => {
        const gateway = gateways.find(one => one.name === params.gateway)
        const reference = readReference(keys, params.reference)
        if (!gateway?.readReceipt || !reference || typeof body !== 'string') return reply.code(404).send()
        const { name, channels, receiptsAt } = gateway
        const url = receiptsAt + params.reference
        try {
          const receipt = await gateway.readReceipt({ url, reference: params.reference, headers, body })
          const bound = receipt && (await isBound(db, reference, receipt.messageId && `${name} ${receipt.messageId}`))
          if (bound === false) return reply.code(403).send()
          // It tells again what comes before its own answer is noted.
          if (receipt && bound === undefined) return reply.code(503).header('retry-after', 5).send()
          if (receipt) await noteReceipt(db, means(), reference, { ...receipt, gateway: name, channels })
          return reply.code(204).send()
        } catch (error) {
          if (error instanceof ForgedReceipt) return reply.code(403).send()
          throw error
        }
      },
    )
  })
}

const asItIs = <Body>(_request: unknown, body: Body, done: (error: null, body: Body) => void) => done(null, body)

/** Counts before anything is read. */
async function count({ visit }: FastifyRequest, reply: FastifyReply) {
  try {
    await checkFlood(visit, 'token')
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return reply
      .code(error.status)
      .header('retry-after', error.retryAfter ?? 60)
      .send()
  }
}
