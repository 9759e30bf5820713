/** What an error, or what stands for one, says. */
export function messageOf(error: { message: string } | string): string {
  return typeof error === 'string' ? error : error.message
}
