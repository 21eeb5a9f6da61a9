export { issueAgentToken, listAgents, removeAgent } from './agents.ts'
export { type Links, openLinks } from './links.ts'
