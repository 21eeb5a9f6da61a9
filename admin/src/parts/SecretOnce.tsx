import { currentLanguage, t } from '../words.ts'
import { CopyText } from './CopyText.tsx'
import { spell, spokenTo } from './spelling.ts'

interface Shown {
  secret: string
  /** Whom it may be read to over the telephone; undefined: it is no secret to be spoken. */
  readTo?: { preferredLanguage?: string | null }
  children: string
}

/** A secret that the server shows once: large, to copy, and gone when its dialog closes. */
export function SecretOnce({ secret, readTo, children }: Shown) {
  return (
    <div className="secret" role="status">
      <CopyText text={secret} />
      {readTo && <Spelled secret={secret} readTo={readTo} />}
      <p>{children}</p>
      <p>{t('admin.frame.shownOnce')}</p>
    </div>
  )
}

/** How to read a secret aloud, in the language of whom it is read to. */
function Spelled({ secret, readTo }: { secret: string; readTo: NonNullable<Shown['readTo']> }) {
  const language = spokenTo(readTo.preferredLanguage, currentLanguage())
  return (
    <details className="spelled">
      <summary>{t('admin.acts.spell')}</summary>
      <ol lang={language}>
        {spell(secret, language).map((group, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: groups have no other name, and never change their order
          <li key={at}>{group}</li>
        ))}
      </ol>
    </details>
  )
}
