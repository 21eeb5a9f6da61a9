import { programRefusals, refusals } from '../refusals.ts'

export const refuse = refusals({ not_found: 404 })

export const refuseActivities = programRefusals({
  range_invalid: { status: 400, message: 'Activities are kept for 365 days.' },
})

export const refuseReport = programRefusals({
  argument_invalid: { status: 400, message: 'The function does not take these arguments.' },
  range_invalid: {
    status: 400,
    message:
      'The report takes whole days, as in $filter=date ge 2026-11-01 and date le 2026-11-30: 366, or 31 by hour.',
  },
  time_zone_unknown: { status: 400, message: 'timeZone takes a name such as Europe/Paris.' },
})
