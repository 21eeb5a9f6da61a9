import { Button, Spinner } from '@fluentui/react-components'
import { t } from '../words.ts'
import { Refused } from './Refused.tsx'

interface Shown {
  count: number
  error: Error | null
  isSaving: boolean
  discard: () => void
}

/** What of a form is not saved yet, and the acts for it. It sticks to the foot of the window. */
export const SaveSection = ({ count, error, isSaving, discard }: Shown) => (
  <section className="beside-save" aria-label={t('admin.branding.save.region')}>
    {error && <Refused error={error} />}
    <p>
      <b>{t('admin.branding.save.changes', { count })}</b>
    </p>
    <div className="acts">
      <Button onClick={discard}>{t('admin.branding.save.discard')}</Button>
      <Button
        type="submit"
        appearance="primary"
        data-key="primary"
        disabledFocusable={isSaving}
        {...(isSaving && { icon: <Spinner size="tiny" /> })}
      >
        {t('admin.branding.save.verb')}
      </Button>
    </div>
  </section>
)
