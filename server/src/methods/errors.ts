import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_found: 404,
  email_invalid: 422,
  email_is_this_account: 422,
  email_own_domain: 422,
  question_repeated: 422,
  question_unknown: 422,
  questions_too_few: 422,
  answer_repeated: 422,
  answer_too_short: 422,
  answer_too_long: 422,
})
