// @ts-check
// Ticks the rules of a new password while it is typed, and estimates its strength. Nothing here decides: the server
// judges every password, by rules that a browser cannot know. Words come from the markup.

/** How each rule that the page lists is judged: by the password, and the part of the user name to avoid. */
/** @type {Record<string, (password: string, name: string) => boolean>} */
const rules = {
  length: password => [...password].length >= 8 && [...password].length <= 256,
  mixture: password => [...password].length >= 24 || kinds.filter(({ kind }) => kind.test(password)).length >= 3,
  name: (password, name) => [usual, strict].every(fold => !fold(password).includes(fold(name))),
}

/** Kinds of characters, and how many a guesser has to try of each. */
const kinds = [
  { kind: /\p{Ll}/u, size: 26 },
  { kind: /\p{Lu}/u, size: 26 },
  { kind: /\p{Nd}/u, size: 10 },
  { kind: /[^\p{Ll}\p{Lu}\p{Nd}]/u, size: 33 },
]
/** Letters without capitals, of which writing has many more. */
const uncased = { kind: /\p{Lo}/u, size: 100 }

/** Letters under the signs that people write in their place. @param {Record<string, string>} signs */
const folding = signs => {
  /** @param {string} text */
  const fold = text => [...text.normalize('NFKC').toLowerCase()].map(one => signs[one] ?? one).join('')
  return fold
}
const usual = folding({ 0: 'o', 1: 'l', $: 's', '@': 'a' })
const strict = folding({ 0: 'o', 1: 'l', $: 's', '@': 'a', 3: 'e', 4: 'a', 5: 's', 7: 't', '!': 'i', '+': 't' })

const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'azertyuiop', 'qsdfghjklm', 'wxcvbn', '1234567890']
const steps = new Set(rows.flatMap(row => [...row].slice(1).flatMap((key, at) => [row[at] + key, key + row[at]])))

/**
 * Roughly how many bits a guesser has to get right. A character counts less where the ones before it predict it: a
 * repetition, a sequence, a walk over the keyboard, a word.
 * @param {string} password
 */
function estimate(password) {
  const size = [...kinds, uncased].reduce((sum, { kind, size }) => sum + (kind.test(password) ? size : 0), 0)
  const letters = [...password]
  const seen = new Set()
  let worth = 0
  let walked = false
  letters.forEach((letter, at) => {
    const before = letters[at - 1] ?? ''
    const pair = (before + letter).toLowerCase()
    const leap = Math.abs((letter.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0))
    const walks = before !== '' && (leap <= 1 || steps.has(pair))
    if (before === letter || (walks && walked)) worth += 0.1
    else if (seen.has(pair)) worth += 0.25
    else if (/^(\p{L}\p{Ll}|\p{Lo}\p{Lo}|\p{Lu}\p{Lu}|\p{Nd}\p{Nd})$/u.test(before + letter)) worth += 0.5
    else worth += 1
    seen.add(pair)
    walked = walks
  })
  // However long, a few characters over and over stay easy.
  return Math.min(worth, 2 * new Set(letters).size) * Math.log2(size || 1)
}

/** @param {string} password @returns {number} from 1, very weak, to 5, strong; 0 for nothing */
const strengthOf = password =>
  password === '' ? 0 : 1 + [30, 52, 64, 80].filter(bits => estimate(password.slice(0, 256)) >= bits).length

/** @param {HTMLElement} fields */
function attend(fields) {
  /** @template {Element} T @param {string} selector @returns {T} */
  const part = selector => /** @type {T} */ (fields.querySelector(selector))
  /** @type {HTMLInputElement} */
  const input = part('[name=newPassword]')
  const words = fields.dataset
  /** @type {string[]} */
  const left = JSON.parse(words.left ?? '[]')
  /** @type {string[]} */
  const strengths = JSON.parse(words.strengths ?? '[]')
  const bar = part('[role=meter]')
  const said = part('[role=status]')
  let pause = 0

  const judge = () => {
    const password = input.value.normalize('NFC')
    let unmet = 0
    for (const rule of /** @type {NodeListOf<HTMLElement>} */ (fields.querySelectorAll('[data-rule]'))) {
      const name = rule.dataset.rule ?? ''
      const met = rules[name]?.(password, words.name ?? '') ?? false
      if (!met) unmet++
      rule.classList.toggle('rule-met', met)
      rule.classList.toggle('rule-broken', !met && password !== '')
      if (name === 'name') rule.hidden = met
      const state = rule.querySelector('.rule-state')
      if (state) state.textContent = `${(met ? words.met : words.unmet) ?? ''} `
    }
    // A password that the server is going to refuse is not called strong.
    const strength = unmet > 0 ? Math.min(strengthOf(password), 2) : strengthOf(password)
    bar.setAttribute('aria-valuenow', `${strength}`)
    bar.setAttribute('aria-valuetext', strengths[strength] ?? '')
    part('.strength-words').textContent = strengths[strength] ?? ''
    // Said once typing pauses: each letter announced would drown the next.
    clearTimeout(pause)
    pause = setTimeout(() => {
      said.textContent = password === '' ? '' : `${left[unmet]} ${strengths[strength]}`
    }, 1_500)
  }

  /** @type {HTMLButtonElement} */
  const show = part('.show-password')
  const showWords = show.textContent
  /** @param {boolean} visible */
  const reveal = visible => {
    input.type = visible ? 'text' : 'password'
    show.textContent = (visible ? words.hide : showWords) ?? ''
  }
  show.addEventListener('click', () => {
    reveal(input.type === 'password')
    said.textContent = (input.type === 'text' ? words.shown : words.hidden) ?? ''
  })
  // A browser keeps what was typed into plain fields.
  input.form?.addEventListener('submit', () => reveal(false))

  input.addEventListener('input', judge)
  // A page that the back button brings back may hold what was typed.
  addEventListener('pageshow', judge)
  fields.classList.add('live')
  show.hidden = false
  judge()
}

for (const fields of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.new-password'))) attend(fields)
