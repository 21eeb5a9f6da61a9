import { readName } from '../directory/index.ts'
import type { People } from '../http/index.ts'
import type { Captcha } from './index.ts'

/** The URL of captchas, for whoever begins a reset. */
export function captchaRoutes(people: People, captcha: Captcha) {
  people.route({
    method: 'GET',
    url: '/captcha',
    access: 'anyone',
    // `?username=` makes it as hard as that name's company needs; of the name only the domain is looked at.
    async handle({ means, query }) {
      return { json: await captcha.issue(means, readName(query.username ?? '').domain) }
    },
  })
}
