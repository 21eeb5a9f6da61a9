import type { FastifyInstance } from 'fastify'
import { JSON_POLICY } from './headers.ts'
import { wayOut } from './journeys.ts'
import { refuse } from './problems.ts'
import { answerJson, openDoor, type Requests, refuseOtherSites } from './request.ts'
import type { SignedInVisit } from './visit.ts'

/** The door for programs: `/v1.0`, in JSON alone. */
export interface Api {
  /** Adds a resource that a signed-in person reads. */
  get(url: string, read: (visit: SignedInVisit) => Promise<unknown>): void
}

/** Opens the door for programs. It authenticates by the session of a browser, so other sites' pages are refused here too. */
export const openApi = (app: FastifyInstance, requests: Requests): Promise<Api> =>
  openDoor(app, door => apiOf(door, requests))

function apiOf(door: FastifyInstance, requests: Requests): Api {
  door.addHook('onRequest', async ({ visit }, reply) => {
    if (!visit.html) reply.header('content-security-policy', JSON_POLICY)
  })
  refuseOtherSites(door, requests.services)
  return {
    get(url, read) {
      const line = { method: 'GET', url, access: 'signed-in', hasPage: false, hasJson: true } as const
      requests.add(door, line, async (visit, enter, { request, reply }) => {
        try {
          await enter()
          if (visit.html) throw refuse('not_found')
          return answerJson(reply, { json: await read(visit as SignedInVisit) })
        } catch (error) {
          const refusal = requests.refusalOf(error, request)
          const away = visit.html && wayOut(visit, refusal, 'GET')
          if (away) return reply.redirect(away, 303)
          throw refusal
        }
      })
    },
  }
}
