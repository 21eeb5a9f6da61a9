import { programRefusals } from '../refusals.ts'

export const refuse = programRefusals({
  last_global_administrator: {
    status: 400,
    message: 'This would leave no Global Administrator who can sign in.',
  },
})
