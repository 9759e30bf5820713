/** How much is logged; each level includes those before it. */
export enum logLevel {
  NOTHING = 0,
  ERROR = 1,
  WARN = 2,
  INFO = 4,
  DEBUG = 5,
}

/** One line of the log. */
export interface LogEntry {
  namespace: string
  level: logLevel
  label: string
  log: LoggerEntryContent
}

/** What a line says. */
export interface LoggerEntryContent {
  readonly timestamp: string
  readonly message: string
  [key: string]: unknown
}

/** Makes the function that writes lines. */
export type logCreator = (logLevel: logLevel) => (entry: LogEntry) => void

/** Writes lines of one namespace. */
export interface Logger {
  info(message: string, extra?: object): void
  error(message: string, extra?: object): void
  warn(message: string, extra?: object): void
  debug(message: string, extra?: object): void
  namespace(namespace: string, level?: logLevel): Logger
  setLogLevel(level: logLevel): void
}

/** Writes to the console. */
export const consoleLogCreator: logCreator = () => (entry) => {
  const { message, timestamp, logger, ...extra } = entry.log
  const line = `[${entry.namespace || 'ottla'}] ${message}`
  const rest = Object.keys(extra).length > 0 ? [extra] : []
  if (entry.level === logLevel.ERROR) console.error(line, ...rest)
  else if (entry.level === logLevel.WARN) console.warn(line, ...rest)
  else if (entry.level === logLevel.INFO) console.info(line, ...rest)
  else console.debug(line, ...rest)
}

/** A logger of this level. */
export function createLogger(
  level: logLevel = logLevel.INFO,
  creator: logCreator = consoleLogCreator,
  namespace = '',
): Logger {
  const write = creator(level)
  let current = level
  const at = (entryLevel: logLevel, label: string) => (message: string, extra: object = {}) => {
    if (entryLevel > current) return
    const timestamp = new Date().toISOString()
    write({
      namespace,
      level: entryLevel,
      label,
      log: { timestamp, logger: 'ottla', message, ...extra },
    })
  }
  return {
    info: at(logLevel.INFO, 'INFO'),
    error: at(logLevel.ERROR, 'ERROR'),
    warn: at(logLevel.WARN, 'WARN'),
    debug: at(logLevel.DEBUG, 'DEBUG'),
    namespace: (inner, innerLevel = current) => createLogger(innerLevel, creator, inner),
    setLogLevel: (next) => {
      current = next
    },
  }
}
