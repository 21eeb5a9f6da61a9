import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { readSecret, writeSecret } from './files.ts'
import { type Keys, keepKeys, openKeys } from './keys.ts'

/** Who this agent is, since it enrolled. */
export interface Identity {
  server: string
  tenantId: string
  agentId: string
  /** The file of the certificate authority that signed the server's certificate, where it is no public one. */
  ca: string | undefined
}

export async function keepState(
  folder: string,
  { identity, keys }: { identity: Identity; keys: { signing: JWK; sealing: JWK } },
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await keepKeys(folder, keys)
  await writeSecret(join(folder, 'identity.json'), identity)
}

/** Reads who this agent is. Throws `StateError` where it has not enrolled, or others can read its keys. */
export const openState = async (folder: string): Promise<{ identity: Identity; keys: Keys }> => ({
  identity: await readSecret<Identity>(join(folder, 'identity.json')),
  keys: await openKeys(folder),
})

/** The name by which administrators know it: the machine's, in plain letters. */
export const ownName = () =>
  hostname()
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 100) || 'agent'
