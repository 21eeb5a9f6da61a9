// @ts-check
// Marks answers that the server would refuse before they are sent: the page that comes back holds no answers.
// Words come from the markup. What is not checked here, the server checks.

const LONGEST = 40
/** Two letters are a word where one of them is of these, as in 京都. */
const WORD_SIGNS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
/** What an older browser cannot count is left to the server. */
const letters = 'Segmenter' in Intl ? new Intl.Segmenter('en', { granularity: 'grapheme' }) : undefined

/** @param {string} typed */
const fold = typed =>
  typed.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim()

/** @param {string} answer folded @param {readonly string[]} before @returns {string | undefined} the word for what is wrong */
function findWrong(answer, before) {
  const length = [...(letters?.segment(answer) ?? answer)].length
  if (length === 0) return 'missing'
  if (letters && length < (WORD_SIGNS.test(answer) ? 2 : 3)) return 'short'
  if (letters && length > LONGEST) return 'long'
  return before.includes(answer) ? 'repeated' : undefined
}

/** @param {HTMLElement} place */
function attend(place) {
  const mark = /** @type {HTMLTemplateElement} */ (place.querySelector('template'))

  /** @param {HTMLInputElement | HTMLSelectElement} input @param {string | undefined} wrong */
  const tell = (input, wrong) => {
    const field = input.closest('.field')
    const id = `${input.id}-error`
    const others = (input.getAttribute('aria-describedby') ?? '').split(' ').filter(one => one !== '' && one !== id)
    document.getElementById(id)?.remove()
    field?.classList.toggle('field-invalid', wrong !== undefined)
    input.removeAttribute('aria-invalid')
    if (wrong !== undefined) {
      const error = /** @type {HTMLElement} */ (mark.content.firstElementChild?.cloneNode(true))
      error.id = id
      const words = error.querySelector('.field-error-words')
      if (words) words.textContent = place.dataset[wrong] ?? ''
      field?.append(error)
      input.setAttribute('aria-invalid', 'true')
      others.unshift(id)
    }
    if (others.length > 0) input.setAttribute('aria-describedby', others.join(' '))
    else input.removeAttribute('aria-describedby')
  }

  place.closest('form')?.addEventListener('submit', event => {
    /** @type {string[]} */
    const questions = []
    /** @type {string[]} */
    const answers = []
    /** @type {HTMLElement | undefined} */
    let first
    for (const one of place.querySelectorAll('[name^="question."], [name^="answer."]')) {
      const input = /** @type {HTMLInputElement | HTMLSelectElement} */ (one)
      const isAnswer = input.name.startsWith('answer.')
      const value = isAnswer ? fold(input.value) : input.value
      const wrong = isAnswer ? findWrong(value, answers) : questions.includes(value) ? 'twice' : undefined
      tell(input, wrong)
      if (wrong !== undefined) first ??= input
      ;(isAnswer ? answers : questions).push(value)
    }
    if (!first) return
    event.preventDefault()
    first.focus()
  })
  place.addEventListener('input', ({ target }) => {
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) tell(target, undefined)
  })
}

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.answers'))) attend(place)
