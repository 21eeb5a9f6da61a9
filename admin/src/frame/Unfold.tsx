import { type ReactNode, useId, useState } from 'react'

interface Shown {
  className: string
  /** What the button is called, where its content does not say it. */
  label?: string
  button: ReactNode
  onOpen?: () => void
  children: ReactNode
}

/** A button and what opens from it above the page. The browser closes it at Escape and a click elsewhere, a choice here. */
export function Unfold({ className, label, button, onOpen, children }: Shown) {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" className={className} popoverTarget={id} {...(label && { 'aria-label': label })}>
        {button}
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a key on a link or button of it is a click */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is clicked is a link or button of it */}
      <div
        id={id}
        popover="auto"
        className="unfolded"
        onBeforeToggle={({ newState }) => {
          setOpen(newState === 'open')
          if (newState === 'open') onOpen?.()
        }}
        onClick={({ target, currentTarget }) =>
          target instanceof Element && target.closest('a, button') && currentTarget.hidePopover()
        }
      >
        {isOpen && children}
      </div>
    </>
  )
}
