interface CodeSheetProps {
  codes: readonly string[]
  /** When they were made. */
  made: string
  words: { list: string; print: string; copy: string; download: string; copied: string }
}

/** Codes to print or write down. The script `codes` adds buttons that print, copy and save them. */
export function CodeSheet({ codes, made, words }: CodeSheetProps) {
  return (
    <section className="sheet">
      <ul aria-label={words.list}>
        {codes.map(code => (
          <li key={code}>
            <code dir="ltr" translate="no">
              {code}
            </code>
          </li>
        ))}
      </ul>
      <p className="hint">{made}</p>
      <div className="sheet-acts" hidden>
        {(['print', 'copy', 'download'] as const).map(act => (
          <button key={act} type="button" className="button button-secondary" data-act={act}>
            {words[act]}
          </button>
        ))}
      </div>
      <p className="hint" role="status" data-copied={words.copied} />
    </section>
  )
}
