// @ts-check
// Solves the captcha of a form in a worker while a name or a domain is typed, at once where nothing is, and tells a person who has to wait for it.
// After any error the form is sent as it would be without script.

/** Milliseconds after which the form is sent without a solution. */
const PATIENCE = 30_000
/** Milliseconds that a challenge is good for, with some to spare for sending it. */
const GOOD_FOR = 9 * 60_000
/** Milliseconds before which the server takes no form without a solution. */
const RIPE = 5_500

/** @param {number} milliseconds */
const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

/**
 * Gets a challenge for names of a domain and solves it. Rejects where that cannot be done.
 * @param {DOMStringMap} told @param {string} domain
 * @returns {Promise<string>} what the server takes as the captcha
 */
export async function solve(told, domain) {
  const asked = await fetch(`${told.captcha}?username=${encodeURIComponent(domain)}`, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE),
  })
  if (!asked.ok) throw new Error(`${asked.status}`)
  const challenge = await asked.json()
  const worker = new Worker(told.worker ?? '', { type: 'module' })
  try {
    const solution = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = reject
      worker.postMessage(challenge)
      setTimeout(reject, PATIENCE)
    })
    return btoa(JSON.stringify({ challenge, solution }))
  } finally {
    worker.terminate()
  }
}

/** @param {HTMLFormElement} form @param {HTMLElement} status */
function attend(form, status) {
  const name = /** @type {HTMLInputElement | null} */ (form.querySelector('.input'))
  const captcha = /** @type {HTMLInputElement} */ (form.elements.namedItem('captcha'))
  /** @type {{ domain: string, until: number, solved: Promise<string> } | undefined} */
  let begun
  let sending = false
  let typing = 0

  const begin = () => {
    // The domain says how hard it has to be; the rest of the name stays out of addresses, which are logged. Where no
    // name is asked for, a domain may stand alone.
    const typed = name?.value.replaceAll('＠', '@') ?? ''
    const domain = typed.includes('@') || name?.type === 'text' ? `@${typed.split('@').pop()?.trim()}` : ''
    if (begun?.domain === domain && begun.until > Date.now()) return begun.solved
    const solved = solve(status.dataset, domain)
    solved.catch(() => {
      begun = undefined
    })
    begun = { domain, until: Date.now() + GOOD_FOR, solved }
    return solved
  }
  const beginAnew = () => {
    begun = undefined
    sending = false
    captcha.value = ''
    status.textContent = ''
  }

  if (name)
    name.addEventListener('input', () => {
      clearTimeout(typing)
      typing = setTimeout(begin, 500)
    })
  else begin()
  form.addEventListener('submit', async event => {
    if (name?.value.trim() === '' && !sending) return
    event.preventDefault()
    if (sending) return
    sending = true
    clearTimeout(typing)
    status.textContent = status.dataset.checking ?? ''
    captcha.value = await Promise.race([begin(), sleep(PATIENCE).then(() => '')]).catch(() => '')
    if (captcha.value === '') await sleep(RIPE - performance.now())
    form.submit()
    // On a page that is still here, loading was stopped; the captcha that was sent may be spent.
    setTimeout(beginAnew, PATIENCE)
  })
  // A page that the back button brought back as it was left: its solution is spent.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) beginAnew()
  })
}

const status = /** @type {HTMLElement | null} */ (document.querySelector('.captcha'))
const form = status?.closest('form')
if (status && form) attend(form, status)
