import { brandByName, type Journeys, type Visit } from '../http/index.ts'
import { helpOfCode } from './codes.ts'
import { refuse } from './errors.ts'
import { administratorsPage, codePage, helpPage, topicPage } from './pages.tsx'
import { searchHelp } from './search.ts'
import { loadHelp, type Topic } from './topics.ts'

/** Help for everybody (work accounts on the wire, §1.9). It holds nothing of anybody, and asks for nothing. */
export function helpRoutes(journeys: Journeys) {
  const help = loadHelp()
  const find = ({ locale, query }: Visit) => searchHelp(help, locale.language, query.q ?? '')
  const topicIn = (topics: readonly Topic[], id = '') => {
    const topic = topics.find(one => one.id === id)
    if (!topic) throw refuse('not_found')
    return topic
  }

  journeys.route({
    method: 'GET',
    url: '/help',
    access: 'anyone',
    async page(visit) {
      await brandByName(visit)
      return helpPage(visit, find(visit), codeIn(visit))
    },
    handle: async visit => ({ json: { topics: find(visit) } }),
  })

  journeys.route({
    method: 'GET',
    url: '/help/codes/:code',
    access: 'anyone',
    async page(visit) {
      const found = helpOfCode(visit.locale, visit.params.code ?? '')
      await brandByName(visit)
      return codePage(visit, found, topicIn(help.topics[visit.locale.language], found.topic))
    },
    handle: async visit => ({ json: helpOfCode(visit.locale, visit.params.code ?? '') }),
  })

  journeys.route({
    method: 'GET',
    url: '/help/administrators',
    access: 'anyone',
    page: async visit => administratorsPage(visit, help.administrators),
  })

  journeys.route({
    method: 'GET',
    url: '/help/administrators/:topic',
    access: 'anyone',
    page: async visit => topicPage(visit, topicIn(help.administrators, visit.params.topic), 'en'),
  })

  journeys.route({
    method: 'GET',
    url: '/help/:topic',
    access: 'anyone',
    async page(visit) {
      const topic = topicIn(help.topics[visit.locale.language], visit.params.topic)
      await brandByName(visit)
      return topicPage(visit, topic)
    },
  })
}

/** Where what was typed is a code, its page. */
function codeIn({ locale, query }: Visit) {
  const asked = query.q?.trim() ?? ''
  try {
    return asked === '' ? undefined : helpOfCode(locale, asked)
  } catch {
    return undefined // most people type words
  }
}
