// @ts-check
// Prints, copies and saves the recovery codes of the page. Without script one prints or selects them by hand.

const sheet = document.querySelector('.sheet')
const acts = sheet?.querySelector('.sheet-acts')
const said = sheet?.querySelector('[data-copied]')

/** Whose codes they are, and the codes. */
const text = () =>
  [document.querySelector('h1'), document.querySelector('.signed-in bdi'), ...(sheet?.querySelectorAll('code') ?? [])]
    .map(one => one?.textContent?.trim() ?? '')
    .join('\r\n')

/** @type {Record<string, () => void | Promise<void>>} */
const doing = {
  print: () => window.print(),
  async copy() {
    await navigator.clipboard.writeText(text())
    if (said instanceof HTMLElement) said.textContent = said.dataset.copied ?? ''
  },
  download() {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text()], { type: 'text/plain;charset=utf-8' }))
    link.download = 'recovery-codes.txt'
    link.click()
    // Safari begins to save only after this.
    setTimeout(() => URL.revokeObjectURL(link.href), 1000)
  },
}

if (acts instanceof HTMLElement) {
  for (const button of acts.querySelectorAll('button')) {
    const { act = '' } = button.dataset
    // Only a page on https may copy.
    if (act === 'copy' && !navigator.clipboard) button.remove()
    button.addEventListener('click', () => doing[act]?.())
  }
  acts.hidden = false
}

// A browser may keep a page that it was told not to keep, and the back button would show the codes again.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
