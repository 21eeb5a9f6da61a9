import type { PageContent, Visit } from '../http/index.ts'
import { Actions, Button, Form, Lead, TextField } from '../pages/index.ts'
import type { CodeHelp } from './codes.ts'
import type { Block, Span } from './markdown.ts'
import type { Found } from './search.ts'
import type { Topic } from './topics.ts'

/** The search, and the pages that it found. `code`: the page of the code that was typed. */
export function helpPage(visit: Visit, found: readonly Found[], code: CodeHelp | undefined): PageContent {
  const { locale, query } = visit
  const { t } = locale
  const asked = query.q?.trim() ?? ''
  return {
    title: t('help.title'),
    children: (
      <>
        <Lead>{t('help.lead')}</Lead>
        <Form method="get" action="/help" hidden={query.whr === undefined ? {} : { whr: query.whr }}>
          <TextField name="q" label={t('help.search')} hint={t('help.searchHint')} value={asked} required={false} />
          <Actions>
            <Button kind="secondary">{t('help.find')}</Button>
          </Actions>
        </Form>
        {asked !== '' && <h2>{t('help.found', { count: found.length + (code ? 1 : 0), words: asked })}</h2>}
        <ul>
          {code && (
            <li>
              <a href={linkTo(visit, `/help/codes/${code.code}`)}>{code.code}</a>
              <div className="hint">{code.title}</div>
            </li>
          )}
          {found.map(({ title, href, excerpt }) => (
            <li key={href}>
              <a href={linkTo(visit, href)}>{title}</a>
              <div className="hint">{excerpt}</div>
            </li>
          ))}
        </ul>
        <More visit={visit} isList={asked === ''} />
      </>
    ),
  }
}

/** What a code means, and where help goes on. */
export function codePage(visit: Visit, { code, title, detail, next }: CodeHelp, topic: Topic): PageContent {
  return {
    title,
    children: (
      <>
        {detail !== undefined && <Lead>{detail}</Lead>}
        {next !== undefined && <p>{next}</p>}
        <p className="hint">
          {visit.locale.t('help.code')} <code translate="no">{code}</code>
        </p>
        <Actions>
          <Button kind="secondary" href={linkTo(visit, topic.href)}>
            {topic.title}
          </Button>
        </Actions>
        <More visit={visit} />
      </>
    ),
  }
}

/** A page of help. `language`: its own, where it is not the reader's. */
export function topicPage(visit: Visit, topic: Topic, language?: string): PageContent {
  const isForeign = language !== undefined && language !== visit.locale.language
  const body = topic.blocks.map((block, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the blocks of a page have an order and nothing else
    <Part key={place} visit={visit} block={block} lang={isForeign ? language : undefined} />
  ))
  return {
    title: topic.title,
    children: (
      <>
        {isForeign && <p className="hint">{visit.locale.t('help.english')}</p>}
        {body}
        <More visit={visit} />
      </>
    ),
  }
}

/** The pages for administrators. */
export const administratorsPage = (visit: Visit, topics: readonly Topic[]): PageContent => ({
  title: visit.locale.t('help.administrators'),
  children: (
    <>
      {visit.locale.language !== 'en' && <p className="hint">{visit.locale.t('help.english')}</p>}
      <ul>
        {topics.map(({ title, href, excerpt }) => (
          <li key={href}>
            <a href={href}>{title}</a>
            <div className="hint">{excerpt}</div>
          </li>
        ))}
      </ul>
      <More visit={visit} />
    </>
  ),
})

/** The ways on from every page of help. */
function More({ visit, isList = false }: { visit: Visit; isList?: boolean }) {
  const { t } = visit.locale
  return (
    <Actions>
      <Button kind="link" href={linkTo(visit, '/help/sign-in')}>
        {t('assistant.title')}
      </Button>
      {!isList && (
        <Button kind="link" href={linkTo(visit, '/help')}>
          {t('help.all')}
        </Button>
      )}
      <Button kind="link" href={linkTo(visit, '/support')}>
        {t('support.title')}
      </Button>
      {isList && (
        <Button kind="link" href="/help/administrators">
          {t('help.administrators')}
        </Button>
      )}
    </Actions>
  )
}

function Part({ visit, block, lang }: { visit: Visit; block: Block; lang: string | undefined }) {
  switch (block.kind) {
    case 'heading':
      return (
        <h2 lang={lang}>
          <Words visit={visit} spans={block.spans} />
        </h2>
      )
    case 'code':
      return (
        <p lang={lang}>
          {block.lines.map((line, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a command may stand twice
            <code key={place} translate="no">
              {line}
              <br />
            </code>
          ))}
        </p>
      )
    case 'list': {
      const items = block.items.map((spans, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the items of a list have an order and nothing else
        <li key={place}>
          <Words visit={visit} spans={spans} />
        </li>
      ))
      return block.ordered ? <ol lang={lang}>{items}</ol> : <ul lang={lang}>{items}</ul>
    }
    default: {
      // A link that stands alone is what to do.
      const [first, ...others] = block.spans
      if (first?.kind === 'link' && others.length === 0)
        return (
          <Actions>
            <Button kind="secondary" href={linkTo(visit, first.href)}>
              {first.text}
            </Button>
          </Actions>
        )
      return (
        <p lang={lang}>
          <Words visit={visit} spans={block.spans} />
        </p>
      )
    }
  }
}

function Words({ visit, spans }: { visit: Visit; spans: readonly Span[] }) {
  return spans.map((span, place) => {
    const key = `${place}`
    if (span.kind === 'strong') return <strong key={key}>{span.text}</strong>
    if (span.kind === 'code') return <code key={key}>{span.text}</code>
    if (span.kind !== 'link') return span.text
    const href = ownPage(span.href)
    return href === undefined ? (
      span.text
    ) : (
      <a key={key} href={linkTo(visit, href)}>
        {span.text}
      </a>
    )
  })
}

/** Our own page of a link. Files of administrators' pages link one another by name; what is not served is text alone. */
export function ownPage(href: string): string | undefined {
  if (href.startsWith('/')) return href
  const [, id] = /^([a-z-]+)\.md$/.exec(href) ?? []
  return id === undefined ? undefined : `/help/administrators/${id}`
}

/** The company's looks go along. */
const linkTo = ({ query: { whr } }: Visit, href: string) =>
  whr === undefined || !/^\/(help|support|reset|signin)\b/.test(href)
    ? href
    : `${href}?whr=${encodeURIComponent(whr.slice(0, 100))}`
