import type { CDPSession, Page } from 'playwright-core'

/** An authenticator of Chromium's own, in a tab. */
export interface VirtualAuthenticator {
  /** Whether its person touches it, and is recognized. */
  set(how: { present?: boolean; verified?: boolean }): Promise<void>
  /** The ids of its passkeys, in base64url. */
  held(): Promise<string[]>
  /** Takes it away, as a key that is pulled out. */
  remove(): Promise<void>
}

/** `platform`: in the device itself; `roaming`: a key beside it. `verifies`: whether it can recognize its person; `verified`: whether it does. */
export async function addAuthenticator(
  tab: Page,
  {
    kind = 'platform',
    verifies = true,
    verified = verifies,
  }: { kind?: 'platform' | 'roaming'; verifies?: boolean; verified?: boolean } = {},
): Promise<VirtualAuthenticator> {
  const session = await devtoolsOf(tab)
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: kind === 'platform' ? 'internal' : 'usb',
      hasResidentKey: true,
      hasUserVerification: verifies,
      isUserVerified: verified,
      automaticPresenceSimulation: true,
    },
  })
  return {
    async set({ present, verified }) {
      if (verified !== undefined)
        await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: verified })
      if (present !== undefined)
        await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: present })
    },
    async held() {
      const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId })
      return credentials.map(({ credentialId }) => Buffer.from(credentialId, 'base64').toString('base64url'))
    },
    async remove() {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    },
  }
}

const sessions = new WeakMap<Page, CDPSession>()

/** The one session that all authenticators of a tab belong to. */
async function devtoolsOf(tab: Page): Promise<CDPSession> {
  const known = sessions.get(tab)
  if (known) return known
  const session = await tab.context().newCDPSession(tab)
  await session.send('WebAuthn.enable')
  sessions.set(tab, session)
  return session
}
