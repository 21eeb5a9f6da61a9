// @ts-check
// Copies a value of the page. Without script one selects it by hand.

const said = document.querySelector('[data-copied]')

// Only a page on https may copy.
if (navigator.clipboard)
  for (const button of document.querySelectorAll('button[data-copy]')) {
    if (!(button instanceof HTMLElement)) continue
    button.hidden = false
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(button.dataset.copy ?? '')
      if (said instanceof HTMLElement) said.textContent = said.dataset.copied ?? ''
    })
  }
