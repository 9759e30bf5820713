export async function nativeRows() {
  return []
}
