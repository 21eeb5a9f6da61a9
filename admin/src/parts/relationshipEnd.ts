interface Ending {
  status: string
  endDateTime: string | null
  lastModifiedDateTime: string
}

/** When a relationship ends; of one that was ended before its time, when that was. */
export const endOf = ({ status, endDateTime, lastModifiedDateTime }: Ending): string | null =>
  status === 'terminated' ? lastModifiedDateTime : endDateTime
