// The theme that was chosen here before; see src/theme.ts.
try {
  const theme = localStorage.getItem('ottla-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden. The system's theme it is.
}
