import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Enrolment } from '@latchkey/protocol'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { WebSocketServer } from 'ws'
import type { Act } from '../act.ts'
import { checkFlood, type Services, type Visit } from '../http/index.ts'
import { Refusal } from '../refusals.ts'
import { enrolAgent } from './agents.ts'
import { SealingKey, SigningKey } from './sealing.ts'

const PATH = '/agents/link'

/** Longer than any frame of an agent. */
const FRAME_AT_MOST = 1024 * 1024

const EnrolmentBody = Type.Object(
  {
    token: Type.String({ maxLength: 200 }),
    name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[\\x20-\\x7e]+$' }),
    version: Type.String({ maxLength: 40, pattern: '^[0-9a-z.+-]+$' }),
    signingKey: SigningKey,
    sealingKey: SealingKey,
  },
  { additionalProperties: false },
)

/**
 * Drops what a newer agent says besides, and refuses the rest. Fastify's own judge takes a tenth of a second of each
 * start to be made.
 */
const judgeEnrolment = () => (body: unknown) => {
  const value = Value.Clean(EnrolmentBody, body)
  return Value.Check(EnrolmentBody, value) ? { value } : { error: new Error('This is no enrolment') }
}

/** Nobody is signed in: the token tells whose agent it will be. */
const actOf = ({ act }: Visit): Act => ({
  ...act,
  actor: { kind: 'system' },
  trail: { ...act.trail, correlationId: act.random.uuid(act.now) },
})

/**
 * The door of agents: they enrol by a token, and open a WebSocket. Host, origin and address are not judged, keys are, so
 * that a proxy in between changes nothing.
 */
export function agentRoutes(app: FastifyInstance, services: Services) {
  const { links } = services
  app.post<{ Body: Enrolment }>(
    '/agents',
    { config: { access: 'anyone' }, schema: { body: EnrolmentBody }, validatorCompiler: judgeEnrolment },
    async ({ visit, body }, reply) => {
      await checkFlood(visit, 'step')
      try {
        return await reply.code(201).send(await enrolAgent(services.db, actOf(visit), body))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return reply.code(error.status).send({ code: error.code, detail: error.toPrograms?.message })
      }
    },
  )
  // Without compression: the length of a compressed secret tells of it.
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: FRAME_AT_MOST })
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split('?')[0] !== PATH)
      return void socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, opened => links.take(opened))
  })
  // Before the server's close, which waits for every connection.
  app.addHook('preClose', async () => links.close())
}
