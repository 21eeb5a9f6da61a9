import { forwardRef, type SVGProps } from 'react'

interface Shown extends SVGProps<SVGSVGElement> {
  title?: string
  primaryFill?: string
}

/**
 * Makes an icon of Fluent's, in place of its own function (vite.config.ts): that one needs Fluent's styles, which the
 * first load does without, and merges classes anew for each icon that is drawn.
 */
export const createFluentIcon = (name: string, width: string, paths: readonly string[] | string) => {
  const size = width === '1em' ? '20' : width
  const Icon = forwardRef<SVGSVGElement, Shown>(({ title, primaryFill = 'currentColor', className, ...rest }, ref) => {
    const label = title ?? rest['aria-label']
    return (
      // biome-ignore lint/a11y/noSvgWithoutTitle: it is hidden, or named by the attribute
      <svg
        xmlns="http://www.w3.org/2000/svg"
        viewBox={`0 0 ${size} ${size}`}
        width={width}
        height={width}
        fill={primaryFill}
        {...(label || rest['aria-labelledby'] ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
        {...rest}
        className={className ? `icon ${className}` : 'icon'}
        ref={ref}
      >
        {typeof paths !== 'string' && paths.map(path => <path key={path} d={path} />)}
      </svg>
    )
  })
  Icon.displayName = name
  return Icon
}
