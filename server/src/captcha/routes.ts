import { readName } from '../directory/index.ts'
import type { Journeys } from '../http/index.ts'
import type { Captcha } from './captcha.ts'

/** The URL of captchas, which begin a reset. */
export function captchaRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/captcha',
    access: 'anyone',
    // `?username=` makes it as hard as that name's company needs. Only the domain of the name counts.
    async handle({ act, query }) {
      return { json: await captcha.issue(act, readName(query.username ?? '').domain) }
    },
  })
}
