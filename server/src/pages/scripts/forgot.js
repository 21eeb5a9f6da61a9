// @ts-check
// Begins the reset of the name that was typed for signing in, or that the page is about, so that nobody types it twice. After any error the link
// leads to the page where a reset begins.

const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector('[data-reset]'))
const name = /** @type {HTMLInputElement | null} */ (document.querySelector('[name=username]'))
let sending = false

link?.addEventListener('click', async event => {
  const username = (name?.value ?? link.dataset.reset ?? '').trim()
  if (username === '' || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  if (sending) return
  sending = true
  const { solver = '', checking = '', signin } = link.dataset
  const at = signin ? { signin } : {}
  const status = document.querySelector('.forgot-status')
  if (status) status.textContent = solver === '' ? '' : checking
  try {
    // The solver is loaded on demand.
    const captcha =
      solver === '' ? '' : await (await import(solver)).solve(link.dataset, `@${username.split('@').pop()}`)
    send({ username, ...at, ...(captcha && { captcha }) })
  } catch {
    location.assign(`/reset?${new URLSearchParams({ username, ...at })}`)
  }
})
addEventListener('pageshow', () => {
  sending = false
  const status = document.querySelector('.forgot-status')
  if (status) status.textContent = ''
})

/** @param {Record<string, string>} fields */
function send(fields) {
  const reset = document.createElement('form')
  reset.method = 'post'
  reset.action = '/reset'
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement('input')
    Object.assign(field, { type: 'hidden', name, value })
    reset.append(field)
  }
  document.body.append(reset)
  reset.submit()
}
