import { exactly, moment, t } from '../../words.ts'
import type { Step } from './queries.ts'

/** How a rescue came to where it is, the oldest first. */
export function Steps({ steps, detailOf }: { steps: readonly Step[]; detailOf: (step: Step) => string | undefined }) {
  return (
    <ol className="timeline" aria-live="polite">
      {steps.map(step => (
        <li key={step.state}>
          <time dateTime={step.dateTime} title={exactly(step.dateTime)}>
            {moment(step.dateTime)}
          </time>
          <div>
            <b>{t(`admin.rescues.steps.${step.state}`)}</b>
            <p className="written">
              <bdi>{detailOf(step)}</bdi>
            </p>
          </div>
        </li>
      ))}
    </ol>
  )
}
