// @ts-check
// Tells moments in the reader's own time zone; in a list by today and yesterday. Without script they are in UTC.

const { lang } = document.documentElement
/** The reader's own way with dates, where they read this page's language. */
const locale = navigator.languages.find(wish => wish.split('-')[0] === lang) ?? lang
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long' })
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' })
const hour = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
const near = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

/** @param {Date} at */
const midnight = at => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()

/** @param {HTMLTimeElement} time @param {Date} at */
function say(time, at) {
  if (time.classList.contains('day')) return day.format(at)
  const days = Math.round((midnight(at) - midnight(new Date())) / 86_400_000)
  if (!time.closest('.timeline') || days > 0 || days < -1) return moment.format(at)
  return `${near.format(days, 'day')} ${hour.format(at)}`
}

for (const time of document.querySelectorAll('time')) time.textContent = say(time, new Date(time.dateTime))
