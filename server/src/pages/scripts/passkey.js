// @ts-check
// Asks the browser for a passkey, and hands its answer in as an ordinary form. Words come from the markup. Where the
// browser has no passkeys, their forms go, and a line that says so comes.

/** Milliseconds after which the server counts as out of reach. */
const PATIENCE = 20_000
/** Milliseconds after which the request that came with a page is nearly over. */
const FRESH = 9 * 60_000
/** Where the passkey that was handed in last is remembered, for a page that tells the browser it is unknown. */
const KEPT = 'latchkey-passkey'

/** The words for each error of a browser (WebAuthn, §5.1.3 and §5.1.4); for others, those of the device. */
/** @type {Record<string, string>} */
const reasons = { NotAllowedError: 'cancelled', AbortError: 'cancelled', TimeoutError: 'cancelled' }
reasons.InvalidStateError = 'known'
reasons.SecurityError = 'site'

/** @param {string} text */
const bytesOf = text =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), sign => sign.charCodeAt(0))

/** @param {ArrayBuffer | null | undefined} buffer */
const textOf = buffer =>
  buffer &&
  btoa(Array.from(new Uint8Array(buffer), byte => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

// By hand in every browser: older ones have no `toJSON`, and it throws for credentials of some password managers.
/** @param {any} credential */
function jsonOf({ id, rawId, type, response }) {
  const { clientDataJSON, attestationObject, authenticatorData, signature, userHandle } = response
  const bytes = { clientDataJSON, attestationObject, authenticatorData, signature, userHandle }
  const texts = Object.entries(bytes).map(([name, value]) => [name, textOf(value) ?? undefined])
  const transports = response.getTransports?.()
  return JSON.stringify({ id, rawId: textOf(rawId), type, response: { ...Object.fromEntries(texts), transports } })
}

/** @param {any} options @param {CredentialRequestOptions} how */
function request(options, how) {
  const publicKey = { ...options, challenge: bytesOf(options.challenge) }
  if (!options.user) return navigator.credentials.get({ ...how, publicKey })
  publicKey.user = { ...options.user, id: bytesOf(options.user.id) }
  publicKey.excludeCredentials = options.excludeCredentials.map((/** @type {any} */ one) => ({
    ...one,
    id: bytesOf(one.id),
  }))
  return navigator.credentials.create({ ...how, publicKey })
}

/** Whether a press, or the answer to one, is on its way to the server: another press would void its challenge. */
let isSent = false
/** What is being asked for. A browser takes one request at a time: the next ends the one before. */
let turn = new AbortController()

/** @param {HTMLFormElement} form */
function attend(form) {
  const { options, autofill } = form.dataset
  const proof = /** @type {HTMLFormElement} */ (options ? form : form.nextElementSibling)

  /** @param {string} [reason] */
  const tell = reason => {
    const banner = /** @type {HTMLElement} */ (form.querySelector('.banner'))
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (banner.querySelectorAll('[data-reason]')))
      one.hidden = one.dataset.reason !== reason
    banner.hidden = reason === undefined
  }

  const begin = async () => {
    if (options && performance.now() < FRESH) return { id: undefined, options: JSON.parse(options) }
    if (options) {
      // Of a page that lay open: the sign-in, or the first page, has a new one.
      const place = form.action.endsWith('/signin/passkey') ? form.action : form.action.replace(/\/passkey$/, '')
      const signal = AbortSignal.timeout(PATIENCE)
      const answer = await fetch(place, { headers: { accept: 'application/json' }, signal })
      if (answer.status >= 500) throw new Error(`${answer.status}`)
      // Where it has ended, the page says so once it is sent.
      const fresh = answer.ok ? (await answer.json()).options : undefined
      return { id: undefined, options: fresh ?? JSON.parse(options) }
    }
    const answer = await fetch(form.action, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
      signal: AbortSignal.timeout(PATIENCE),
    })
    if (answer.status >= 500) throw new Error(`${answer.status}`)
    const begun = answer.ok ? await answer.json() : undefined
    return begun?.challenge ?? begun
  }

  /** @param {string | undefined} id @param {any} credential */
  const handIn = (id, credential) => {
    const fields = /** @type {Record<string, HTMLInputElement>} */ (/** @type {unknown} */ (proof.elements))
    if (fields.challenge) fields.challenge.value = id ?? ''
    if (fields.credential) fields.credential.value = jsonOf(credential)
    try {
      sessionStorage.setItem(KEPT, credential.id)
    } catch {} // A browser that keeps nothing is not told of an unknown passkey, and signs in all the same.
    isSent = true
    // The person may have stopped the browser.
    setTimeout(() => {
      isSent = false
    }, PATIENCE)
    proof.submit()
  }

  /** @param {CredentialRequestOptions} [how] */
  const ask = async how => {
    turn.abort()
    turn = new AbortController()
    const { signal } = turn
    // What the browser offers by itself hides no words about the press before.
    if (!how) tell()
    isSent = !how
    const begun = await begin().catch(() => 'out of reach')
    isSent = false
    if (signal.aborted) return
    if (begun === 'out of reach') return tell('network')
    // The server has refused: the page of the ordinary form says why.
    if (!begun) return form.submit()
    try {
      const credential = await request(begun.options, { ...how, signal })
      if (!signal.aborted) handIn(begun.id, credential)
    } catch (error) {
      // Nobody has asked for what a browser offers by itself, so that its errors stay silent.
      if (signal.aborted || how) return
      const reason = reasons[/** @type {DOMException} */ (error).name] ?? ''
      // That it is known has words where one is made alone.
      tell(form.querySelector(`[data-reason="${reason}"]`) ? reason : 'device')
      offer()
    }
  }

  /** Lets the browser offer passkeys in the field for the name, while nothing else is asked for. */
  const offer = async () => {
    if (autofill === undefined || isSent) return
    const before = turn
    const can = await PublicKeyCredential.isConditionalMediationAvailable?.()
    if (can && turn === before) ask({ mediation: 'conditional' })
  }

  form.addEventListener('submit', event => {
    event.preventDefault()
    if (!isSent) ask()
  })
  // The browser waits with the request of the page, which would be over at the touch.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && performance.now() > FRESH) offer()
  })
  // A page that the back button brought back as it was left.
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    isSent = false
    tell()
    offer()
  })
  offer()
}

/** Tells the browser which passkeys the account has, or that one is unknown; it hides the others (WebAuthn, §5.1.10). */
function signal() {
  /** @type {any} */
  const browser = PublicKeyCredential
  const quiet = () => undefined
  const list = /** @type {HTMLElement | null} */ (document.querySelector('[data-passkeys]'))
  if (list) browser.signalAllAcceptedCredentials?.(JSON.parse(list.dataset.passkeys ?? ''))?.catch(quiet)
  const unknown = /** @type {HTMLElement | null} */ (document.querySelector('[data-passkey-unknown]'))
  if (!unknown) return
  try {
    const credentialId = sessionStorage.getItem(KEPT)
    const told = { rpId: unknown.dataset.passkeyUnknown, credentialId }
    if (credentialId) browser.signalUnknownCredential?.(told)?.catch(quiet)
  } catch {} // As above: nothing was kept.
}

if ('PublicKeyCredential' in window) {
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form.passkey')))
    attend(form)
  signal()
} else document.documentElement.classList.add('no-passkeys')
