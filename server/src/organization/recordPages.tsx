import type { Visit } from '../http/index.ts'
import { CopyButton, DefinitionList, Sentence } from '../pages/index.ts'
import type { Finding } from './diagnosis.ts'
import { RECORD_HOSTS, RECORD_TTL } from './dns.ts'
import type { Check } from './proof.ts'
import { adviceOf } from './wire.ts'

interface Field {
  label: string
  value: string
}

/** The record by the DNS's own words, where nobody knows the registrar's form. */
export const generalFields = ({ locale: { t } }: Visit, proof: string): Field[] => [
  { label: t('domains.record.type'), value: 'TXT' },
  { label: t('domains.record.host'), value: RECORD_HOSTS[0] },
  { label: t('domains.record.value'), value: proof },
  { label: t('domains.record.ttl'), value: String(RECORD_TTL) },
]

/** The fields of a record, each to be copied, and where else it may stand. Needs the script `copy`. */
export function RecordFields({ visit, fields }: { visit: Visit; fields: readonly Field[] }) {
  const { t } = visit.locale
  return (
    <>
      <DefinitionList
        items={fields.map(({ label, value }) => ({
          term: label,
          description:
            value === '' ? (
              t('domains.record.empty')
            ) : (
              <>
                <code dir="ltr" translate="no">
                  {value}
                </code>{' '}
                <CopyButton value={value} label={t('domains.record.copyLabel', { field: label })}>
                  {t('domains.record.copy')}
                </CopyButton>
              </>
            ),
        }))}
      />
      <p className="hint" role="status" data-copied={t('domains.record.copied')} />
      <p className="hint">
        <Sentence say={host => t('domains.record.below', { host })}>
          <code dir="ltr" translate="no">
            {RECORD_HOSTS[1]}
          </code>
        </Sentence>
      </p>
    </>
  )
}

/** What the last look into the DNS found; that there was none where it is missing. Needs the script `times`. */
export function Findings({ visit, check }: { visit: Visit; check: Check | null }) {
  const { t, dateTime } = visit.locale
  if (!check) return <p>{t('domains.check.never')}</p>
  return (
    <>
      <p className="hint">
        <Sentence say={date => t('domains.check.at', { date })}>
          <time dateTime={check.at}>{dateTime(new Date(check.at))}</time>
        </Sentence>
      </p>
      <ul>
        {check.diagnosis.map(finding => (
          <li key={`${finding.code} ${finding.host} ${finding.found}`}>{findingText(visit, finding)}</li>
        ))}
      </ul>
    </>
  )
}

/** The advice on a finding, with how long to wait where that is known. */
function findingText(visit: Visit, finding: Finding): string {
  const { locale } = visit
  const advice = adviceOf(visit, finding)
  if (finding.retryAfter === undefined) return advice
  return `${advice} ${locale.t('domains.wait', { duration: locale.duration(finding.retryAfter) })}`
}
