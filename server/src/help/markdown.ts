/** A part of a text between its marks. */
export type Span = { kind: 'text' | 'strong' | 'code'; text: string } | { kind: 'link'; text: string; href: string }

/** A block of a help page. */
export type Block =
  | { kind: 'heading'; level: number; spans: readonly Span[] }
  | { kind: 'paragraph'; spans: readonly Span[] }
  | { kind: 'list'; ordered: boolean; items: readonly (readonly Span[])[] }
  | { kind: 'code'; lines: readonly string[] }

/** Reads the few signs of Markdown that help pages use: headings, paragraphs, flat lists, commands, links, bold, code. */
export function readBlocks(text: string): Block[] {
  const blocks: Block[] = []
  for (const part of parted(text)) {
    const lines = part.split('\n')
    const [, marks, title] = /^(#{1,3}) (.+)$/.exec(part) ?? []
    const item = /^(?:(-)|\d+\.) +(.+)$/
    if (marks !== undefined && title !== undefined)
      blocks.push({ kind: 'heading', level: marks.length, spans: readSpans(title) })
    else if (part.startsWith('```')) blocks.push({ kind: 'code', lines: lines.slice(1, -1) })
    else if (lines.every(line => item.test(line)))
      blocks.push({
        kind: 'list',
        ordered: !part.startsWith('-'),
        items: lines.map(line => readSpans(item.exec(line)![2]!)),
      })
    else blocks.push({ kind: 'paragraph', spans: readSpans(lines.join(' ')) })
  }
  return blocks
}

/** The blocks of a text: blank lines part them, outside of commands. */
function parted(text: string): string[] {
  const parts = text.trim().split(/\n{2,}/)
  const whole: string[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    const isOpen = last?.startsWith('```') && !/\n```$/.test(last)
    if (isOpen) whole[whole.length - 1] = `${last}\n\n${part}`
    else whole.push(part)
  }
  return whole
}

const SPAN = /\*\*(.+?)\*\*|`(.+?)`|\[(.+?)\]\((.+?)\)/g

function readSpans(text: string): Span[] {
  const spans: Span[] = []
  let end = 0
  const plain = (until: number) => {
    if (until > end) spans.push({ kind: 'text', text: text.slice(end, until) })
  }
  for (const { 0: whole, 1: strong, 2: code, 3: label, 4: href, index } of text.matchAll(SPAN)) {
    plain(index)
    if (strong !== undefined) spans.push({ kind: 'strong', text: strong })
    else if (code !== undefined) spans.push({ kind: 'code', text: code })
    else spans.push({ kind: 'link', text: label ?? '', href: href ?? '' })
    end = index + whole.length
  }
  plain(text.length)
  return spans
}

/** The words of blocks, for a search and for excerpts. */
export const plainText = (blocks: readonly Block[]): string =>
  blocks
    .map(block => {
      if (block.kind === 'code') return block.lines.join(' ')
      const spans = block.kind === 'list' ? block.items.flat() : block.spans
      return spans.map(({ text }) => text).join('')
    })
    .join(' ')
