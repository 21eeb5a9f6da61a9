import type { Gateways } from './file.ts'

/** Opens the gateways of a file. `origin`: where they tell what became of messages. Secrets stand in files of their own, beside it. Throws `GatewaysFileError`. */
export async function openGateways(path: string, origin?: string): Promise<Gateways> {
  // Loaded where there is such a file: its libraries would take part of each start.
  const { readGateways } = await import('./file.ts')
  return readGateways(path, origin)
}
