import { useFocusFinders } from '@fluentui/react-components'

/**
 * Keeps what Fluent's dialogs share for as long as the page lives. Without it the last dialog takes it along, and the page
 * stays hidden from screen readers.
 */
export function HeldFocus() {
  useFocusFinders()
  return null
}
