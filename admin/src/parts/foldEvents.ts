interface Event {
  dateTime: string
  activity: string
  method: string | null
}

/** The events with those that repeat the one before as one, which stands at its first time. */
export function foldEvents<T extends Event>(events: readonly T[]): { event: T; times: number }[] {
  const folded: { event: T; times: number }[] = []
  for (const event of events) {
    const last = folded.at(-1)
    if (last && last.event.activity === event.activity && last.event.method === event.method) last.times++
    else folded.push({ event, times: 1 })
  }
  return folded
}
