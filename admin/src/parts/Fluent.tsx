import { createDOMRenderer, RendererProvider } from '@fluentui/react-components'
import { applyFocusVisiblePolyfill } from '@fluentui/react-tabster'
import type { ReactNode } from 'react'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
// Fluent writes its styles into elements, which the policy allows by this value alone.
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } })
// Its parts show the focus of who goes by keys. This stays for as long as the page does.
applyFocusVisiblePolyfill(document.body, window)

/** Stands around whatever is made of Fluent's parts. Its theme is in the page's own style sheet. */
export const Fluent = ({ children }: { children: ReactNode }) => (
  <RendererProvider renderer={renderer} targetDocument={document}>
    {children}
  </RendererProvider>
)
