import { useQueryClient } from '@tanstack/react-query'

/** After a decision: closes its dialog, and reads anew who may act. What had the focus may have gone with its card. */
export function useDecided(close: () => void) {
  const queries = useQueryClient()
  return async () => {
    close()
    await queries.invalidateQueries({ queryKey: ['partners'] })
    if (document.activeElement === document.body) document.querySelector('h1')?.focus()
  }
}
