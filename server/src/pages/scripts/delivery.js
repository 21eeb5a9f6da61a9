// @ts-check
// Tells a person who waits for a code that it could not be delivered. The page is not loaded again, so that typed text
// stays. Words come from the markup.

const EVERY_MS = 3_000
/** By then a code has expired. */
const TIMES = 100

/** @param {HTMLElement} place */
async function watch(place) {
  const { delivery = '', challenge } = place.dataset
  for (let times = 0; times < TIMES; times++) {
    await new Promise(resolve => setTimeout(resolve, EVERY_MS))
    if (document.hidden) continue
    const answer = await fetch(delivery, { headers: { accept: 'application/json' } }).catch(() => undefined)
    // A network that comes and goes, or a server that is busy, says nothing of the code.
    if (answer === undefined || answer.status >= 500) continue
    const now = answer.ok ? (await answer.json()).challenge : undefined
    if (now?.id === challenge && now?.delivery === 'pending') continue
    if (now?.id === challenge && now?.delivery === 'failed') tell(place)
    return
  }
}

/** @param {HTMLElement} place */
function tell(place) {
  for (const hidden of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll('[hidden]')))
    hidden.hidden = false
  document.querySelector('.waited-later')?.classList.remove('waited-later')
}

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-delivery]'))) watch(place)
