/** A pulse in a square, in the colours of the theme. public/favicon.svg has the same shape. */
export function Logo() {
  return (
    <svg className="pw-logo" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect className="pw-logo-ground" width="32" height="32" rx="7" />
      <path
        className="pw-logo-line"
        d="M4 17h6l3-9 5 16 4-11 2 4h4"
        fill="none"
        strokeWidth="3"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    </svg>
  );
}
