import { Type } from 'typebox'
import type { Api } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { type Agent, getAgent, issueAgentToken, listAgents, removeAgent } from './agents.ts'

const Moment = Type.String({ format: 'date-time' })
const AgentSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    displayName: Type.String(),
    status: Type.Enum(['up', 'outdated', 'unreachable']),
    lastBeatDateTime: Type.Union([Moment, Type.Null()]),
    version: Type.String(),
    latencyMs: Type.Union([Type.Integer(), Type.Null()]),
    findings: Type.Array(Type.Object({ code: Type.String(), detail: Type.String(), lastDateTime: Moment })),
  },
  { title: 'onPremisesAgent' },
)
const PATH = '/onPremises/agents'

/** The agents beside a company's own directory (administration on the wire; decision 70). */
export function agentsApi(api: Api) {
  api.add({
    method: 'GET',
    path: PATH,
    action: 'agents.read',
    summary: 'List the agents beside the organization’s own directory, with how they are',
    context: 'onPremises/agents',
    answer: Type.Object({ value: Type.Array(AgentSchema) }),
    status: 200,
    async handle({ db, act, tenantId }) {
      const agents = await inTenant(db, tenantId, trx => listAgents(trx, act))
      return { json: { value: agents.map(toldOf) } }
    },
  })
  api.add({
    method: 'GET',
    path: `${PATH}/{id}`,
    action: 'agents.read',
    summary: 'Read an agent',
    context: 'onPremises/agents/$entity',
    answer: AgentSchema,
    status: 200,
    handle: async ({ db, act, tenantId, params }) => ({
      json: toldOf(await inTenant(db, tenantId, trx => getAgent(trx, act, params.id!))),
    }),
  })
  api.add({
    method: 'DELETE',
    path: `${PATH}/{id}`,
    action: 'agents.write',
    summary: 'Remove an agent, whose key is dead at once',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => removeAgent(trx, act, params.id!))
      return {}
    },
  })
  api.add({
    method: 'POST',
    path: '/onPremises/agentTokens',
    action: 'agents.write',
    summary: 'Make a token by which one agent enrols within an hour; it is told this one time',
    body: Type.Object({}, { additionalProperties: false }),
    readOnly: ['token', 'expiresDateTime'],
    context: 'onPremises/agentTokens/$entity',
    answer: Type.Object({ token: Type.String(), expiresDateTime: Moment }),
    isCredential: true,
    status: 201,
    async handle({ db, act, tenantId }) {
      const { token, expires } = await inTenant(db, tenantId, trx => issueAgentToken(trx, act))
      return { json: { token, expiresDateTime: expires.toISOString() } }
    },
  })
}

const toldOf = ({ id, name, status, lastBeatAt, version, latencyMs, findings }: Agent) => ({
  id,
  displayName: name,
  status,
  lastBeatDateTime: lastBeatAt?.toISOString() ?? null,
  version,
  latencyMs,
  findings: findings.map(({ code, detail, at }) => ({ code, detail, lastDateTime: at.toISOString() })),
})
