import { createDOMRenderer, FluentProvider, RendererProvider } from '@fluentui/react-components'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from './api/queries.ts'
import { openSession } from './api/session.ts'
import { StartFailed } from './frame/StartFailed.tsx'
import { useTheme } from './frame/useTheme.ts'
import { createRoutes } from './routes/routes.tsx'
import './style.css'
import { loadWords } from './words.ts'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
// Fluent writes its styles into elements, which the policy allows by this value alone.
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } })
const root = createRoot(document.getElementById('application')!)

function Application({ router }: { router: ReturnType<typeof createRoutes> | undefined }) {
  return (
    <StrictMode>
      <RendererProvider renderer={renderer} targetDocument={document}>
        <FluentProvider theme={useTheme()} className="application">
          <QueryClientProvider client={queries}>
            {router ? <RouterProvider router={router} /> : <StartFailed />}
          </QueryClientProvider>
        </FluentProvider>
      </RendererProvider>
    </StrictMode>
  )
}

// The words and the sign-in travel at the same time. A page that fails to start says so, and never stays blank.
const [, session] = await Promise.allSettled([loadWords(navigator.languages), openSession()])
root.render(<Application router={session.status === 'fulfilled' ? createRoutes() : undefined} />)
