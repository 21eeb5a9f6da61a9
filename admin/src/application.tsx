import { createDOMRenderer, FluentProvider, RendererProvider } from '@fluentui/react-components'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from './api/queries.ts'
import { StartFailed } from './frame/StartFailed.tsx'
import { useTheme } from './frame/useTheme.ts'
import { createRoutes } from './routes/routes.tsx'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
// Fluent writes its styles into elements, which the policy allows by this value alone.
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } })
const router = createRoutes()

function Application({ session }: { session: Promise<unknown> }) {
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    session.catch(() => setFailed(true))
  }, [session])
  return (
    <StrictMode>
      <RendererProvider renderer={renderer} targetDocument={document}>
        <FluentProvider theme={useTheme()} className="application">
          <QueryClientProvider client={queries}>
            {hasFailed ? <StartFailed /> : <RouterProvider router={router} />}
          </QueryClientProvider>
        </FluentProvider>
      </RendererProvider>
    </StrictMode>
  )
}

/** Shows the application; what it asks for waits until the session is there. */
export const show = (session: Promise<unknown>) =>
  createRoot(document.getElementById('application')!).render(<Application session={session} />)
