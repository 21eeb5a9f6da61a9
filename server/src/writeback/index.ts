export { issueAgentToken, listAgents, removeAgent } from './agents.ts'
export { openHomes } from './home.ts'
export { type Links, openLinks } from './links.ts'
