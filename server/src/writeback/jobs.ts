export { unusedAgentTokens } from './agents.ts'
export { oldAgentRequests } from './requests.ts'
