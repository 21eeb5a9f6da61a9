import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from './api/queries.ts'
import { StartFailed } from './frame/StartFailed.tsx'
import { createRoutes } from './routes/routes.tsx'

const router = createRoutes()

function Application({ session }: { session: Promise<unknown> }) {
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    session.catch(() => setFailed(true))
  }, [session])
  return (
    <StrictMode>
      <QueryClientProvider client={queries}>
        {hasFailed ? <StartFailed /> : <RouterProvider router={router} />}
      </QueryClientProvider>
    </StrictMode>
  )
}

/** Shows the application; what it asks for waits until the session is there. */
export const show = (session: Promise<unknown>) =>
  createRoot(document.getElementById('application')!).render(<Application session={session} />)
