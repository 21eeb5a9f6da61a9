import { link as hardLink, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentEvent } from '@latchkey/protocol'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { readSecret, StateError, writeSecret } from './files.ts'
import type { Link } from './link.ts'

/** Keys are rolled at this age (self-service password reset, §9.3). */
const KEYS_LAST = 180 * 24 * 60 * 60_000

/** How long what was sealed to the former key can still be opened; the server takes the former signature as long. */
const FORMER_LASTS = 60 * 60_000

const [SIGNING, SEALING, FORMER, NEXT] = [
  'signing-key.json',
  'sealing-key.json',
  'former-sealing-key.json',
  'next-keys.json',
] as const

/** A pair as it is kept: secret, as JWK. */
interface KeptPair {
  signing: JWK
  sealing: JWK
}

/** A pair that is made known to the server. `isKept`: the server has said that it uses it. */
interface NextPair extends KeptPair {
  isKept: boolean
}

/** A key that signs, with the public keys that go with it. */
export interface Signer {
  key: CryptoKey
  signingKey: JWK
  sealingKey: JWK
}

/** The keys of this agent, as the folder has them at each moment: another command may roll them meanwhile. */
export interface Keys {
  /** The present signer, and where others are being made known, the next one. */
  signers(): Promise<Signer[]>
  /** The key of this thumbprint, or all where a frame names none. */
  opening(thumbprint: string | undefined): Promise<CryptoKey[]>
  /** Forgets the former key, after which nothing that was recorded can be opened any more, once it is an hour old. */
  forgetFormer(): Promise<void>
  /** Makes the next keys the present ones, in an order that an end in the middle leaves to be finished. */
  settle(): Promise<void>
}

/** Makes the keys of a new agent. They are kept in its folder and never leave it. */
export async function makeKeys(): Promise<{ secret: KeptPair; public: { signingKey: JWK; sealingKey: JWK } }> {
  const signing = await generateKeyPair('EdDSA', { extractable: true })
  const sealing = await generateKeyPair('ECDH-ES', { extractable: true })
  const secret = { signing: await exportJWK(signing.privateKey), sealing: await exportJWK(sealing.privateKey) }
  return { secret, public: publicOf(secret) }
}

const publicOf = ({ signing, sealing }: KeptPair) => ({
  signingKey: { kty: signing.kty, crv: signing.crv, x: signing.x } as JWK,
  sealingKey: { kty: sealing.kty, crv: sealing.crv, x: sealing.x, y: sealing.y } as JWK,
})

/** Keeps the first pair of a new agent. */
export async function keepKeys(folder: string, { signing, sealing }: KeptPair): Promise<void> {
  // What an agent that was here before had.
  for (const name of [NEXT, FORMER]) await rm(join(folder, name), { force: true })
  await writeSecret(join(folder, SIGNING), signing)
  await writeSecret(join(folder, SEALING), sealing)
}

const present = async (folder: string): Promise<KeptPair> => ({
  signing: await readSecret<JWK>(join(folder, SIGNING)),
  sealing: await readSecret<JWK>(join(folder, SEALING)),
})

/** Undefined where there is no such file. */
async function readIfThere<T>(path: string): Promise<T | undefined> {
  try {
    return await readSecret<T>(path)
  } catch (error) {
    if (error instanceof StateError && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Opens the keys of an agent. Throws `StateError` where it has none, or others can read them. */
export async function openKeys(folder: string): Promise<Keys> {
  const at = (name: string) => join(folder, name)
  const next = () => readIfThere<NextPair>(at(NEXT))

  async function signers() {
    const begun = await next()
    const pairs = [await present(folder), ...(begun ? [begun] : [])]
    return Promise.all(pairs.map(signerOf))
  }

  let known = new Map<string, CryptoKey>()
  async function opening(thumbprint: string | undefined) {
    // Another command may have rolled them.
    if (thumbprint === undefined || !known.has(thumbprint)) known = await readOpening()
    if (thumbprint === undefined) return [...known.values()]
    const key = known.get(thumbprint)
    return key ? [key] : []
  }

  async function readOpening() {
    // In this order: what another command settles meanwhile is found in one of the places.
    const all = [(await next())?.sealing, (await present(folder)).sealing, await readIfThere<JWK>(at(FORMER))]
    const found = all.filter(jwk => jwk !== undefined)
    return new Map(
      await Promise.all(
        found.map(
          async jwk => [await calculateJwkThumbprint(jwk), (await importJWK(jwk, 'ECDH-ES')) as CryptoKey] as const,
        ),
      ),
    )
  }

  async function forgetFormer() {
    if (Date.now() - (await madeAt(at(FORMER), Date.now())) < FORMER_LASTS) return
    await rm(at(FORMER), { force: true })
    known = new Map()
  }

  async function settle() {
    const pair = await next()
    if (!pair) return
    const { sealing } = await present(folder)
    if (sealing.x !== pair.sealing.x) await writeSecret(at(FORMER), sealing)
    await writeSecret(at(SEALING), pair.sealing)
    await writeSecret(at(SIGNING), pair.signing)
    await rm(at(NEXT), { force: true })
  }

  if ((await next())?.isKept) await settle()
  await signers()
  return { signers, opening, forgetFormer, settle }
}

const signerOf = async (pair: KeptPair): Promise<Signer> => ({
  key: (await importJWK(pair.signing, 'EdDSA')) as CryptoKey,
  ...publicOf(pair),
})

/** The pair that is to be made known: what another command has begun with, or a new one. */
async function nextPair(folder: string): Promise<NextPair> {
  const path = join(folder, NEXT)
  const begun = await readIfThere<NextPair>(path)
  if (begun) return begun
  const made = join(folder, `${NEXT}.${process.pid}`)
  await writeSecret(made, { ...(await makeKeys()).secret, isKept: false })
  try {
    // Where two make one at once, the first stays.
    await hardLink(made, path).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(made, { force: true })
  }
  return readSecret<NextPair>(path)
}

/** Rolls the keys: makes a pair, and uses it once the server does. Throws `StateError` where the server does not take it. */
export async function rollKeys(folder: string, keys: Keys, link: Link): Promise<void> {
  const pair = await nextPair(folder)
  await link.prove(await signerOf(pair))
  await writeSecret(join(folder, NEXT), { ...pair, isKept: true })
  await keys.settle()
}

/**
 * Looks after the keys: rolls them where they are old or somebody began to, signs by those that a command rolled, and
 * forgets the former one. A server that does not take them is asked again later.
 */
export async function tendKeys(folder: string, keys: Keys, link: Link, tell: (event: AgentEvent) => void) {
  await keys.forgetFormer()
  const [own, begun] = await keys.signers()
  if (begun || Date.now() - (await madeAt(join(folder, SIGNING), Date.now())) > KEYS_LAST) {
    await rollKeys(folder, keys, link)
    tell({ code: 31_018, detail: 'the agent has new keys' })
  } else await link.prove(own!)
}

const madeAt = (path: string, otherwise: number) =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => otherwise,
  )
