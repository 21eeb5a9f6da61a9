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
  /** Where its picture is: `cid:` and the Content-ID of what the mail carries. */
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
  const light = colorsOf(color, 'light')
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
        <style>{darkSheet(color)}</style>
      </head>
      <body style={{ ...page, ...ofPage(light) }}>
        {/* Programs that lay out as a word processor does know no width but a table's. */}
        <table role="presentation" width="100%" cellPadding={0} cellSpacing={0} border={0} style={layout}>
          <tbody>
            <tr>
              <td align="center" style={{ padding: 0, fontFamily: family }}>
                <main className="card" style={{ ...card, ...ofCard(light) }}>
                  {/* A reader whose program shows no pictures reads the name in the logo's place. */}
                  <p className="from" style={{ ...sentence, margin: 0, fontWeight: 600 }}>
                    {logo === undefined ? (
                      from
                    ) : (
                      <img src={logo} alt={from} height="48" loading="lazy" style={picture} />
                    )}
                  </p>
                  <h1 style={{ ...sentence, fontSize: 22, lineHeight: 1.3, fontWeight: 600, margin: '16px 0' }}>
                    {heading}
                  </h1>
                  {paragraphs.map((paragraph, place) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: it is drawn once
                    <Paragraph key={place} text={paragraph} code={code} origin={origin} light={light} />
                  ))}
                </main>
              </td>
            </tr>
          </tbody>
        </table>
      </body>
    </html>
  )
}

function Paragraph({
  text,
  code,
  origin,
  light,
}: {
  text: string
  code: string | undefined
  origin: string
  light: Colors
}) {
  if (text === code)
    return (
      <p className="code" style={{ ...digits, background: light.code, color: light.words }}>
        {text}
      </p>
    )
  return (
    <p style={sentence}>
      {text.split('\n').map((line, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: it is drawn once
        <Line key={place} isFirst={place === 0} text={line} origin={origin} color={light.brand} />
      ))}
    </p>
  )
}

/** One line. An address of ours becomes a link that shows where it leads; any other stays text, whoever wrote it. */
function Line({ isFirst, text, origin, color }: { isFirst: boolean; text: string; origin: string; color: string }) {
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
          <a href={address} style={{ color }}>
            {address}
          </a>
          {text.slice(start + address.length)}
        </>
      )}
    </>
  )
}

/** The colours of a mail. */
interface Colors {
  page: string
  card: string
  words: string
  brand: string
  code: string
}

function colorsOf(color: string, scheme: 'light' | 'dark'): Colors {
  const { page, card } = surfaces[scheme]
  const { colorBrandForeground1: brand, colorBrandBackground2: code } = palette(color, scheme)
  return { page, card, brand, code, words: scheme === 'light' ? '#191b20' : '#f3f4f6' }
}

// Each element has its form and its light colours, as some programs drop the sheet of a mail.
const family = "'Segoe UI',-apple-system,Roboto,'Helvetica Neue',Arial,'Hiragino Sans','Noto Sans JP',Meiryo,sans-serif"
const page = {
  margin: 0,
  padding: '16px 8px',
  fontFamily: family,
  WebkitTextSizeAdjust: '100%',
}
/** Text in a table has the form that its own element says: some programs inherit none. */
const sentence = { margin: '0 0 16px', fontFamily: family, fontSize: 16, lineHeight: 1.5 }
const layout = { borderCollapse: 'collapse', borderSpacing: 0, width: '100%' } as const
const card = {
  maxWidth: 560,
  margin: '0 auto',
  padding: '20px 24px',
  borderRadius: 12,
  textAlign: 'left',
  overflowWrap: 'anywhere',
} as const
const picture = { maxWidth: '100%', maxHeight: 48, width: 'auto', height: 'auto' }
const digits = {
  display: 'inline-block',
  margin: '0 0 16px',
  padding: '8px 20px',
  borderRadius: 8,
  font: '600 32px/1.4 ui-monospace,Menlo,Consolas,monospace',
  letterSpacing: 4,
}
const ofPage = ({ page: background, words: color }: Colors) => ({ background, color })
const ofCard = ({ card: background, brand }: Colors) => ({ background, borderTop: `4px solid ${brand}` })

/** Dark, where the reader's program knows of it: these rules come before what the elements say. */
function darkSheet(color: string): string {
  const { page, card, words, brand, code } = colorsOf(color, 'dark')
  const rules = {
    body: { background: page, color: words },
    '.card': { background: card, 'border-top-color': brand },
    a: { color: brand },
    '.code': { background: code, color: words },
    // Most logos are drawn for white.
    '.from img': { background: '#ffffff', color: '#191b20', 'border-radius': '6px', padding: '4px 8px' },
  }
  const write = (before = '') =>
    Object.entries(rules)
      .map(([selector, set]) => {
        const lines = Object.entries(set).map(([name, value]) => `${name}:${value}!important`)
        return `${before}${selector}{${lines.join(';')}}`
      })
      .join('')
  // Outlook's programs mark what they have darkened, and know no media query.
  return `:root{color-scheme:light dark}@media(prefers-color-scheme:dark){${write()}}${write('[data-ogsc] ')}`
}
