import type { AgentEvent } from '@latchkey/protocol'

/** Tells what happens: one JSON object a line. */
export function printEvent({ code, detail }: AgentEvent) {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), code, detail })}\n`)
}
