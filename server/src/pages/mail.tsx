import { renderToStaticMarkup } from 'react-dom/server'
import { productColor } from './assets.ts'
import { palette, surfaces } from './brand.ts'

interface MailProps {
  /** The language of its words. */
  language: string
  subject: string
  /** Who sends it, in words. */
  from: string
  /** The same words as text: paragraphs, with an empty line between them. */
  text: string
  /** The code that stands in the text as a paragraph of its own. */
  code?: string | undefined
  /** Where links may lead. */
  origin: string
  /** `#rrggbb`; without it the product's own. */
  color?: string | undefined
  /** The Content-ID of a picture that the mail carries. */
  logo?: string | undefined
}

/** Draws a mail as an HTML document, from its text alone: it loads nothing, runs nothing, and leads nowhere but to `origin`. */
export function mailDocument(props: MailProps): string {
  return `<!DOCTYPE html>${renderToStaticMarkup(<Mail {...props} />)}`
}

function Mail({ language, subject, from, text, code, origin, color = productColor, logo }: MailProps) {
  const [first = '', ...others] = text.trim().split('\n\n')
  // The subject of a code repeats the code; its first paragraph says what it is.
  const [heading, paragraphs] = code === undefined ? [subject, [first, ...others]] : [first, others]
  return (
    <html lang={language}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        {/* Programs would make links of digits and names that they guess. */}
        <meta name="format-detection" content="telephone=no, email=no, address=no, date=no" />
        <title>{subject}</title>
        {/* Colours alone, which no one but a colour's six digits gets into. */}
        <style>{styleOf(color)}</style>
      </head>
      <body>
        <main className="card">
          {/* A reader whose program shows no pictures reads the name in the logo's place. */}
          <p className="from">
            {logo === undefined ? from : <img src={`cid:${logo}`} alt={from} height="36" loading="lazy" />}
          </p>
          <h1>{heading}</h1>
          {paragraphs.map((paragraph, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: it is drawn once
            <Paragraph key={place} text={paragraph} code={code} origin={origin} />
          ))}
        </main>
      </body>
    </html>
  )
}

function Paragraph({ text, code, origin }: { text: string; code: string | undefined; origin: string }) {
  if (text === code) return <p className="code">{text}</p>
  return (
    <p>
      {text.split('\n').map((line, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: it is drawn once
        <Line key={place} isFirst={place === 0} text={line} origin={origin} />
      ))}
    </p>
  )
}

/** One line. An address of ours becomes a link that shows where it leads; any other stays text, whoever wrote it. */
function Line({ isFirst, text, origin }: { isFirst: boolean; text: string; origin: string }) {
  const start = text.indexOf(`${origin}/`)
  const address = start < 0 ? '' : (/^[\w\-./:?=&%#~+@]*[\w\-/=&%#~+]/.exec(text.slice(start))?.[0] ?? '')
  return (
    <>
      {!isFirst && <br />}
      {address === '' ? (
        text
      ) : (
        <>
          {text.slice(0, start)}
          <a href={address}>{address}</a>
          {text.slice(start + address.length)}
        </>
      )}
    </>
  )
}

/** Light, and dark where the reader's program knows of it. Programs that take no style show the same in their own. */
function styleOf(color: string): string {
  const of = (scheme: 'light' | 'dark') => {
    const { page, card } = surfaces[scheme]
    const { colorBrandForeground1, colorBrandBackground2 } = palette(color, scheme)
    const words = scheme === 'light' ? '#191b20' : '#f3f4f6'
    return `body{background:${page};color:${words}}.card{background:${card}}a{color:${colorBrandForeground1}}.card{border-top:4px solid ${colorBrandForeground1}}.code{background:${colorBrandBackground2};color:${words}}`
  }
  const form =
    'body{margin:0;padding:16px 8px;font:16px/1.5 "Segoe UI",-apple-system,Roboto,"Helvetica Neue",Arial,"Hiragino Sans","Noto Sans JP",Meiryo,sans-serif}' +
    '.card{max-width:560px;margin:0 auto;padding:20px 24px;border-radius:12px;overflow-wrap:anywhere}.from{margin:0;font-weight:600}.from img{max-width:100%;height:auto}' +
    'h1{font-size:22px;line-height:1.3;margin:16px 0}p{margin:0 0 16px}.code{display:inline-block;padding:8px 20px;border-radius:8px;font:600 32px/1.4 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px}'
  // Most logos are drawn for white.
  const logo = '.from img{background:#ffffff;color:#191b20;border-radius:6px;padding:4px 8px}'
  return `${form}${of('light')}@media(prefers-color-scheme:dark){${of('dark')}${logo}}`
}
