import { Button } from '@fluentui/react-components'
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { t } from '../words.ts'

/** A text that people take with them, and the button for it. */
export function CopyText({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <p className="copy">
      <span>{text}</span>
      <Button
        appearance="subtle"
        size="small"
        icon={isCopied ? <CheckmarkRegular /> : <CopyRegular />}
        aria-label={t(isCopied ? 'admin.frame.copied' : 'admin.frame.copy')}
        onClick={() => void copy()}
      />
    </p>
  )
}
