import { t } from '../words.ts'

/** The pages of help for administrators, as the server has them. */
type Topic =
  | 'how-it-works'
  | 'getting-started'
  | 'helping-people'
  | 'roll-out'
  | 'customizing'
  | 'reports'
  | 'partners'
  | 'faq'
  | 'troubleshooting'
  | 'in-detail'

/** Leads from a page to the help that explains it, in a window of its own: what was typed here stays. */
export const LearnMore = ({ topic }: { topic: Topic }) => (
  <a
    className="learn-more"
    href={`/help/administrators/${topic}`}
    target="_blank"
    rel="noreferrer"
    aria-label={t('admin.frame.learnMoreBeside')}
  >
    {t('admin.frame.learnMore')}
  </a>
)
