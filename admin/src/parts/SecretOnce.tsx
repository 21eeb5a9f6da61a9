import { t } from '../words.ts'
import { CopyText } from './CopyText.tsx'

/** A secret that the server shows once: large, to copy, and gone when its dialog closes. */
export function SecretOnce({ secret, children }: { secret: string; children: string }) {
  return (
    <div className="secret" role="status">
      <CopyText text={secret} />
      <p>{children}</p>
      <p>{t('admin.frame.shownOnce')}</p>
    </div>
  )
}
