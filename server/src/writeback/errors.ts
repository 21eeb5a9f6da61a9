import { programRefusals } from '../refusals.ts'

export const refuseAgent = programRefusals({
  agent_token_invalid: {
    status: 401,
    message: 'The token is unknown, used or older than an hour: ask for another with latchkey agents token.',
  },
  agent_not_found: { status: 404, message: 'The tenant has no agent of this id.' },
})
