import { AuthenticatorEmulator, PasskeysCredentialsMemoryRepository, WebAuthnEmulator } from 'nid-webauthn-emulator'
import { granted, post } from './contract.ts'
import type { TestBrowser } from './server.ts'

/** A device with passkeys of its own, made by others. It verifies its user and counts each use. */
export const newAuthenticator = (options: ConstructorParameters<typeof AuthenticatorEmulator>[0] = {}) =>
  new WebAuthnEmulator(
    new AuthenticatorEmulator({ credentialsRepository: new PasskeysCredentialsMemoryRepository(), ...options }),
  )

export type Authenticator = WebAuthnEmulator

/** Registers a passkey in a browser that may change its security info. Returns the method as its owner sees it. */
export async function registerPasskey(browser: TestBrowser, device: Authenticator) {
  const { id, options } = granted(await post(browser, '/security-info/challenges', { kind: 'passkey' }), 201)
  const credential = device.createJSON(browser.origin, options)
  return granted(await post(browser, '/security-info/methods', { challenge: id, credential }), 201)
}
