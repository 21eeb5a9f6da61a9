import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'

/** Something that the person at the machine can mend; its message says what. */
export class StateError extends Error {}

/** Who this agent is, since it enrolled. */
export interface Identity {
  server: string
  tenantId: string
  agentId: string
  /** The file of the certificate authority that signed the server's certificate, where it is no public one. */
  ca: string | undefined
}

export interface Keys {
  signing: CryptoKey
  sealing: CryptoKey
}

type Import = Awaited<ReturnType<typeof importJWK>>
const asKey = (key: Import) => key as CryptoKey

/** Makes the keys of a new agent. They are kept by `keepState` and never leave the folder. */
export async function makeKeys() {
  const signing = await generateKeyPair('EdDSA', { extractable: true })
  const sealing = await generateKeyPair('ECDH-ES', { extractable: true })
  const publicOf = async (key: CryptoKey, names: readonly string[]) => {
    const jwk = await exportJWK(key)
    return Object.fromEntries(names.map(name => [name, jwk[name as keyof JWK]]))
  }
  return {
    secret: { signing: await exportJWK(signing.privateKey), sealing: await exportJWK(sealing.privateKey) },
    public: {
      signingKey: await publicOf(signing.publicKey, ['kty', 'crv', 'x']),
      sealingKey: await publicOf(sealing.publicKey, ['kty', 'crv', 'x', 'y']),
    },
  }
}

/** Writes what only this agent may read, whole or not at all. */
export async function writeSecret(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(value, null, 2), { mode: 0o600 })
  await chmod(`${path}.new`, 0o600)
  await rename(`${path}.new`, path)
}

export async function keepState(
  folder: string,
  { identity, keys }: { identity: Identity; keys: { signing: JWK; sealing: JWK } },
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeSecret(join(folder, 'signing-key.json'), keys.signing)
  await writeSecret(join(folder, 'sealing-key.json'), keys.sealing)
  await writeSecret(join(folder, 'identity.json'), identity)
}

/** Reads who this agent is. Throws `StateError` where it has not enrolled, or others can read its keys. */
export async function openState(folder: string): Promise<{ identity: Identity; keys: Keys }> {
  const read = async <T>(name: string): Promise<T> => {
    const path = join(folder, name)
    try {
      const { mode } = await stat(path)
      if (process.platform !== 'win32' && (mode & 0o077) !== 0)
        throw new StateError(`${path} can be read by others: chmod 600 it.`)
      return JSON.parse(await readFile(path, 'utf8')) as T
    } catch (error) {
      if (error instanceof StateError) throw error
      throw new StateError(
        `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'damaged'}): enrol first.`,
      )
    }
  }
  const identity = await read<Identity>('identity.json')
  const signing = asKey(await importJWK(await read<JWK>('signing-key.json'), 'EdDSA'))
  const sealing = asKey(await importJWK(await read<JWK>('sealing-key.json'), 'ECDH-ES'))
  return { identity, keys: { signing, sealing } }
}

/** The name by which administrators know it: the machine's, in plain letters. */
export const ownName = () =>
  hostname()
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 100) || 'agent'
