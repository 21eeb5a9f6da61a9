import { channel, tracingChannel } from 'node:diagnostics_channel'

/** A part of the work that takes time of its own. Its names are the program's, and hold nothing that anybody typed. */
export interface Part {
  /** `call`: to something outside; `agent`: a request to a company's agent. */
  kind: 'transaction' | 'call' | 'agent' | 'job'
  name: string
  /** The texts of the statements of a transaction, without their values. */
  statements?: string[]
  /** The part that asked for this one elsewhere, as a `traceparent` (W3C Trace Context). */
  traceparent?: string | undefined
}

/** Each part as it begins and ends. Nobody listens unless traces are exported. */
export const parts = tracingChannel<unknown, Part>('latchkey.part')

/** Hears of something that leaves the process, and writes the name of the present part on it. */
export const carriers = channel('latchkey.carrier')

/** What takes a trace to another process. */
export interface Carrier {
  traceparent?: string
}

/** Does the work as a part that is timed where anybody listens. */
export const asPart = <T>(part: Part, work: () => Promise<T>): Promise<T> =>
  parts.hasSubscribers ? parts.tracePromise(work, part) : work()

/** The name of the part in which code runs, as a `traceparent`; undefined where nobody listens. */
export function traceparentHere(): string | undefined {
  if (!carriers.hasSubscribers) return undefined
  const carrier: Carrier = {}
  carriers.publish(carrier)
  return carrier.traceparent
}
