import { programRefusals, refusals } from '../refusals.ts'

export const refuse = refusals({ not_found: 404 })

export const refuseReport = programRefusals({
  argument_invalid: { status: 400, message: 'The function does not take these arguments.' },
  range_invalid: { status: 400, message: 'The report takes whole days as date ge and date le, at most 366 of them.' },
})
