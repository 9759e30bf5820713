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
  [key: string]: any
}

/** Makes the function that writes lines. */
export type logCreator = (logLevel: logLevel) => (entry: LogEntry) => void

/** Writes lines of one namespace. */
export type Logger = {
  info(message: string, extra?: object): void
  error(message: string, extra?: object): void
  warn(message: string, extra?: object): void
  debug(message: string, extra?: object): void
  namespace(namespace: string, level?: logLevel): Logger
  /** Of this logger and of all that share its level. */
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

/** A logger of this level. Those of its namespaces that have no level of their own share it. */
export function createLogger(
  level: logLevel = logLevel.INFO,
  creator: logCreator = consoleLogCreator,
): Logger {
  const write = creator(level)
  let shared = level
  const inNamespace = (namespace: string, own?: logLevel): Logger => {
    const at = (entryLevel: logLevel, label: string) => (message: string, extra: object = {}) => {
      if (entryLevel > (own ?? shared)) return
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
      namespace: inNamespace,
      setLogLevel: (next) => {
        shared = next
      },
    }
  }
  return inNamespace('')
}
