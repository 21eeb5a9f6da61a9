import { Button, Field, Select } from '@fluentui/react-components'
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { t } from '../../words.ts'
import { type Connection, type Framework, frameworks, settingsFor } from './settings.ts'

const NAMES: Record<Framework, string> = {
  oidc: 'OpenID Connect',
  spring: 'Spring Boot',
  aspnet: 'ASP.NET Core',
  node: 'Node.js',
  django: 'Django',
  nginx: 'nginx',
}

/** What to write into the application itself, for the framework that it is made with. */
export function SettingsToCopy({ connection }: { connection: Connection }) {
  const [framework, setFramework] = useState<Framework>('oidc')
  const [isCopied, setCopied] = useState(false)
  const text = settingsFor(framework, connection)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <section>
      <div className="head-small">
        <h3>{t('admin.applications.settings.title')}</h3>
        <Button size="small" icon={isCopied ? <CheckmarkRegular /> : <CopyRegular />} onClick={() => void copy()}>
          {t(isCopied ? 'admin.frame.copied' : 'admin.frame.copy')}
        </Button>
      </div>
      <Field label={t('admin.applications.settings.for')}>
        <Select value={framework} onChange={(_, { value }) => setFramework(value as Framework)}>
          {frameworks.map(one => (
            <option key={one} value={one}>
              {NAMES[one]}
            </option>
          ))}
        </Select>
      </Field>
      <pre className="code">{text}</pre>
    </section>
  )
}
