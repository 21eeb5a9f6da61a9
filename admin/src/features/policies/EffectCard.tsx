import { type EffectOf, EffectShown } from '../../parts/Effect.tsx'
import { t } from '../../words.ts'

/** What saving would do to people, beside what is changed. */
export function EffectCard(shown: EffectOf) {
  return (
    <section className="card effect" aria-labelledby="effect" aria-live="polite">
      <h2 id="effect">{t('admin.policies.effect.title')}</h2>
      <EffectShown {...shown} />
    </section>
  )
}
